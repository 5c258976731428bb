/** Which structures are what is treated. */

const TARGET_TYPES = new Set(['PTV', 'CTV', 'GTV']);

/** By RTROIInterpretedType, else by a name such as `PTV_60` or `1 ctv boost`. */
export function isTarget(name: string, type: string | undefined): boolean {
  return TARGET_TYPES.has(type ?? '') || /(^|[^a-z])i?[pcg]tv/i.test(name);
}
