/** Makes a folder and those above it, also where others make them at the same moment. */

import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Step by step: Node's own `recursive` never ends where the system lets nothing be made, as below /proc. */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const missing: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const code = await tryMake(at);
    if (code === 'ENOENT' && dirname(at) !== at && !missing.includes(at)) missing.push(at);
    else break;
  }
  for (const one of missing.reverse()) if (await tryMake(one)) await mkdir(one);
}

/** Makes one folder; 'ENOENT' when the one above is not there, undefined when it is made or was there already. */
async function tryMake(path: string): Promise<'ENOENT' | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return code;
    if (code === 'EEXIST') return undefined;
    throw thrown;
  }
}
