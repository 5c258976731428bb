/** Rows of the summary of robustness, turned to what the cohort page draws of them. */

import type { Row, Table } from '../table/table.js';
import type { DistributionData, RobustnessData } from './data.js';

const LABELS = ['robust', 'acceptable', 'poor', 'not_evaluable'] as const;

/** Features of the IBSI dialect are named `cm_energy_3D_comb`, those of PyRadiomics `original_glcm_JointEnergy`. */
function classOf(feature: string): string {
  const words = feature.split('_');
  return (
    (/^(original|log-|wavelet|square|logarithm|exponential|gradient|lbp)/.test(feature) ? words[1] : words[0]) ?? ''
  );
}

function distribution(
  metric: string,
  title: string,
  unit: string,
  rows: readonly Row[],
  groupOf: (row: Row) => string,
): DistributionData[] {
  const groups = new Map<string, { label: string; value: number }[]>();
  for (const row of rows) {
    const value = row[metric];
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    const name = groupOf(row);
    const values = groups.get(name) ?? [];
    values.push({ label: String(row.feature_name ?? ''), value });
    groups.set(name, values);
  }
  if (groups.size === 0) return [];
  return [{ metric, title, unit, groups: [...groups].map(([roi, values]) => ({ roi, values })) }];
}

/** Nothing where no perturbation was asked for. */
export function robustnessFigures(table: Table): RobustnessData | undefined {
  const ofStructures = table.rows.filter(({ scope }) => scope === 'structure');
  const ofAll = table.rows.filter(({ scope }) => scope === 'global');
  if (ofStructures.length === 0) return undefined;
  const nameOf = (row: Row): string =>
    `${row.structure ?? ''} · ${row.segmentation_source ?? ''} · ${row.modality ?? ''}`;
  const structures = new Map<string, Record<(typeof LABELS)[number], number> & { subjects: number }>();
  for (const row of ofStructures) {
    const counts = structures.get(nameOf(row)) ?? { robust: 0, acceptable: 0, poor: 0, not_evaluable: 0, subjects: 0 };
    const label = LABELS.find((one) => one === row.robustness_label) ?? 'not_evaluable';
    counts[label] += 1;
    counts.subjects = Math.max(counts.subjects, Number(row.n_subjects ?? 0));
    structures.set(nameOf(row), counts);
  }
  return {
    structures: [...structures].map(([name, { subjects, ...counts }]) => ({ name, subjects, counts })),
    figures: [
      ...distribution('icc', 'ICC(3,1) of all structures', '', ofAll, ({ feature_name }) =>
        classOf(String(feature_name)),
      ),
      ...distribution('icc_ci95_low', 'Lower end of its 95 % interval', '', ofAll, ({ feature_name }) =>
        classOf(String(feature_name)),
      ),
      ...distribution('cov_pct', 'Coefficient of variation', '%', ofStructures, nameOf),
      ...distribution('qcd', 'Quartile coefficient of dispersion', '', ofStructures, nameOf),
    ],
  };
}
