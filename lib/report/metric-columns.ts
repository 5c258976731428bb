/** Which of the many columns of the metrics are shown on a page, and how. */

import type { Column, Row, Table } from '../table/table.js';
import type { DataColumn } from './data-table.js';
import { bdi } from './html.js';
import { brief, fixed, unitLabel } from './number.js';

/** In this order, where the table has them. */
const SHOWN: readonly string[] = [
  'Segmentation_Source',
  'Volume (cm³)',
  'DmeanGy',
  'DmaxGy',
  'DminGy',
  'D0.03ccGy',
  'D0.1ccGy',
  'D1ccGy',
  'D2Gy',
  'D50Gy',
  'D95Gy',
  'D98Gy',
  'HI',
  'V95%Rx (%)',
  'V100%Rx (%)',
];

/** Doses at a volume that the configuration asked for beyond those. */
const DOSE_AT_VOLUME = /^D[\d.]+(cc)?Gy$/;

const SHORT: Record<string, string> = { 'Volume (cm³)': 'Volume', Segmentation_Source: 'Source' };

/** The unit goes beneath the name; `DmeanGy` is `Dmean` in Gy. */
function heading({ name, unit }: Column): { label: string; unit: string } {
  const label = SHORT[name] ?? name.replace(/ \([^)]*\)$/, '').replace(/Gy$/, '');
  return { label, unit: unitLabel(unit) };
}

function shown(column: Column): DataColumn<Row> {
  const { name, type, definition } = column;
  const common = { ...heading(column), title: definition };
  if (type !== 'float' && type !== 'int') return { ...common, content: (row) => bdi(String(row[name] ?? '')) };
  const value = (row: Row) => (typeof row[name] === 'number' ? row[name] : undefined);
  const text =
    column.unit === 'Gy'
      ? (number?: number) => fixed(number, 2)
      : column.unit === '%'
        ? (number?: number) => fixed(number, 1)
        : brief;
  return { ...common, numeric: true, content: (row) => text(value(row)), sortBy: value };
}

export function metricColumns(table: Table): DataColumn<Row>[] {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const more = table.columns.filter(({ name }) => DOSE_AT_VOLUME.test(name) && !SHOWN.includes(name));
  const columns = [...SHOWN.map((name) => byName.get(name)), ...more].filter((column) => column !== undefined);
  const hasValue = ({ name }: Column) => table.rows.some((row) => row[name] !== undefined && row[name] !== null);
  return [
    { label: 'Structure', content: (row) => bdi(String(row.ROI_Name ?? '')) },
    ...columns.filter(hasValue).map(shown),
  ];
}
