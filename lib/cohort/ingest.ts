/**
 * Images into a cohort: in parallel, resumable, and nothing half-written is ever visible. A volume's folder appears
 * whole (temporary name, then renamed) and then a note of it in `.ingest/`; `index.json` comes last. Whoever is killed
 * in between finds the notes again and goes on.
 */

import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { convertVolume, readVolume, writeVolume } from '../native/formats.js';
import { describeVolume, dispose } from '../native/volume.js';
import { type Context, defaultContext } from '../runtime/context.js';
import { writeText } from '../table/atomic.js';
import { eachInOrder } from './each.js';
import { withLock } from './lock.js';
import { readManifest, type SubjectRow, sorted, type VolumeRow, writeGroup, writeManifest } from './manifest.js';
import type { SourceItem } from './sources.js';
import { writeTables } from './tables.js';

export interface IngestOptions {
  readonly context?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Refuse when the collections of a subject do not lie on one grid. */
  readonly validateAlignment?: boolean;
  /** More columns of the subjects' table. */
  readonly subjects?: readonly SubjectRow[];
  readonly onProgress?: (done: number, total: number) => void;
}

export interface IngestReport {
  readonly added: number;
  /** In the store already, from the same source. */
  readonly kept: number;
  readonly failed: readonly { readonly path: string; readonly code: string; readonly reason: string }[];
}

/** Two grids are one when they differ by less than this many millimetres. */
const GRID_TOLERANCE_MM = 1e-3;

export async function ingest(
  store: string,
  items: readonly SourceItem[],
  options: IngestOptions = {},
): Promise<IngestReport> {
  const context = options.context ?? defaultContext();
  return withLock(store, async () => {
    const manifest = await readManifest(store);
    const collections = [...new Set(items.map(({ collection }) => collection))];
    for (const collection of collections) await prepareCollection(store, collection);
    const known = new Map(manifest.volumes.map((row) => [row.obs_id, row]));
    const failed: { path: string; code: string; reason: string }[] = [];
    let [done, kept] = [0, 0];
    const rows = await eachInOrder(items, context.config.read.maxWorkers, async (item) => {
      try {
        const there = await alreadyThere(store, item, known);
        if (there) kept++;
        return there ?? (await ingestOne(store, item, context, options.signal));
      } catch (thrown) {
        const error = asIsovoxError(thrown);
        if (error.code === 'ERR_CANCELLED') throw error;
        failed.push({ path: item.path, code: error.code, reason: error.message });
        return undefined;
      } finally {
        options.onProgress?.(++done, items.length);
      }
    });
    const arrived = rows.filter((row) => row !== undefined);
    const volumes = new Map([...manifest.volumes, ...arrived].map((row) => [row.obs_id, row]));
    const next = sorted({
      version: 1,
      subjects: mergeSubjects(manifest.subjects, [...volumes.values()], options.subjects ?? []),
      volumes: [...volumes.values()],
    });
    if (options.validateAlignment) checkAlignment(next.volumes);
    await writeTables(store, next);
    await writeManifest(store, next);
    await rm(join(store, '.ingest'), { recursive: true, force: true });
    failed.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { added: arrived.length - kept, kept, failed };
  });
}

/** Makes the collection's group, and removes what a killed process left unfinished. */
async function prepareCollection(store: string, collection: string): Promise<void> {
  const folder = join(store, 'collections', collection);
  await mkdir(folder, { recursive: true });
  await mkdir(join(store, '.ingest'), { recursive: true });
  for (const name of await readdir(folder)) {
    if (/\.\d+-\d+\.tmp$/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  await writeGroup(join(store, 'collections'));
  await writeGroup(folder);
}

const notePath = (store: string, obsId: string): string => join(store, '.ingest', `${obsId}.json`);

async function alreadyThere(
  store: string,
  item: SourceItem,
  known: ReadonlyMap<string, VolumeRow>,
): Promise<VolumeRow | undefined> {
  const row = known.get(item.obsId) ?? (await noteOf(store, item.obsId));
  if (!row) return undefined;
  const { size, mtimeMs } = await stat(item.path);
  const same = row.source === item.path && row.source_bytes === size && row.source_mtime_ms === mtimeMs;
  if (!same) return undefined;
  return (await exists(join(store, row.path, 'zarr.json'))) ? row : undefined;
}

async function noteOf(store: string, obsId: string): Promise<VolumeRow | undefined> {
  try {
    return JSON.parse(await readFile(notePath(store, obsId), 'utf8')) as VolumeRow;
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function ingestOne(
  store: string,
  item: SourceItem,
  context: Context,
  signal: AbortSignal | undefined,
): Promise<VolumeRow> {
  const { write } = context.config;
  const source = await stat(item.path);
  let { volume } = await readVolume({ path: item.path }, { context, signal });
  if (write.orientation.reorientOnLoad) {
    const turned = await convertVolume({ volume, orientation: write.orientation.canonicalTarget }, { context, signal });
    dispose(volume);
    volume = turned;
  }
  const path = `collections/${item.collection}/${item.obsId}`;
  const { algorithm, level } = write.compression;
  const { grid, dtype, frames, components } = describeVolume(volume);
  await writeVolume(
    { volume, path: join(store, path), format: 'zarr', codec: algorithm, level, tile: write.tile.orientation },
    { context, signal },
  );
  dispose(volume);
  const row: VolumeRow = {
    obs_id: item.obsId,
    subject_id: item.subject,
    collection: item.collection,
    path,
    source: item.path,
    source_bytes: source.size,
    source_mtime_ms: source.mtimeMs,
    dtype,
    size: grid.size,
    frames,
    components,
    spacing: grid.spacing,
    origin: grid.origin,
    direction: grid.direction,
    orientation: grid.orientation,
  };
  await writeText(notePath(store, item.obsId), JSON.stringify(row));
  return row;
}

function mergeSubjects(
  before: readonly SubjectRow[],
  volumes: readonly VolumeRow[],
  given: readonly SubjectRow[],
): SubjectRow[] {
  const subjects = new Map(before.map((row) => [row.subject_id, row]));
  for (const { subject_id } of volumes) {
    if (!subjects.has(subject_id)) subjects.set(subject_id, { subject_id });
  }
  for (const row of given) {
    const there = subjects.get(row.subject_id);
    if (there) subjects.set(row.subject_id, { ...there, ...row });
  }
  return [...subjects.values()];
}

function checkAlignment(volumes: readonly VolumeRow[]): void {
  const first = new Map<string, VolumeRow>();
  for (const row of volumes) {
    const other = first.get(row.subject_id);
    if (!other) {
      first.set(row.subject_id, row);
      continue;
    }
    const near = (a: readonly number[], b: readonly number[], tolerance: number): boolean =>
      a.every((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) <= tolerance);
    const aligned =
      near(row.size, other.size, 0) &&
      near(row.spacing, other.spacing, GRID_TOLERANCE_MM / Math.max(...row.size)) &&
      near(row.origin, other.origin, GRID_TOLERANCE_MM) &&
      near(row.direction, other.direction, 1e-5);
    if (!aligned) {
      throw new IsovoxError('ERR_GEOMETRY', `${row.obs_id} and ${other.obs_id} do not lie on one grid`, {
        expected: other.obs_id,
        actual: row.obs_id,
      });
    }
  }
}
