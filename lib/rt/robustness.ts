/** What the robustness stage writes, what it means for a cohort, and its tables. */

import { distinctFeatures, featureAgreement } from '../native/radiomics.js';
import type { FeatureAgreement } from '../native/radiomics-types.js';
import { packageVersion } from '../runtime/package-root.js';
import type { Column, Row, Table, TableHead } from '../table/table.js';

/** One structure of one course under all perturbations. */
export interface RobustnessEntry {
  readonly patient_id: string;
  readonly course_id: string;
  readonly modality: string;
  readonly segmentation_source: string;
  readonly roi_number: number;
  readonly roi_name: string;
  readonly settings_hash: string;
  readonly perturbations: readonly string[];
  /** Of each perturbation whether only the outline changes. */
  readonly outlineOnly: readonly boolean[];
  readonly features: readonly string[];
  /** features x perturbations; null where not defined. */
  readonly values: readonly (readonly (number | null)[])[];
}

/** What an entry says of the grid and the features; `values` has the features of each perturbation side by side. */
export function perturbedValues(
  grid: ReadonlyArray<{ readonly name: string; readonly outlineOnly: boolean }>,
  { names, values }: { readonly names: readonly string[]; readonly values: ArrayLike<number> },
): Pick<RobustnessEntry, 'perturbations' | 'outlineOnly' | 'features' | 'values'> {
  return {
    perturbations: grid.map(({ name }) => name),
    outlineOnly: grid.map(({ outlineOnly }) => outlineOnly),
    features: names,
    values: names.map((_, f) =>
      grid.map((_, p) => {
        const value = values[p * names.length + f] as number;
        return Number.isFinite(value) ? value : null;
      }),
    ),
  };
}

export type RobustnessLabel = 'robust' | 'acceptable' | 'poor' | 'not_evaluable';

/** Limits of rtpipeline: the lower bound of the ICC and the coefficient of variation. */
export function labelOf({ iccLow, covPct }: FeatureAgreement): RobustnessLabel {
  if (iccLow === null || covPct === null) return 'not_evaluable';
  if (iccLow >= 0.9 && covPct <= 10) return 'robust';
  return iccLow >= 0.75 && covPct <= 20 ? 'acceptable' : 'poor';
}

const text = (name: string, definition: string): Column => ({ name, type: 'string', unit: '', definition });
const float = (name: string, unit: string, definition: string): Column => ({ name, type: 'float', unit, definition });

export const ROBUSTNESS_COLUMNS: readonly Column[] = [
  text('scope', 'global: all structures are subjects; structure: those of one name and source; source: of one source'),
  text('structure', 'ROIName; empty when structures of several names are subjects'),
  text('segmentation_source', 'Where the structures come from; empty when from several places'),
  text('modality', 'Modality (0008,0060) of the image'),
  text('feature_name', 'Feature'),
  { name: 'n_subjects', type: 'int', unit: '', definition: 'Structures that were measured' },
  { name: 'n_perturbations', type: 'int', unit: '', definition: 'Measurements of each, the unperturbed one included' },
  float('icc', '', 'ICC(3,1): two-way mixed effects, consistency, single measurement; empty for one subject'),
  float('icc_ci95_low', '', 'Lower end of its 95 % interval'),
  float('icc_ci95_high', '', 'Upper end of its 95 % interval'),
  float('cov_pct', '%', 'Within-subject coefficient of variation, median over subjects; empty for values of 0 or less'),
  float('cov_q1_pct', '%', 'The same, lower quartile'),
  float('cov_q3_pct', '%', 'The same, upper quartile'),
  float('qcd', '', 'Quartile coefficient of dispersion (Q3 - Q1) / (Q3 + Q1), median over subjects'),
  text('robustness_label', 'robust: ICC low >= 0.90 and CoV <= 10 %; acceptable: 0.75 and 20 %; poor; not_evaluable'),
  {
    name: 'pass_seg_perturb',
    type: 'bool',
    unit: '',
    definition: 'robust when only the outline changes; empty when that cannot be said',
  },
  {
    name: 'selected',
    type: 'bool',
    unit: '',
    definition: 'robust, and not rank-correlated above 0.90 with a selected feature of higher ICC',
  },
  text('isovox_version', 'Version that computed this row'),
];

export const ROBUSTNESS_VALUE_COLUMNS: readonly Column[] = [
  text('patient_id', 'PatientID (0010,0020), made safe as a folder name'),
  text('course_id', 'Course folder'),
  text('structure', 'ROIName'),
  text('segmentation_source', 'PlanRTSTRUCT: the structure set that the plan refers to; Manual: another one'),
  text('perturbation', 'n: noise, t: shift along i, j, k in mm, c: contour, v: volume in %, r: rotation in degrees'),
  text('feature_name', 'Feature'),
  float('value', '', 'Value in the unit of the feature'),
  text('settings_hash', 'First 16 digits of the SHA-256 of the settings that decide this row'),
];

