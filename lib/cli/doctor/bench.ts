/** Measures a folder or a prefix of an object store, and says which settings suit it. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { type Config, getConfig } from '../../config/resolve.js';
import { makeVolume } from '../../native/dicom.js';
import { writeVolume } from '../../native/formats.js';
import { deleteObjects, listObjects } from '../../native/objects.js';
import { openStore, readRegion } from '../../native/store.js';
import { dispose } from '../../native/volume.js';
import { Context } from '../../runtime/context.js';
import { isS3 } from '../../runtime/s3.js';
import type { Handle } from '../../runtime/surface.js';
import { freeMemory } from './checks.js';

export interface Measured {
  readonly concurrency: number;
  /** Of the whole volume, unpacked. */
  readonly readMbPerS: number;
  /** Of boxes of one chunk at random places. */
  readonly readsPerS: number;
}

export interface BenchResult {
  readonly uri: string;
  readonly writeMbPerS: number;
  /** Median of reads of one chunk, one after another. */
  readonly latencyMs: number;
  readonly measured: readonly Measured[];
  /** Paths of the configuration and the values that suit. */
  readonly recommended: Readonly<Record<string, number>>;
}

/** Layers of 4 x 4 chunks of 64 cubed, of noise of 12 bits, which packs as images do: 134 MB. */
const LAYERS = 16;
const CHUNK = 64;
const ACROSS = 4;
const REPETITIONS = 2;
const LATENCY_READS = 15;
const RANDOM_READS = 64;
/** Of the best rate: what a smaller number of requests must reach to be preferred. */
const ENOUGH = 0.9;

