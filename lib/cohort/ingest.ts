/**
 * Images into a cohort: in parallel, within the memory budget, resumable, and nothing half-written is ever visible. A
 * volume's folder appears whole (temporary name, then renamed; in an object store its zarr.json last) and then a note of
 * it in `.ingest/`; `index.json` comes last, and replaces only the one that was read. Whoever is killed in between finds
 * the notes again and goes on.
 */

import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../config/resolve.js';
import { asIsovoxError, IsovoxError } from '../errors.js';
import type { Finding, GapsOption } from '../native/dicom-types.js';
import { convertVolume, describeFile, readVolume, writeVolume } from '../native/formats.js';
import { headObject, listObjects } from '../native/objects.js';
import { describeVolume, dispose } from '../native/volume.js';
import { type Context, defaultContext } from '../runtime/context.js';
import { eachInOrder } from '../runtime/each.js';
import { isS3 } from '../runtime/s3.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import {
  readVersionedManifest,
  type SubjectRow,
  sorted,
  type VolumeRow,
  writeGroup,
  writeManifest,
} from './manifest.js';
import { MemoryGate } from './memory-gate.js';
import type { Place } from './place.js';
import type { SourceItem } from './sources.js';
import { writeTables } from './tables.js';

export interface IngestOptions {
  readonly context?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Refuse when the collections of a subject do not lie on one grid. */
  readonly validateAlignment?: boolean;
  /** Of DICOM series in which slices are missing: a finding, which is the default, refused, or filled from neighbours. */
  readonly gaps?: GapsOption;
  /** More columns of the subjects' table. */
  readonly subjects?: readonly SubjectRow[];
  readonly onProgress?: (done: number, total: number) => void;
}

export interface IngestReport {
  readonly added: number;
  /** In the store already, from the same source. */
  readonly kept: number;
  /** What is to be said of images that were added. */
  readonly findings: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  readonly failed: readonly { readonly path: string; readonly code: string; readonly reason: string }[];
}

/** What is to be in the store: an image, or a volume that somebody makes. */
export interface IngestItem extends SourceItem {
  /** The volume, which the ingest disposes of. Without it the image at `path` is read, unless it is in the store already. */
  readonly make?: (task: SubmitOptions) => Promise<Handle<'Volume'>>;
  /** What making it is expected to take; when that is more than the budget it is made while nothing else is. */
  readonly bytes?: number;
}

/** Two grids are one when they differ by less than this many millimetres. */
const GRID_TOLERANCE_MM = 1e-3;

