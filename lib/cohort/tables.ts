/** The tables of a cohort as Parquet files. */

import { writeParquet } from '../table/parquet.js';
import type { Cell, Column, Row, Table } from '../table/table.js';
import type { Manifest, VolumeRow } from './manifest.js';
import type { Place } from './place.js';

const text = (name: string, definition: string): Column => ({ name, type: 'string', unit: '', definition });
const count = (name: string, definition: string): Column => ({ name, type: 'int', unit: '', definition });
const mm = (name: string, definition: string): Column => ({ name, type: 'float', unit: 'mm', definition });

const VOLUME_COLUMNS: readonly Column[] = [
  text('obs_id', 'Name of the volume, unique in the cohort'),
  text('subject_id', 'Whom it shows'),
  text('collection', 'Collection it belongs to'),
  text('path', 'Folder of the OME-Zarr image, below the store'),
  text('source', 'File or folder it was read from'),
  text('dtype', 'Type of the stored values'),
  count('size_x', 'Voxels along x'),
  count('size_y', 'Voxels along y'),
  count('size_z', 'Voxels along z'),
  count('frames', 'Time points'),
  count('components', 'Values of a voxel'),
  mm('spacing_x', 'Distance of neighbouring voxels along x'),
  mm('spacing_y', 'Distance of neighbouring voxels along y'),
  mm('spacing_z', 'Distance of neighbouring voxels along z'),
  mm('origin_x', 'LPS position of the first voxel'),
  mm('origin_y', 'LPS position of the first voxel'),
  mm('origin_z', 'LPS position of the first voxel'),
  text('orientation', 'Directions in which x, y and z grow'),
];

/** The row of a volume with one cell for each number: what filters and tables see. */
export function flatRow(row: VolumeRow): Record<string, Cell> {
  const {
    size,
    spacing,
    origin,
    direction: _,
    source_bytes: __,
    source_mtime_ms: ___,
    source_etag: ____,
    ...rest
  } = row;
  const flat: Record<string, Cell> = { ...rest };
  ['x', 'y', 'z'].forEach((axis, a) => {
    flat[`size_${axis}`] = size[a] ?? null;
    flat[`spacing_${axis}`] = spacing[a] ?? null;
    flat[`origin_${axis}`] = origin[a] ?? null;
  });
  return flat;
}

export function volumesTable(volumes: readonly VolumeRow[]): Table {
  return { name: 'volumes', title: 'Volumes', columns: VOLUME_COLUMNS, rows: volumes.map(flatRow) };
}

/** Columns of rows that the user brought: a type that holds every cell. */
export function tableOf(name: string, title: string, rows: readonly Row[]): Table {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((column): Column => {
    const cells = rows.map((row) => row[column]).filter((cell) => cell !== null && cell !== undefined);
    const every = (type: string): boolean => cells.length > 0 && cells.every((cell) => typeof cell === type);
    const type = every('boolean')
      ? 'bool'
      : !every('number')
        ? 'string'
        : cells.every(Number.isSafeInteger)
          ? 'int'
          : 'float';
    return { name: column, type, unit: '', definition: '' };
  });
  const strings = new Set(columns.filter(({ type }) => type === 'string').map((column) => column.name));
  const cells = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, cell]) => [
        key,
        strings.has(key) && cell !== null && cell !== undefined ? String(cell) : cell,
      ]),
    ),
  );
  return { name, title, columns, rows: cells };
}

export async function writeTables(place: Place, manifest: Manifest): Promise<void> {
  const tables = [tableOf('subjects', 'Subjects', manifest.subjects), volumesTable(manifest.volumes)];
  for (const table of tables) {
    await place.writeFile(`tables/${table.name}.parquet`, (path) => writeParquet(table, path));
  }
}
