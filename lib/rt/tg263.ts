/**
 * Structure names in the nomenclature of AAPM TG-263, each with how sure it is. A name is proposed, never replaced: what
 * is not certain is for a person to look at (tg263_review).
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { parseYaml } from '../config/yaml.js';
import { packageRoot } from '../runtime/package-root.js';
import type { Column, Row } from '../table/table.js';
import { compareText } from './names.js';

export interface Tg263Name {
  /** Empty when nothing fits. */
  readonly name: string;
  /** 0 to 1; from REVIEW_BELOW on a person need not look. */
  readonly confidence: number;
  readonly rule: 'approved' | 'exact' | 'spelling' | 'synonym' | 'target' | 'side_missing' | 'similar' | 'none';
}

export const REVIEW_BELOW = 0.85;

const schema = z.strictObject({
  source: z.string(),
  names: z.array(z.strictObject({ name: z.string(), paired: z.boolean().default(false), also: z.array(z.string()) })),
});

interface Entry {
  readonly name: string;
  readonly paired: boolean;
}

const squash = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

let index: { readonly exact: ReadonlySet<string>; readonly byText: ReadonlyMap<string, Entry> } | undefined;

function names(): NonNullable<typeof index> {
  if (index) return index;
  const file = join(packageRoot, 'lib', 'rt', 'nomenclature', 'tg263.yaml');
  const { names: rows } = schema.parse(parseYaml(readFileSync(file, 'utf8'), file).value);
  const exact = new Set(rows.flatMap(({ name, paired }) => (paired ? [`${name}_L`, `${name}_R`] : [name])));
  const byText = new Map<string, Entry>();
  for (const { name, paired, also } of rows) {
    for (const text of [name, ...also]) byText.set(squash(text), { name, paired });
  }
  index = { exact, byText };
  return index;
}

const SIDES: Readonly<Record<string, 'L' | 'R'>> = {
  l: 'L',
  lt: 'L',
  li: 'L',
  left: 'L',
  links: 'L',
  sin: 'L',
  r: 'R',
  rt: 'R',
  re: 'R',
  right: 'R',
  rechts: 'R',
  dex: 'R',
};

/** Words of a name: split at punctuation, at a capital after a small letter, and between letters and digits. */
function words(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Za-z])([0-9])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
}

/** PTV70, PTV_6300, ctv1 54 Gy: TG-263 writes the dose in cGy. */
function target(name: string): Tg263Name | undefined {
  const found = /^(i?[gc]tv|itv|ptv)[\s_-]*(?:([a-z]{1,6}|\d)[\s_-]+)?(\d{2,5}(?:[.,]\d+)?)?[\s_-]*(c?gy)?$/i.exec(
    name.trim(),
  );
  if (!found) return undefined;
  const [, kind = '', part, dose, unit] = found;
  const volume = kind.toUpperCase().replace(/^I(?=[GC])/, 'I');
  const suffix = part === undefined ? '' : /^\d$/.test(part) ? part : `${part[0]?.toLowerCase()}`;
  if (dose === undefined)
    return { name: `${volume}${suffix}`, confidence: part === undefined ? 1 : 0.7, rule: 'target' };
  const value = Number(dose.replace(',', '.'));
  const centigray = unit?.toLowerCase() === 'cgy' || (unit === undefined && value >= 500) ? value : value * 100;
  return {
    name: `${volume}${suffix}_${Math.round(centigray)}`,
    confidence: part === undefined ? 0.9 : 0.7,
    rule: 'target',
  };
}

function sided(entry: Entry, side: 'L' | 'R' | undefined, confidence: number, rule: Tg263Name['rule']): Tg263Name {
  if (!entry.paired) return { name: entry.name, confidence, rule };
  if (side !== undefined) return { name: `${entry.name}_${side}`, confidence, rule };
  return { name: entry.name, confidence: Math.min(confidence, 0.6), rule: 'side_missing' };
}

