/** Files that are either whole or absent: written under a temporary name in the same folder, synced, renamed. */

import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asIsovoxError } from '../errors.js';

let attempts = 0;

async function openTemporary(path: string): Promise<{ handle: FileHandle; temporary: string }> {
  for (;;) {
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${attempts++}.tmp`);
    try {
      return { handle: await open(temporary, 'wx'), temporary };
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
  }
}

/** Makes a rename durable. Folders cannot be opened on Windows, nor synced on some network file systems. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}

/**
 * Calls `write` with a handle to a temporary file beside `path`; when it returns, the file is synced and takes the
 * place of `path` in one step. When it throws, the temporary file is removed and `path` is as it was.
 */
export async function writeAtomically(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    const { handle, temporary } = await openTemporary(path);
    try {
      try {
        await write(handle);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw thrown;
    }
    await syncFolder(dirname(path));
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}

/** Appends the whole of `bytes`: `FileHandle.write` may write less than it was given. */
export async function appendAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done);
    done += bytesWritten;
  }
}

/** Writes a text file, UTF-8, whole or not at all; `mode` is who may read it, where that is not everybody. */
export function writeText(path: string, text: string, mode?: number): Promise<void> {
  return writeAtomically(path, async (handle) => {
    if (mode !== undefined) await handle.chmod(mode);
    await appendAll(handle, Buffer.from(text, 'utf8'));
  });
}

/** Removes from a folder what writers that were killed left there: their temporary files, not those below it. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (/^\..+\.\d+-\d+\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
  }
}
