/** Numbers as a reader wants them. */

/** With a real minus, a thin space between thousands, `–` for nothing. */
export function fixed(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = value.toFixed(digits);
  const shown = Number(text) === 0 ? text.replace('-', '') : text;
  const [whole = '', part] = shown.replace('-', '\u2212').split('.');
  const grouped = whole.length > 5 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole;
  return part === undefined ? grouped : `${grouped}.${part}`;
}

/** Three figures or more, never more decimals than are worth reading. */
export function brief(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 || size === 0 ? 2 : 3);
}

export function gray(value: number | null | undefined): string {
  const text = fixed(value, 2);
  return text === '–' ? text : `${text} Gy`;
}

/** Units as a reader knows them: tables write `cc`. */
export function unitLabel(unit: string): string {
  return unit === 'cc' ? 'cm³' : unit;
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${fixed(count, 0)} ${count === 1 ? one : many}`;
}