/** Proposes the TG-263 name of a structure. `approved`: names that a person decided, by the name in the structure set. */
export function tg263Name(name: string, approved: Readonly<Record<string, string>> = {}): Tg263Name {
  const decided = approved[name];
  if (decided !== undefined) return { name: decided, confidence: 1, rule: 'approved' };
  const { exact, byText } = names();
  if (exact.has(name)) return { name, confidence: 1, rule: 'exact' };
  const asTarget = target(name);
  if (asTarget) return asTarget;
  const spelled = [...exact].find((one) => squash(one) === squash(name));
  if (spelled !== undefined) return { name: spelled, confidence: 0.95, rule: 'spelling' };

  const all = words(name);
  const prv = all.findIndex((word) => /^prv$/i.test(word));
  if (prv >= 0) {
    const margin = Number.parseInt(all.slice(prv + 1).find((word) => /^\d+(mm)?$/i.test(word)) ?? '', 10);
    const organ = tg263Name(all.slice(0, prv).join(' '), approved);
    const suffix = Number.isNaN(margin) ? '_PRV' : `_PRV${String(margin).padStart(2, '0')}`;
    return organ.name === ''
      ? organ
      : { ...organ, name: `${organ.name}${suffix}`, confidence: organ.confidence * 0.95 };
  }
  const sides = all.map((word) => SIDES[word.toLowerCase()]);
  // One side only: of "R L" nobody knows which.
  const found = new Set(sides.filter((side) => side !== undefined));
  const side = found.size === 1 ? [...found][0] : undefined;
  const rest = squash(all.filter((_, i) => sides[i] === undefined).join(''));
  if (rest === '') return { name: '', confidence: 0, rule: 'none' };
  const entry = byText.get(squash(name)) ?? byText.get(rest);
  if (entry) return sided(entry, side, 0.9, 'synonym');

  let best: { entry: Entry; likeness: number } | undefined;
  for (const [text, candidate] of byText) {
    if (text.length < 4 || rest.length < 4) continue;
    const likeness = 1 - distance(rest, text) / Math.max(rest.length, text.length);
    if (!best || likeness > best.likeness) best = { entry: candidate, likeness };
  }
  if (best && best.likeness >= 0.75) return sided(best.entry, side, 0.8 * best.likeness, 'similar');
  return { name: '', confidence: 0, rule: 'none' };
}

/** Insertions, deletions, replacements (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const text = (name: string, definition: string): Column => ({ name, type: 'string', unit: '', definition });

export const TG263_COLUMNS: readonly Column[] = [
  text('tg263_name', 'Proposed name of AAPM TG-263; empty when nothing fits'),
  {
    name: 'tg263_confidence',
    type: 'float',
    unit: '',
    definition: `0 to 1; below ${REVIEW_BELOW} a person should look`,
  },
  text('tg263_rule', 'approved, exact, spelling, synonym, target, side_missing, similar or none'),
];

export const TG263_REVIEW_COLUMNS: readonly Column[] = [
  text('ROI_OriginalName', 'ROIName as in the structure sets'),
  { name: 'courses', type: 'int', unit: '', definition: 'Courses in which it was measured' },
  ...TG263_COLUMNS,
  { name: 'review', type: 'bool', unit: '', definition: `The confidence is below ${REVIEW_BELOW}` },
];

/** One row for every name that occurs in the dvh_metrics rows, the least certain first. */
export function tg263Review(rows: readonly Row[]): Row[] {
  const courses = new Map<string, Set<string>>();
  const first = new Map<string, Row>();
  for (const row of rows) {
    const name = String(row.ROI_OriginalName ?? '');
    courses.set(name, (courses.get(name) ?? new Set()).add(JSON.stringify([row.patient_id, row.course_id])));
    if (!first.has(name)) first.set(name, row);
  }
  return [...first]
    .map(([name, row]) => ({
      ROI_OriginalName: name,
      courses: courses.get(name)?.size ?? 0,
      tg263_name: row.tg263_name ?? '',
      tg263_confidence: row.tg263_confidence ?? 0,
      tg263_rule: row.tg263_rule ?? 'none',
      review: Number(row.tg263_confidence ?? 0) < REVIEW_BELOW,
    }))
    .sort(
      (a, b) =>
        Number(a.tg263_confidence) - Number(b.tg263_confidence) || compareText(a.ROI_OriginalName, b.ROI_OriginalName),
    );
}
