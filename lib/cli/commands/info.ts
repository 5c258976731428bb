/** isovox info: what files and folders hold. */

import { webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError, IsovoxError } from '../../errors.js';
import { readRtDose, readRtStruct, readSeries, scanHeaders } from '../../native/dicom.js';
import type { HeaderRecord } from '../../native/dicom-types.js';
import { readVolume, volumeStatistics } from '../../native/formats.js';
import { headObject, listObjects } from '../../native/objects.js';
import { addon } from '../../runtime/addon.js';
import { isS3 } from '../../runtime/s3.js';
import type { Handle } from '../../runtime/surface.js';
import type { SubmitOptions } from '../../runtime/task.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';
import { commandContext, listFolder } from './common.js';

type Entry = Readonly<Record<string, unknown>>;

export async function info(paths: readonly string[], options: CommonOptions & { hash?: boolean }): Promise<number> {
  const task = { context: commandContext(options) };
  const entries: Entry[] = [];
  let failed = false;
  for (const path of paths) {
    try {
      entries.push(...(await describe(path, options.hash ?? false, task)));
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      failed = true;
      entries.push({ path, error: { code: error.code, message: error.message, context: error.context } });
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(entries)}\n`);
  else for (const entry of entries) print(entry);
  if (entries.length === 0) return EXIT.nothingFound;
  return failed ? EXIT.badData : EXIT.done;
}

async function describe(path: string, hash: boolean, task: SubmitOptions): Promise<Entry[]> {
  const { isFolder, isStore, files } = await lookAt(path, task);
  if (isFolder && !isStore) return describeFolder(path, files, hash, task);
  const [record] = isStore ? [] : await scanHeaders({ paths: [path] }, task);
  if (record?.status === 'dicom' && record.kind !== 'image') return [await describeObject(record, hash, task)];
  const { volume, format, findings } = await readVolume({ path }, task);
  return [await describeVolume({ path, format, findings }, volume, hash, task)];
}

interface Looked {
  readonly isFolder: boolean;
  readonly isStore: boolean;
  /** Of a folder that is no store, with those below it. */
  readonly files: readonly string[];
}

async function lookAt(path: string, task: SubmitOptions): Promise<Looked> {
  if (isS3(path)) return lookAtObjects(path, task);
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    (thrown: unknown) => {
      throw asIsovoxError(thrown);
    },
  );
  const isStore = isFolder && existsSync(join(path, 'zarr.json'));
  return {
    isFolder,
    isStore,
    files: isFolder && !isStore ? await listFolder(path) : [],
  };
}

/** An object, or what lies below its name. */
async function lookAtObjects(path: string, task: SubmitOptions): Promise<Looked> {
  try {
    if (!path.endsWith('/')) {
      await headObject(path, task);
      return { isFolder: false, isStore: false, files: [] };
    }
  } catch (thrown) {
    if (asIsovoxError(thrown).code !== 'ERR_NOT_FOUND') throw thrown;
  }
  const prefix = `${path.replace(/\/+$/, '')}/`;
  const isStore = await headObject(`${prefix}zarr.json`, task).then(
    () => true,
    (thrown: unknown) => {
      if (asIsovoxError(thrown).code === 'ERR_NOT_FOUND') return false;
      throw thrown;
    },
  );
  if (isStore) return { isFolder: true, isStore, files: [] };
  const { objects } = await listObjects(prefix, task);
  if (objects.length === 0)
    throw new IsovoxError('ERR_NOT_FOUND', `There is no object ${path}`, {
      path,
    });
  const bucket = path.split('/').slice(0, 3).join('/');
  const files = objects.filter(({ size }) => size > 0).map(({ key }) => `${bucket}/${key}`);
  return { isFolder: true, isStore, files };
}

/** Each image series of the folder, each RT object, each file of another format. */
async function describeFolder(
  folder: string,
  files: readonly string[],
  hash: boolean,
  task: SubmitOptions,
): Promise<Entry[]> {
  const records = await scanHeaders({ paths: [...files] }, task);
  const series = new Map<string, HeaderRecord[]>();
  const entries: Entry[] = [];
  for (const record of records) {
    if (record.status === 'refused') {
      entries.push({ path: record.path, error: { code: record.code, message: record.reason } });
    } else if (record.kind === 'image') {
      const key = record.SeriesInstanceUID ?? record.path;
      series.set(key, [...(series.get(key) ?? []), record]);
    } else if (record.kind !== undefined) {
      entries.push(await describeObject(record, hash, task));
    }
  }
  for (const [uid, slices] of series) {
    const facts = {
      path: folder,
      format: 'dicom',
      SeriesInstanceUID: uid,
      Modality: slices[0]?.Modality,
      files: slices.length,
    };
    try {
      const { volume, findings } = await readSeries({ paths: slices.map((slice) => slice.path) }, task);
      entries.push(await describeVolume({ ...facts, findings }, volume, hash, task));
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      entries.push({ ...facts, error: { code: error.code, message: error.message } });
    }
  }
  return entries;
}

async function describeVolume(
  facts: Entry,
  volume: Handle<'Volume'>,
  hash: boolean,
  task: SubmitOptions,
): Promise<Entry> {
  const { grid, frames, components, dtype, slope, intercept, unit } = addon().describeVolume(volume);
  const { min, max, mean } = await volumeStatistics({ volume }, task);
  const entry = {
    ...facts,
    shape: frames > 1 ? [...grid.size, frames] : grid.size,
    ...(components > 1 ? { components } : {}),
    dtype,
    spacing: grid.spacing,
    origin: grid.origin,
    direction: grid.direction,
    affine: grid.affine,
    orientation: grid.orientation,
    slope,
    intercept,
    ...(unit === '' ? {} : { unit }),
    min,
    max,
    mean,
    ...(hash ? { sha256: await hashVoxels(volume) } : {}),
  };
  addon().dispose(volume);
  return entry;
}

/** Of the stored voxels, little endian (as this machine's memory is), x fastest. */
async function hashVoxels(volume: Handle<'Volume'>): Promise<string> {
  const view = addon().viewVolume(volume);
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', view)).toString('hex');
}

/** What the object says of itself, and of its voxels when it has any. */
async function describeObject(record: HeaderRecord, hash: boolean, task: SubmitOptions): Promise<Entry> {
  const { path, kind } = record;
  const facts = { path, format: 'dicom', kind, SOPClassUID: record.SOPClassUID, SOPInstanceUID: record.SOPInstanceUID };
  if (kind === 'rtstruct') {
    const { rois, summary } = await readRtStruct({ path }, task);
    addon().dispose(rois);
    return { ...facts, structures: record.rtstruct, rois: summary.rois, findings: summary.findings };
  }
  const content =
    kind === 'rtdose' ? await describeDose(record, task) : { [kind ?? 'object']: record[kind as 'rtplan'] ?? {} };
  if (record.Rows === undefined) return { ...facts, ...content };
  const { volume, findings } = await readVolume({ path }, task);
  const voxels = await describeVolume({ ...facts, findings }, volume, hash, task);
  return { ...voxels, ...content };
}

/** A dose that has no gray, or whose planes contradict each other, still has voxels: why it is no dose is said beside. */
async function describeDose(record: HeaderRecord, task: SubmitOptions): Promise<Entry> {
  try {
    const { dose, summary } = await readRtDose({ path: record.path }, task);
    const { planeMm } = addon().describeDose(dose);
    addon().dispose(dose);
    return { dose: record.rtdose, planeMm, maximumGy: summary.maximumGy, findings: summary.findings };
  } catch (thrown) {
    const { code, message } = asIsovoxError(thrown);
    return { dose: record.rtdose, refused: { code, message } };
  }
}

function print(entry: Entry): void {
  process.stdout.write(`${entry.path}\n`);
  for (const [key, value] of Object.entries(entry)) {
    if (key === 'path' || value === undefined) continue;
    process.stdout.write(`  ${key.padEnd(12)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
  }
}
