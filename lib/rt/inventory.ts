/** What is in the input folder: every file, read once, either an object to work with or a refusal with its reason. */

import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { asIsovoxError, IsovoxError } from '../errors.js';
import type { HeaderRecord } from '../native/dicom-types.js';
import type { Context } from '../runtime/context.js';
import { isS3 } from '../runtime/s3.js';
import type { SubmitOptions } from '../runtime/task.js';
import { digestInput, listInputObjects } from './input-files.js';
import { relativeInput } from './input-path.js';
import type { Finding, Refusal } from './model.js';
import { compareText, hashText } from './names.js';

/** Reads the headers of files; the answer is in the order of the paths. */
export type HeaderScanner = (paths: readonly string[]) => Promise<HeaderRecord[]>;

export interface InventoryOptions {
  readonly scan: HeaderScanner;
  /** Folders not to enter, for instance the output folder when it lies inside the input. */
  readonly exclude?: readonly string[] | undefined;
  /** How objects of a store are reached. */
  readonly context?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Inventory {
  /** Sound DICOM objects, each once, sorted by path. */
  readonly objects: readonly HeaderRecord[];
  readonly refusals: readonly Refusal[];
  readonly findings: readonly Finding[];
}

/** Files whose headers are read by one native call. */
const CHUNK = 2048;
const FOLDERS_AT_ONCE = 16;

/**
 * Which patient an object belongs to. Without PatientID the study is the patient: two anonymous studies are never
 * mixed.
 */
export function patientKeyOf(record: HeaderRecord): string {
  const id = patientIdOf(record);
  if (id !== '') return `id:${id}`;
  return `unknown:${record.StudyInstanceUID ?? record.SeriesInstanceUID ?? record.SOPInstanceUID ?? record.path}`;
}

/** PatientID without padding. */
export function patientIdOf(record: HeaderRecord): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: padding of a text value may be NUL
  return (record.PatientID ?? '').replace(/[\u0000\s]+$/g, '').trimStart();
}

/** The name to show for a patient key: PatientID, or `UNKNOWN-` and a hash. */
export function patientNameOf(key: string): string {
  return key.startsWith('id:') ? key.slice(3) : `UNKNOWN-${hashText(key)}`;
}

/** Throws ERR_CANCELLED, whatever reason the signal was aborted with. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new IsovoxError('ERR_CANCELLED', 'The operation was cancelled', {}, { cause: signal.reason });
  }
}

/**
 * All regular files under `root`, sorted by path. Symbolic links are not followed; they, special files and folders
 * that cannot be read are refusals. Throws ERR_NOT_FOUND or ERR_IO when `root` itself cannot be read.
 */
export async function walkTree(
  root: string,
  exclude: readonly string[] = [],
  signal?: AbortSignal,
): Promise<{ files: string[]; refusals: Refusal[] }> {
  const files: string[] = [];
  const refusals: Refusal[] = [];
  const excluded = new Set(exclude.map((folder) => path.resolve(folder)));
  const realRoot = await rootFolder(root);
  let level = [root];
  while (level.length > 0) {
    stopIfAborted(signal);
    const next: string[] = [];
    for (let at = 0; at < level.length; at += FOLDERS_AT_ONCE) {
      await Promise.all(
        level.slice(at, at + FOLDERS_AT_ONCE).map(async (folder) => {
          let entries: Awaited<ReturnType<typeof listFolder>>;
          try {
            entries = await listFolder(folder);
          } catch (thrown) {
            const error = asIsovoxError(thrown);
            if (folder === root) throw new IsovoxError(error.code, error.message, error.context, { cause: thrown });
            refusals.push(
              refusal(folder, error.code, `The folder cannot be read (${error.context.errno ?? error.code})`, 'fail'),
            );
            return;
          }
          for (const entry of entries) {
            const full = path.join(folder, entry.name);
            if (entry.isDirectory()) {
              if (!excluded.has(path.resolve(full))) next.push(full);
            } else if (entry.isFile()) {
              files.push(full);
            } else if (entry.isSymbolicLink()) {
              refusals.push(await refusedLink(realRoot, full));
            } else {
              refusals.push(refusal(full, 'ERR_UNSUPPORTED', 'Not a regular file', 'info'));
            }
          }
        }),
      );
    }
    level = next;
  }
  files.sort(compareText);
  return { files, refusals };
}