export async function ingest(
  place: Place,
  items: readonly IngestItem[],
  options: IngestOptions = {},
): Promise<IngestReport> {
  const context = options.context ?? defaultContext();
  return place.exclusively(async () => {
    const { manifest, replaces } = await readVersionedManifest(place);
    const collections = [...new Set(items.map(({ collection }) => collection))];
    for (const collection of collections) await prepareCollection(place, collection);
    const known = new Map(manifest.volumes.map((row) => [row.obs_id, row]));
    const failed: { path: string; code: string; reason: string }[] = [];
    const findings: { path: string; code: string; message: string }[] = [];
    let [done, kept] = [0, 0];
    const gate = new MemoryGate(context.config.read.memoryBudgetMb * 2 ** 20);
    const rows = await eachInOrder(items, context.config.read.maxWorkers, async (item) => {
      try {
        const there = item.make ? undefined : await alreadyThere(place, item, known, context);
        if (there) kept++;
        if (there) return there;
        const { row, found } = await ingestOne(place, item, context, gate, options);
        for (const { code, message } of found) findings.push({ path: item.path, code, message });
        return row;
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
    await writeTables(place, next);
    await writeManifest(place, next, replaces);
    await place.remove('.ingest');
    for (const list of [failed, findings]) list.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    return { added: arrived.length - kept, kept, findings, failed };
  });
}

/** Makes the collection's group, and removes what a killed process left unfinished. */
async function prepareCollection(place: Place, collection: string): Promise<void> {
  const folder = `collections/${collection}`;
  await writeGroup(place, 'collections');
  await writeGroup(place, folder);
  if (isS3(place.uri)) return;
  for (const name of await readdir(place.at(folder))) {
    if (/\.\d+-\d+\.tmp$/.test(name)) await rm(join(place.at(folder), name), { recursive: true, force: true });
  }
}

const noteName = (obsId: string): string => `.ingest/${obsId}.json`;

type SourceFacts = Pick<VolumeRow, 'source_bytes' | 'source_mtime_ms' | 'source_etag'>;

/** What tells one content of a source from another. */
async function factsOf(path: string, context: Context): Promise<SourceFacts> {
  if (isS3(path)) return objectFacts(path, context);
  const there = await stat(path);
  if (!there.isDirectory()) return { source_bytes: there.size, source_mtime_ms: there.mtimeMs };
  // A file that is written anew does not change the folder.
  const files = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
  let [bytes, latest] = [0, there.mtimeMs];
  for (const { name } of files) {
    const { size, mtimeMs } = await stat(join(path, name));
    bytes += size;
    latest = Math.max(latest, mtimeMs);
  }
  return { source_bytes: bytes, source_mtime_ms: latest };
}

/** Of an object; of a prefix, of all that lies in it. */
async function objectFacts(path: string, context: Context): Promise<SourceFacts> {
  try {
    const { size, etag } = await headObject(path, { context });
    return { source_bytes: size, source_mtime_ms: 0, source_etag: etag };
  } catch (thrown) {
    const { objects } = await listObjects(`${path.replace(/\/+$/, '')}/`, {
      context,
    });
    if ((thrown as IsovoxError).code !== 'ERR_NOT_FOUND' || objects.length === 0) throw thrown;
    const digest = createHash('sha256');
    for (const { key, size, etag } of objects) digest.update(`${key}\n${size}\n${etag}\n`);
    const bytes = objects.reduce((sum, { size }) => sum + size, 0);
    return {
      source_bytes: bytes,
      source_mtime_ms: 0,
      source_etag: digest.digest('hex'),
    };
  }
}

async function alreadyThere(
  place: Place,
  item: SourceItem,
  known: ReadonlyMap<string, VolumeRow>,
  context: Context,
): Promise<VolumeRow | undefined> {
  const row = known.get(item.obsId) ?? (await noteOf(place, item.obsId));
  if (!row || row.source !== item.path) return undefined;
  const facts = await factsOf(item.path, context);
  const same =
    row.source_bytes === facts.source_bytes &&
    row.source_mtime_ms === facts.source_mtime_ms &&
    row.source_etag === facts.source_etag;
  return same && (await place.exists(`${row.path}/zarr.json`)) ? row : undefined;
}

async function noteOf(place: Place, obsId: string): Promise<VolumeRow | undefined> {
  try {
    return JSON.parse((await place.read(noteName(obsId))).text) as VolumeRow;
  } catch (thrown) {
    // Not there, or cut off by a power cut: the volume is read again.
    if (thrown instanceof SyntaxError || (thrown as IsovoxError).code === 'ERR_NOT_FOUND') return undefined;
    throw thrown;
  }
}

async function ingestOne(
  place: Place,
  item: IngestItem,
  context: Context,
  gate: MemoryGate,
  options: IngestOptions,
): Promise<{ row: VolumeRow; found: readonly Finding[] }> {
  const { gaps, signal } = options;
  if (item.make) {
    const nothing: SourceFacts = { source_bytes: 0, source_mtime_ms: 0 };
    const made = needOf({ bytes: item.bytes ?? 0, format: 'zarr' }, nothing, place, context);
    return gate.share(made, () => storeOne(place, item, nothing, context, options));
  }
  const facts = await factsOf(item.path, context);
  const said = await describeFile({ path: item.path, ...(gaps === undefined ? {} : { gaps }) }, { context, signal });
  const need = needOf(said, facts, place, context);
  return gate.within(need, item.path, () => storeOne(place, item, facts, context, options));
}

/** Of one image: the codecs' buffers, the chunks of a few threads. */
export const WORKSPACE = 8 * 2 ** 20;
const SHARD = 64 * 2 ** 20;

/** The memory that reading an image and writing it takes at most. */
function needOf(
  { bytes, format }: { bytes: number; format: string },
  { source_bytes }: SourceFacts,
  place: Place,
  { config: { write } }: Context,
): number {
  const volumes = write.orientation.reorientOnLoad ? 2 : 1;
  // What is packed lies beside what is unpacked of it.
  const packed = format !== 'zarr' && source_bytes < 0.98 * bytes ? source_bytes : 0;
  const isSharded = write.sharding === 'on' || (write.sharding === 'auto' && isS3(place.uri));
  return volumes * bytes + packed + WORKSPACE + (isSharded ? 2 * Math.min(bytes, SHARD) : 0);
}

async function storeOne(
  place: Place,
  item: IngestItem,
  facts: SourceFacts,
  context: Context,
  { signal, gaps }: IngestOptions,
): Promise<{ row: VolumeRow; found: readonly Finding[] }> {
  const { write } = context.config;
  const read = item.make
    ? { volume: await item.make({ context, signal }), findings: [] }
    : await readVolume({ path: item.path, ...(gaps === undefined ? {} : { gaps }) }, { context, signal });
  let { volume } = read;
  if (write.orientation.reorientOnLoad) {
    const turned = await convertVolume({ volume, orientation: write.orientation.canonicalTarget }, { context, signal });
    dispose(volume);
    volume = turned;
  }
  const path = `collections/${item.collection}/${item.obsId}`;
  const { algorithm, level } = write.compression;
  const { grid, dtype, frames, components } = describeVolume(volume);
  const layout = {
    codec: algorithm,
    level,
    tile: write.tile.orientation,
    ...chunksOf(write.tile, grid.size),
    ...(write.sharding === 'auto' ? {} : { sharding: write.sharding === 'on' }),
  };
  await writeVolume({ volume, path: place.at(path), format: 'zarr', ...layout }, { context, signal });
  dispose(volume);
  const row: VolumeRow = {
    obs_id: item.obsId,
    subject_id: item.subject,
    collection: item.collection,
    path,
    source: item.path,
    ...facts,
    dtype,
    size: grid.size,
    frames,
    components,
    spacing: grid.spacing,
    origin: grid.origin,
    direction: grid.direction,
    orientation: grid.orientation,
  };
  await place.write(noteName(item.obsId), JSON.stringify(row));
  return { row, found: read.findings };
}

const ISOTROPIC = 64;

/** The extents that were given, the others as the orientation has them; nothing when none was given. */
function chunksOf(
  { orientation, ...given }: Config['write']['tile'],
  [nx, ny, nz]: readonly [number, number, number],
): { chunks?: [number, number, number] } {
  if (given.x === undefined && given.y === undefined && given.z === undefined) return {};
  const usual =
    orientation === 'isotropic'
      ? [ISOTROPIC, ISOTROPIC, ISOTROPIC]
      : [orientation === 'sagittal' ? 1 : nx, orientation === 'coronal' ? 1 : ny, orientation === 'axial' ? 1 : nz];
  const [x = 1, y = 1, z = 1] = usual;
  return { chunks: [given.x ?? x, given.y ?? y, given.z ?? z] };
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
