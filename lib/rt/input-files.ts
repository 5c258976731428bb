/** Input files as bytes: files of this machine, or objects `s3://bucket/key`. */

import { constants } from 'node:fs';
import { chmod, copyFile, writeFile } from 'node:fs/promises';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { listObjects, readObject } from '../native/objects.js';
import { isS3 } from '../runtime/s3.js';
import type { SubmitOptions } from '../runtime/task.js';
import { digestBytes, digestFile, type FileDigest } from './digest.js';
import { inputRoot, liesIn } from './input-path.js';
import { compareText } from './names.js';

const LARGEST_OBJECT = 2 ** 31;

/** The objects below a prefix, sorted. ERR_NOT_FOUND when there are none. */
export async function listInputObjects(
  root: string,
  exclude: readonly string[],
  options: SubmitOptions,
): Promise<string[]> {
  const { objects } = await listObjects(`${inputRoot(root)}/`, options);
  if (objects.length === 0) {
    throw new IsovoxError('ERR_NOT_FOUND', `There is no object below ${inputRoot(root)}/`, { path: root });
  }
  const bucket = root.split('/').slice(0, 3).join('/');
  return objects
    .filter(({ key }) => !key.endsWith('/')) // what consoles leave to show an empty folder
    .map(({ key }) => `${bucket}/${key}`)
    .filter((path) => !exclude.some((folder) => liesIn(folder, path)))
    .sort(compareText);
}

export async function digestInput(path: string, options: SubmitOptions): Promise<FileDigest> {
  if (!isS3(path)) return digestFile(path);
  const { bytes } = await readObject(path, { ...options, most: LARGEST_OBJECT });
  return digestBytes(bytes);
}

/** REQUIRES that nothing is at `to` and that its folder exists. */
export async function copyInput(path: string, to: string, options: SubmitOptions): Promise<void> {
  try {
    if (isS3(path)) {
      const { bytes } = await readObject(path, { ...options, most: LARGEST_OBJECT });
      await writeFile(to, bytes);
    } else {
      await copyFile(path, to, constants.COPYFILE_FICLONE);
    }
    await chmod(to, 0o644);
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}
