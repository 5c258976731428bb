/**
 * What a cohort holds. The store is a folder:
 *
 *     zarr.json                            Zarr 3 group
 *     index.json                           the truth: every volume that is in; replaced whole, last
 *     tables/subjects.parquet, volumes.parquet   the same for any Parquet reader
 *     collections/<name>/zarr.json         Zarr 3 group
 *     collections/<name>/<obs_id>/         OME-Zarr image
 *     .ingest/                             notes of an ingest that has not ended
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { writeText } from '../table/atomic.js';
import type { Cell } from '../table/table.js';

/** A volume of the cohort, as `index.json` and `volumes.parquet` have it. */
export interface VolumeRow {
  readonly obs_id: string;
  readonly subject_id: string;
  readonly collection: string;
  /** Folder below the store. */
  readonly path: string;
  readonly source: string;
  readonly source_bytes: number;
  readonly source_mtime_ms: number;
  readonly dtype: string;
  readonly size: readonly [number, number, number];
  readonly frames: number;
  readonly components: number;
  readonly spacing: readonly [number, number, number];
  readonly origin: readonly [number, number, number];
  readonly direction: readonly number[];
  readonly orientation: string;
}

export type SubjectRow = { readonly subject_id: string } & Readonly<Record<string, Cell>>;

export interface Manifest {
  readonly version: 1;
  readonly subjects: readonly SubjectRow[];
  readonly volumes: readonly VolumeRow[];
}

const GROUP = `${JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: {} }, null, 2)}\n`;

export function writeGroup(folder: string): Promise<void> {
  return writeText(join(folder, 'zarr.json'), GROUP);
}

export async function readManifest(store: string): Promise<Manifest> {
  const path = join(store, 'index.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.version !== 1 || !Array.isArray(manifest.volumes) || !Array.isArray(manifest.subjects))
      throw new Error();
    return manifest;
  } catch {
    throw new IsovoxError('ERR_CORRUPT_DATA', `${path} is no index of a cohort`, { path });
  }
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** In one order whatever the order of arrival, so that the same volumes give the same bytes. */
export function sorted(manifest: Manifest): Manifest {
  return {
    version: 1,
    subjects: [...manifest.subjects].sort((a, b) => byText(a.subject_id, b.subject_id)),
    volumes: [...manifest.volumes].sort(
      (a, b) => byText(a.collection, b.collection) || byText(a.subject_id, b.subject_id) || byText(a.obs_id, b.obs_id),
    ),
  };
}

export function writeManifest(store: string, manifest: Manifest): Promise<void> {
  return writeText(join(store, 'index.json'), `${JSON.stringify(sorted(manifest), null, 1)}\n`);
}
