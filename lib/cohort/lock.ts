/** One writer at a time: a file that names the process that writes. */

import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { asIsovoxError, IsovoxError } from '../errors.js';

/** Runs `work` while no other process writes to the store. The lock of a process that is gone is taken over. */
export async function withLock<T>(store: string, work: () => Promise<T>): Promise<T> {
  const path = join(store, '.lock');
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      await handle.close();
      break;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw asIsovoxError(thrown);
      if (attempt > 3 || !(await isStale(path))) {
        throw new IsovoxError('ERR_IO', `Another process writes to ${store}: ${path} is there`, { path });
      }
      await rm(path, { force: true });
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { pid, host } = JSON.parse(await readFile(path, 'utf8')) as { pid: number; host: string };
    if (host !== hostname()) return false;
    if (pid === process.pid) return false;
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    // Gone, or killed before it had written its number.
    return code === 'ESRCH' || code === 'ENOENT' || thrown instanceof SyntaxError;
  }
}
