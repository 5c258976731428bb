/**
 * What a cohort holds. The store is a folder, or a prefix of an object store:
 *
 *     zarr.json                            Zarr 3 group
 *     index.json                           the truth: every volume that is in; replaced whole, last
 *     tables/subjects.parquet, volumes.parquet   the same for any Parquet reader
 *     collections/<name>/zarr.json         Zarr 3 group
 *     collections/<name>/<obs_id>/         OME-Zarr image
 *     .ingest/                             notes of an ingest that has not ended
 */

import { IsovoxError } from '../errors.js';
import type { Cell } from '../table/table.js';
import type { Place, Replaces } from './place.js';

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
  /** Of a source in an object store, which has no such time that could be trusted. */
  readonly source_etag?: string;
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

export function writeGroup(place: Place, folder = ''): Promise<void> {
  return place.write(folder === '' ? 'zarr.json' : `${folder}/zarr.json`, GROUP);
}

export async function readManifest(place: Place): Promise<Manifest> {
  return (await readVersionedManifest(place)).manifest;
}

/** With the version that a commit of changes to it must replace. */
export async function readVersionedManifest(place: Place): Promise<{ manifest: Manifest; replaces: Replaces }> {
  const path = place.at('index.json');
  const { text, version } = await place.read('index.json');
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.version !== 1 || !Array.isArray(manifest.volumes) || !Array.isArray(manifest.subjects))
      throw new Error();
    return { manifest, replaces: { version } };
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

/** ERR_IO when the manifest is no longer the one that `replaces` names: another process has committed. */
export function writeManifest(place: Place, manifest: Manifest, replaces: Replaces): Promise<void> {
  return place.write('index.json', `${JSON.stringify(sorted(manifest), null, 1)}\n`, replaces);
}
