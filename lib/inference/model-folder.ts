/** Model folders: manifest.json beside its .onnx files. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { type Manifest, parseManifest } from './manifest.js';

export interface ModelFolder {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 of manifest.json: with the checksums in it, the identity of the model. */
  readonly digest: string;
}

const MANIFEST = 'manifest.json';

/** Reads and checks the manifest; the networks are looked at by `checkChecksums`. */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (error.code !== 'ERR_NOT_FOUND') throw error;
    throw new IsovoxError('ERR_NOT_FOUND', `${folder} is no model folder: it has no ${MANIFEST}`, { path: folder });
  }
  return { folder, manifest: parseManifest(text, path), digest: createHash('sha256').update(text).digest('hex') };
}

/** The model folders that `path` is or holds, sorted by name. Throws ERR_NOT_FOUND when there is none. */
export async function findModelFolders(path: string): Promise<ModelFolder[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    if (entries.some((entry) => entry.name === MANIFEST)) return [await readModelFolder(path)];
    const folders: ModelFolder[] = [];
    for (const name of entries.map((entry) => entry.name).sort()) {
      const folder = join(path, name);
      if ((await stat(join(folder, MANIFEST)).catch(() => undefined))?.isFile())
        folders.push(await readModelFolder(folder));
    }
    if (folders.length > 0) return folders;
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
  throw new IsovoxError('ERR_NOT_FOUND', `No model was found in ${path}: no folder with a ${MANIFEST}`, { path });
}

/** Throws ERR_NOT_FOUND for a missing network and ERR_MODEL for one whose bytes are not those of the manifest. */
export async function checkChecksums({ folder, manifest }: ModelFolder, signal?: AbortSignal): Promise<void> {
  for (const { file, sha256 } of manifest.models) {
    const path = join(folder, file);
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(path), hash, { ...(signal ? { signal } : {}) });
    } catch (thrown) {
      if (signal?.aborted) throw new IsovoxError('ERR_CANCELLED', 'The operation was cancelled');
      throw asIsovoxError(thrown);
    }
    const found = hash.digest('hex');
    if (found === sha256) continue;
    throw new IsovoxError(
      'ERR_MODEL',
      `${path}: its SHA-256 is ${found} but the manifest says ${sha256}: the file was changed or cut`,
      { path, model: path, expected: sha256, actual: found },
    );
  }
}
