/** Rows of the cohort's metrics, turned to one distribution per metric. */

import type { Column, Row, Table } from '../table/table.js';
import type { DistributionData } from './data.js';

const METRICS: readonly { metric: string; title: string }[] = [
  { metric: 'DmeanGy', title: 'Mean dose' },
  { metric: 'DmaxGy', title: 'Maximum dose' },
  { metric: 'D95Gy', title: 'Dose to 95 % of the volume' },
  { metric: 'D2Gy', title: 'Dose to 2 % of the volume' },
  { metric: 'Volume (cm³)', title: 'Volume' },
];
/** The columns that are compared. */
export const COHORT_METRIC_NAMES: readonly string[] = METRICS.map(({ metric }) => metric);
const MOST_GROUPS = 40;

function unitOf(columns: readonly Column[], name: string): string {
  return columns.find((column) => column.name === name)?.unit ?? '';
}

/**
 * The metrics worth comparing across courses, per structure name (letter case aside). Names that most courses share
 * come first, and no more than forty of them.
 */
export function distributionsOf(table: Table): DistributionData[] {
  const groups = new Map<string, { roi: string; rows: Row[] }>();
  for (const row of table.rows) {
    const roi = String(row.ROI_Name ?? '');
    const key = roi.trim().toLowerCase();
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { roi, rows: [row] });
  }
  const ordered = [...groups.values()]
    .map((group, order) => ({ ...group, order }))
    .sort((a, b) => b.rows.length - a.rows.length || a.order - b.order)
    .slice(0, MOST_GROUPS);
  return METRICS.flatMap(({ metric, title }) => {
    const filled = ordered
      .map(({ roi, rows }) => ({
        roi,
        values: rows.flatMap((row) => {
          const value = row[metric];
          if (typeof value !== 'number' || !Number.isFinite(value)) return [];
          return [{ label: `${row.patient_id ?? ''} · ${row.course_id ?? ''}`, value }];
        }),
      }))
      .filter(({ values }) => values.length > 0);
    return filled.length === 0 ? [] : [{ metric, title, unit: unitOf(table.columns, metric), groups: filled }];
  });
}