function listFolder(folder: string) {
  return readdir(folder, { withFileTypes: true });
}

async function rootFolder(root: string): Promise<string> {
  try {
    if (!(await stat(root)).isDirectory()) {
      throw new IsovoxError('ERR_INVALID_ARGUMENT', `Expected a folder for dicomRoot but received a file: ${root}`, {
        name: 'dicomRoot',
        path: root,
      });
    }
    return await realpath(root);
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}

async function refusedLink(realRoot: string, link: string): Promise<Refusal> {
  try {
    const target = await realpath(link);
    const inside = target === realRoot || target.startsWith(realRoot + path.sep);
    return inside
      ? refusal(link, 'file.link_inside', 'A symbolic link inside the input folder; its target is read there', 'info')
      : refusal(link, 'file.link_outside', 'A symbolic link out of the input folder is not followed', 'warn');
  } catch {
    return refusal(link, 'ERR_NOT_FOUND', 'A symbolic link whose target is not there', 'warn');
  }
}

function refusal(file: string, code: string, reason: string, severity: Refusal['severity']): Refusal {
  return { path: file, code, reason, severity };
}

/** Reads every header under `root`, a folder or `s3://bucket/prefix`; sorts out what is no object, is broken, or is there twice. */
export async function takeInventory(root: string, options: InventoryOptions): Promise<Inventory> {
  const { scan, exclude = [], context, signal, onProgress } = options;
  const { files, refusals } = isS3(root)
    ? { files: await listInputObjects(root, exclude, { context, signal }), refusals: [] }
    : await walkTree(root, exclude, signal);
  const sound: HeaderRecord[] = [];
  onProgress?.(0, files.length);
  const read = (at: number): Promise<HeaderRecord[]> => {
    const records = at < files.length ? scan(files.slice(at, at + CHUNK)) : Promise.resolve([]);
    records.catch(() => {}); // it is awaited in its turn
    return records;
  };
  // While one chunk's records become objects here, the next one is read by the pool.
  let ahead = read(0);
  for (let at = 0; at < files.length; at += CHUNK) {
    stopIfAborted(signal);
    const records = ahead;
    ahead = read(at + CHUNK);
    for (const record of await records) {
      const refused = refuse(record);
      if (refused) refusals.push(refused);
      else sound.push(record);
    }
    onProgress?.(Math.min(at + CHUNK, files.length), files.length);
  }
  const unique = await withoutDuplicates(root, sound, { context, signal });
  const findings = [...unique.findings];
  if (files.length === 0) {
    findings.push({ code: 'input.empty', severity: 'warn', message: 'The input folder holds no files' });
  }
  return {
    objects: unique.objects,
    refusals: [...refusals, ...unique.refusals].sort(
      (a, b) => compareText(a.path, b.path) || compareText(a.code, b.code),
    ),
    findings,
  };
}

/** Why a scanned file takes no part, or undefined when it is a sound object. */
export function refuse(record: HeaderRecord): Refusal | undefined {
  switch (record.status) {
    case 'not-dicom':
      return refusal(
        record.path,
        'ERR_UNSUPPORTED',
        record.reason ? `Not a DICOM file: ${record.reason}` : 'Not a DICOM file',
        'info',
      );
    case 'dicomdir':
      return refusal(record.path, 'file.dicomdir', 'A DICOMDIR; the files were found without it', 'info');
    case 'refused':
      return refusal(
        record.path,
        record.code ?? 'ERR_CORRUPT_DATA',
        record.reason ?? 'The header cannot be read',
        'fail',
      );
    case 'dicom':
      break;
  }
  if (record.truncated) {
    return refusal(
      record.path,
      'ERR_CORRUPT_DATA',
      'Truncated: the file ends before the data that it declares',
      'fail',
    );
  }
  if (!record.SOPInstanceUID) {
    return refusal(
      record.path,
      'ERR_CORRUPT_DATA',
      'The object has no SOPInstanceUID, so nothing can refer to it',
      'fail',
    );
  }
  if (record.kind === 'image' && !record.SeriesInstanceUID) {
    return refusal(
      record.path,
      'ERR_CORRUPT_DATA',
      'The image has no SeriesInstanceUID, so its volume is unknown',
      'fail',
    );
  }
  return undefined;
}

/**
 * Each SOPInstanceUID once per patient: the first by path is kept. A copy with the same bytes is `file.duplicate`,
 * one with others `file.duplicate_differs`. The same UID under two patients is kept for both and reported.
 */
export async function withoutDuplicates(
  root: string,
  records: readonly HeaderRecord[],
  options: SubmitOptions = {},
): Promise<Inventory> {
  const objects: HeaderRecord[] = [];
  const refusals: Refusal[] = [];
  const kept = new Map<string, HeaderRecord>();
  const owners = new Map<string, string>();
  const shared = new Map<string, { count: number; example: string }>();
  const hashes = new Map<string, Promise<string>>();
  const hashOf = (file: string) => {
    const known = hashes.get(file);
    if (known) return known;
    const hash = digestInput(file, options).then(({ sha256 }) => sha256);
    hashes.set(file, hash);
    return hash;
  };
  for (const record of [...records].sort((a, b) => compareText(a.path, b.path))) {
    const patient = patientKeyOf(record);
    const uid = record.SOPInstanceUID ?? '';
    const key = `${patient}\n${uid}`;
    const before = kept.get(key);
    if (before) {
      refusals.push(await duplicate(root, before, record, hashOf));
      continue;
    }
    kept.set(key, record);
    objects.push(record);
    const owner = owners.get(uid);
    if (owner === undefined) {
      owners.set(uid, patient);
    } else {
      const pair = [owner, patient].sort(compareText).join('\n');
      const seen = shared.get(pair);
      shared.set(pair, { count: (seen?.count ?? 0) + 1, example: seen?.example ?? uid });
    }
  }
  const findings: Finding[] = [...shared].map(([pair, { count, example }]) => {
    const [first = '', second = ''] = pair.split('\n').map(patientNameOf);
    return {
      code: 'file.uid_in_two_patients',
      severity: 'warn',
      message: `${count} SOPInstanceUID(s) occur under two PatientIDs; each patient keeps its own file`,
      context: { first_patient: first, second_patient: second, count, example },
    };
  });
  return { objects, refusals, findings };
}

async function duplicate(
  root: string,
  kept: HeaderRecord,
  copy: HeaderRecord,
  hashOf: (file: string) => Promise<string>,
): Promise<Refusal> {
  const name = relativeInput(root, kept.path);
  const second = (code: string, reason: string, severity: Refusal['severity']): Refusal => ({
    ...refusal(copy.path, code, reason, severity),
    twin: kept.path,
  });
  const differs = (how: string) =>
    second('file.duplicate_differs', `Has the SOPInstanceUID of ${name} but ${how}; that one is used`, 'warn');
  if (kept.size !== copy.size) return differs('another size');
  try {
    if ((await hashOf(kept.path)) !== (await hashOf(copy.path))) return differs('other bytes');
  } catch (thrown) {
    return differs(`cannot be compared (${asIsovoxError(thrown).code})`);
  }
  return second('file.duplicate', `The same bytes as ${name}, which is used`, 'info');
}