/** Redundancy of features is looked for from this number of subjects on. */
const FEWEST_TO_CORRELATE = 4;

/** The summary and all values. */
export async function robustnessTables(entries: readonly RobustnessEntry[]): Promise<Table[]> {
  return [await robustnessSummary(entries), { ...ROBUSTNESS_VALUES, rows: entries.flatMap(robustnessValueRows) }];
}

/** The head of the table of all values. */
export const ROBUSTNESS_VALUES: TableHead = {
  name: 'robustness_values',
  title: 'Features under perturbations',
  columns: ROBUSTNESS_VALUE_COLUMNS,
};

/** All structures, each source, each structure name of each source. */
export async function robustnessSummary(entries: readonly RobustnessEntry[]): Promise<Table> {
  const groups = new Map<string, { scope: string; structure: string; source: string; members: RobustnessEntry[] }>();
  const add = (scope: string, structure: string, source: string, entry: RobustnessEntry): void => {
    // Features of other settings or images are not the same features.
    const key = JSON.stringify([scope, structure.toLowerCase(), source, entry.modality, entry.settings_hash]);
    const group = groups.get(key) ?? { scope, structure, source, members: [] };
    group.members.push(entry);
    groups.set(key, group);
  };
  for (const entry of entries) {
    add('global', '', '', entry);
    add('source', '', entry.segmentation_source, entry);
    add('structure', entry.roi_name, entry.segmentation_source, entry);
  }
  const rows: Row[] = [];
  for (const { scope, structure, source, members } of groups.values()) {
    for (const row of await summarise(members)) rows.push({ scope, structure, segmentation_source: source, ...row });
  }
  return { name: 'robustness_summary', title: 'Robustness of features', columns: ROBUSTNESS_COLUMNS, rows };
}

async function summarise(members: readonly RobustnessEntry[]): Promise<Row[]> {
  const [first] = members as [RobustnessEntry];
  const { features, perturbations } = first;
  const subjects = members.length;
  const matrix = (times: readonly number[]): Float64Array => {
    const values = new Float64Array(features.length * subjects * times.length);
    let at = 0;
    for (const f of features.keys()) {
      for (const member of members) {
        for (const t of times) values[at++] = member.values[f]?.[t] ?? Number.NaN;
      }
    }
    return values;
  };
  const all = [...perturbations.keys()];
  const outline = all.filter((t) => first.outlineOnly[t]);
  const agreements = await featureAgreement({ values: matrix(all), subjects, times: all.length });
  const ofOutline = await featureAgreement({ values: matrix(outline), subjects, times: outline.length });
  const selected = await select(members, agreements);
  return features.map((feature, f) => {
    const agreement = agreements[f] as FeatureAgreement;
    const outlineLabel = labelOf(ofOutline[f] as FeatureAgreement);
    return {
      modality: first.modality,
      feature_name: feature,
      n_subjects: subjects,
      n_perturbations: perturbations.length,
      icc: agreement.icc,
      icc_ci95_low: agreement.iccLow,
      icc_ci95_high: agreement.iccHigh,
      cov_pct: agreement.covPct,
      cov_q1_pct: agreement.covQ1Pct,
      cov_q3_pct: agreement.covQ3Pct,
      qcd: agreement.qcd,
      robustness_label: labelOf(agreement),
      pass_seg_perturb: outlineLabel === 'not_evaluable' ? null : outlineLabel === 'robust',
      selected: selected === undefined ? null : selected.has(f),
      isovox_version: packageVersion,
    };
  });
}

/** Robust features, best first, without those that say the same over the unperturbed structures. */
async function select(
  members: readonly RobustnessEntry[],
  agreements: readonly FeatureAgreement[],
): Promise<Set<number> | undefined> {
  if (members.length < FEWEST_TO_CORRELATE) return undefined;
  const robust = [...agreements.keys()]
    .filter((f) => labelOf(agreements[f] as FeatureAgreement) === 'robust')
    .sort((a, b) => (agreements[b]?.icc ?? 0) - (agreements[a]?.icc ?? 0) || a - b);
  if (robust.length === 0) return new Set();
  const values = Float64Array.from(robust.flatMap((f) => members.map(({ values }) => values[f]?.[0] ?? Number.NaN)));
  const keep = await distinctFeatures({ values, subjects: members.length });
  return new Set(robust.filter((_, n) => keep[n]));
}

export function robustnessValueRows(entry: RobustnessEntry): Row[] {
  return entry.features.flatMap((feature, f) =>
    entry.perturbations.map((perturbation, p) => ({
      patient_id: entry.patient_id,
      course_id: entry.course_id,
      structure: entry.roi_name,
      segmentation_source: entry.segmentation_source,
      perturbation,
      feature_name: feature,
      value: entry.values[f]?.[p] ?? null,
      settings_hash: entry.settings_hash,
    })),
  );
}