export async function benchStorage(
  uri: string,
  options: { signal?: AbortSignal; onProgress?: (line: string) => void; layers?: number } = {},
): Promise<BenchResult> {
  const tell = options.onProgress ?? (() => undefined);
  const remote = isS3(uri);
  const data = new Data(options.layers ?? LAYERS);
  const folder = remote
    ? `${uri.replace(/\/+$/, '')}/.isovox-doctor-${randomBytes(4).toString('hex')}`
    : await mkdtemp(join(uri, '.isovox-doctor-'));
  const path = `${folder}/bench.zarr`;
  try {
    tell(`writing ${data.megabytes.toFixed(0)} MB to ${uri}`);
    const volume = await data.volume();
    const begun = performance.now();
    // One object for each chunk: what limits a store is requests, and joined ranges would hide them.
    const layout = {
      codec: 'zstd',
      level: 3,
      chunks: [CHUNK, CHUNK, CHUNK] as [number, number, number],
      sharding: false,
    };
    await writeVolume(
      { volume, path, ...layout },
      { context: contextOf(remote, remote ? 16 : 4), signal: options.signal },
    );
    const writeMbPerS = data.megabytes / ((performance.now() - begun) / 1000);
    dispose(volume);

    tell('measuring latency');
    const latencyMs = await latency(path, data, remote, options.signal);
    const measured: Measured[] = [];
    const cores = availableParallelism();
    const steps = remote ? [1, 4, 8, 16, 32, 64] : [1, 2, 4, 8, 16].filter((n) => n <= Math.max(2, 2 * cores));
    for (const concurrency of steps) {
      tell(`reading, ${concurrency} at once`);
      measured.push(await measure(path, data, remote, concurrency, options.signal));
    }
    return { uri, writeMbPerS, latencyMs, measured, recommended: await recommend(remote, latencyMs, measured) };
  } finally {
    if (remote) {
      const { objects } = await listObjects(`${folder}/`);
      const bucket = uri.split('/').slice(0, 3).join('/');
      await deleteObjects(objects.map(({ key }) => `${bucket}/${key}`));
    } else {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

class Data {
  constructor(private readonly layers: number) {}

  get chunks(): number {
    return ACROSS * ACROSS * this.layers;
  }
  get megabytes(): number {
    return (this.chunks * CHUNK ** 3 * 2) / 1e6;
  }
  volume(): Promise<Handle<'Volume'>> {
    const size: [number, number, number] = [ACROSS * CHUNK, ACROSS * CHUNK, this.layers * CHUNK];
    const data = new Int16Array(size[0] * size[1] * size[2]);
    let state = 1;
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      data[i] = state >>> 20;
    }
    return makeVolume({ grid: { size, spacing: [1, 1, 1], origin: [0, 0, 0] }, dtype: 'int16', data });
  }
  /** One whole chunk; the next number lies elsewhere. */
  box(n: number): { x: [number, number]; y: [number, number]; z: [number, number] } {
    const range = (place: number): [number, number] => [place * CHUNK, (place + 1) * CHUNK];
    const chunk = (n * 37) % this.chunks;
    const [x, y, z] = [chunk % ACROSS, Math.floor(chunk / ACROSS) % ACROSS, Math.floor(chunk / ACROSS ** 2)];
    return { x: range(x), y: range(y), z: range(z) };
  }
}

/** A context in which `concurrency` is what is measured: requests of a store, threads of a disk. Nothing is cached. */
function contextOf(remote: boolean, concurrency: number): Context {
  const config = getConfig();
  const read: Config['read'] = { ...config.read, tileCacheSizeMb: 0, memoryBudgetMb: 4096 };
  if (!remote) return new Context({ ...config, read: { ...read, concurrency } });
  return new Context({ ...config, read, s3: { ...config.s3, maxParallelOps: concurrency } });
}

async function latency(path: string, data: Data, remote: boolean, signal: AbortSignal | undefined): Promise<number> {
  const task = { context: contextOf(remote, 1), signal };
  const store = await openStore({ path }, task);
  const times: number[] = [];
  for (let n = 0; n < LATENCY_READS; n++) {
    const begun = performance.now();
    dispose(await readRegion({ store, ...data.box(n) }, task));
    times.push(performance.now() - begun);
  }
  dispose(store);
  return times.sort((a, b) => a - b)[LATENCY_READS >> 1] ?? Number.NaN;
}

async function measure(
  path: string,
  data: Data,
  remote: boolean,
  concurrency: number,
  signal: AbortSignal | undefined,
): Promise<Measured> {
  const task = { context: contextOf(remote, concurrency), signal };
  const store = await openStore({ path }, task);
  let [readMbPerS, readsPerS] = [0, 0];
  for (let i = 0; i < REPETITIONS; i++) {
    const whole = performance.now();
    dispose(await readRegion({ store }, task));
    readMbPerS = Math.max(readMbPerS, data.megabytes / ((performance.now() - whole) / 1000));
    const boxes = performance.now();
    const reads = Array.from({ length: RANDOM_READS }, (_, n) =>
      readRegion({ store, ...data.box(n) }, task).then(dispose),
    );
    await Promise.all(reads);
    readsPerS = Math.max(readsPerS, RANDOM_READS / ((performance.now() - boxes) / 1000));
  }
  dispose(store);
  return { concurrency, readMbPerS, readsPerS };
}

async function recommend(
  remote: boolean,
  latencyMs: number,
  measured: readonly Measured[],
): Promise<Readonly<Record<string, number>>> {
  const best = Math.max(...measured.map(({ readMbPerS }) => readMbPerS));
  const enough = measured.find(({ readMbPerS }) => readMbPerS >= ENOUGH * best) ?? (measured.at(-1) as Measured);
  const cores = availableParallelism();
  const { free } = await freeMemory();
  const quarter = Math.floor(free / 4 / 2 ** 20);
  const memory = {
    'read.memoryBudgetMb': Math.max(64, Math.min(16_384, quarter * 2)),
    'read.tileCacheSizeMb': Math.min(4096, quarter),
  };
  if (!remote) {
    const concurrency = Math.min(enough.concurrency, 256);
    return { 'read.concurrency': concurrency, 'read.maxWorkers': Math.max(1, Math.min(8, cores)), ...memory };
  }
  // Bytes that one connection brings in the time that a request costs: as many may be read too much and still be cheaper.
  const alone = measured[0]?.readMbPerS ?? 0;
  const gapKb = Math.round((alone * 1e6 * (latencyMs / 1000)) / 1024);
  return {
    'read.concurrency': Math.max(1, Math.min(16, cores)),
    'read.maxWorkers': Math.max(4, Math.min(8, enough.concurrency / 4)),
    's3.maxParallelOps': enough.concurrency,
    's3.multipartPartSizeMb': best > 200 ? 100 : 50,
    's3.coalesceGapKb': Math.max(64, Math.min(4096, 64 * Math.round(gapKb / 64))),
    ...memory,
  };
}

/** The lines of a configuration file: `read:` and the keys below it. */
export function configurationLines(recommended: Readonly<Record<string, number>>): string[] {
  const lines: string[] = [];
  let section = '';
  for (const [path, value] of Object.entries(recommended).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [head = '', key = ''] = path.split('.');
    if (head !== section) lines.push(`${head}:`);
    section = head;
    lines.push(`  ${key}: ${value}`);
  }
  return lines;
}
