/** What this machine has, and whether it is enough. */

import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

import { getConfig } from '../../config/resolve.js';
import { describeRedis } from '../../distributed/bullmq.js';
import { asIsovoxError } from '../../errors.js';
import { makeVolume } from '../../native/dicom.js';
import { readVolume, writeVolume } from '../../native/formats.js';
import { dispose, viewVolume } from '../../native/volume.js';
import { addon } from '../../runtime/addon.js';
import { packageVersion } from '../../runtime/package-root.js';
import { resolveS3Credentials } from '../../runtime/s3-credentials.js';

export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly value: string;
  /** What to do, when not all is well. */
  readonly remedy?: string;
}

const GIB = 2 ** 30;
const LEAST_NODE = 20;
const LEAST_FILES = 1024;
const LEAST_DISK_GIB = 5;

export async function runChecks(folder: string, queue?: string): Promise<Check[]> {
  return [
    node(),
    cpu(),
    native(),
    await memory(),
    await disk('disk', folder),
    await disk('temporary', tmpdir()),
    await openFiles(),
    await writeTest(folder),
    await objectStore(),
    onnxRuntime(),
    ...(queue === undefined ? [] : [await queueServer(queue)]),
  ];
}

async function queueServer(url: string): Promise<Check> {
  try {
    const { version, appendOnly, evictionPolicy } = await describeRedis(url);
    const value = `Redis ${version}`;
    if (evictionPolicy !== 'noeviction') {
      const remedy = `It drops jobs when full: redis-cli CONFIG SET maxmemory-policy noeviction`;
      return { name: 'queue', status: 'fail', value: `${value}, ${evictionPolicy}`, remedy };
    }
    if (appendOnly) return { name: 'queue', status: 'ok', value: `${value}, append-only file` };
    const remedy = `Jobs are lost with the server: redis-cli CONFIG SET appendonly yes`;
    return { name: 'queue', status: 'warn', value: `${value}, no append-only file`, remedy };
  } catch (thrown) {
    const remedy = 'Start it, or correct the address: apt-get install redis-server';
    return { name: 'queue', status: 'fail', value: asIsovoxError(thrown).message, remedy };
  }
}

function node(): Check {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= LEAST_NODE) return { name: 'node', status: 'ok', value: process.version };
  return { name: 'node', status: 'fail', value: process.version, remedy: `Install Node.js ${LEAST_NODE} or newer` };
}

function cpu(): Check {
  const [first] = cpus();
  return { name: 'cpu', status: 'ok', value: `${first?.model ?? 'unknown'}, ${availableParallelism()} threads` };
}

function native(): Check {
  try {
    const version = addon().nativeVersion();
    if (version === packageVersion) return { name: 'native part', status: 'ok', value: version };
    const remedy = 'Build it anew: npm run build:native';
    return { name: 'native part', status: 'fail', value: `${version}, the package is ${packageVersion}`, remedy };
  } catch (thrown) {
    return { name: 'native part', status: 'fail', value: 'not loaded', remedy: asIsovoxError(thrown).message };
  }
}

/** What is free within the limit of the control group, where there is one. */
export async function freeMemory(): Promise<{ total: number; free: number }> {
  const number = async (file: string): Promise<number> =>
    Number((await readFile(join('/sys/fs/cgroup', file), 'utf8').catch(() => '')).trim() || Number.NaN);
  const [limit, used] = [await number('memory.max'), await number('memory.current')];
  const total = Math.min(totalmem(), Number.isFinite(limit) ? limit : Number.POSITIVE_INFINITY);
  const free = Math.min(freemem(), Number.isFinite(limit) ? Math.max(0, limit - used) : Number.POSITIVE_INFINITY);
  return { total, free };
}

async function memory(): Promise<Check> {
  const { total, free } = await freeMemory();
  const { memoryBudgetMb, tileCacheSizeMb } = getConfig().read;
  const needed = (memoryBudgetMb + tileCacheSizeMb) * 2 ** 20;
  const value = `${(free / GIB).toFixed(1)} of ${(total / GIB).toFixed(1)} GiB free, ${(needed / GIB).toFixed(1)} GiB configured`;
  if (needed <= free) return { name: 'memory', status: 'ok', value };
  const remedy = 'Lower read.memoryBudgetMb or read.tileCacheSizeMb, or: configure(preset("memory-constrained"))';
  return { name: 'memory', status: 'warn', value, remedy };
}

async function disk(name: string, folder: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = (bavail * bsize) / GIB;
    const value = `${free.toFixed(1)} GiB free in ${folder}`;
    if (free >= LEAST_DISK_GIB) return { name, status: 'ok', value };
    return { name, status: 'warn', value, remedy: 'Make room, or choose another folder' };
  } catch (thrown) {
    return { name, status: 'fail', value: asIsovoxError(thrown).message, remedy: `Make ${folder}` };
  }
}

async function openFiles(): Promise<Check> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  if (Number.isNaN(soft)) return { name: 'open files', status: 'ok', value: 'no limit known' };
  if (soft >= LEAST_FILES) return { name: 'open files', status: 'ok', value: String(soft) };
  return { name: 'open files', status: 'warn', value: String(soft), remedy: 'ulimit -n 4096' };
}

/** A volume goes to the folder and comes back, as a file and as a store. */
async function writeTest(folder: string): Promise<Check> {
  let place: string | undefined;
  try {
    place = await mkdtemp(join(folder, '.isovox-doctor-'));
    const data = new Int16Array(32 ** 3).map((_, i) => (i * 37) % 4001);
    const volume = await makeVolume({
      grid: { size: [32, 32, 32], spacing: [1, 1, 1], origin: [0, 0, 0] },
      dtype: 'int16',
      data,
    });
    for (const name of ['test.nii.gz', 'test.zarr']) {
      await writeVolume({ volume, path: join(place, name) });
      const read = await readVolume({ path: join(place, name) });
      const same = (viewVolume(read.volume) as Int16Array).every((value, i) => value === data[i]);
      dispose(read.volume);
      if (!same) throw new Error(`${name} came back changed`);
    }
    dispose(volume);
    return { name: 'write test', status: 'ok', value: folder };
  } catch (thrown) {
    const remedy = 'Choose a folder that may be written to, or check the disk';
    return { name: 'write test', status: 'fail', value: asIsovoxError(thrown).message, remedy };
  } finally {
    if (place !== undefined) await rm(place, { recursive: true, force: true });
  }
}

async function objectStore(): Promise<Check> {
  const { endpoint, region, profile } = getConfig().s3;
  const where = endpoint ?? `Amazon S3, ${region}`;
  try {
    const credentials = await resolveS3Credentials(profile);
    const value = `${where}, ${credentials ? 'credentials found' : 'no credentials: public buckets only'}`;
    return { name: 'object store', status: 'ok', value };
  } catch (thrown) {
    return { name: 'object store', status: 'warn', value: where, remedy: asIsovoxError(thrown).message };
  }
}

function onnxRuntime(): Check {
  try {
    const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
    return { name: 'onnxruntime', status: 'ok', value: version };
  } catch {
    return {
      name: 'onnxruntime',
      status: 'ok',
      value: 'not installed: models cannot be run (npm install onnxruntime-node)',
    };
  }
}
