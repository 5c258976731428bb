/** One run at a time in an output folder: a second one would plan anew what the first is working on. */

import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { IsovoxError } from '../errors.js';
import { holdFile } from '../native/file-lock.js';
import { makeFolder } from './make-folder.js';

/** ERR_RESOURCE at once while another run or command works in `outdir`. The lock of a process that was killed is free. */
export async function withOutput<T>(outdir: string, work: () => Promise<T>): Promise<T> {
  const path = join(outdir, '.isovox/run.lock');
  await makeFolder(dirname(path));
  const hold = await holdFile(path);
  if (!hold) {
    const message = `Another run works in ${outdir}: wait for it, or give another output folder`;
    throw new IsovoxError('ERR_RESOURCE', message, { path });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
    hold.release();
  }
}
