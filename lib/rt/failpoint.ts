/** Places where a test lets the process die or hang, to see that others make up for it. */

import { appendFileSync, closeSync, openSync } from 'node:fs';

/**
 * Kills the process, as `kill -9` would, when ISOVOX_TEST_KILL names this point, and stops it for ever when
 * ISOVOX_TEST_HANG does. With ISOVOX_TEST_ONCE, a path, only the first process to come by is hit; it makes that file.
 */
export function failpoint(name: string): void {
  const { ISOVOX_TEST_KILL, ISOVOX_TEST_HANG, ISOVOX_TEST_ONCE } = process.env;
  if (ISOVOX_TEST_KILL !== name && ISOVOX_TEST_HANG !== name) return;
  if (ISOVOX_TEST_ONCE !== undefined && !isFirst(ISOVOX_TEST_ONCE)) return;
  if (ISOVOX_TEST_KILL === name) process.kill(process.pid, 'SIGKILL');
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Appends what happens, who says it and when to the file that ISOVOX_TEST_TRACE names. */
export function trace(event: string): void {
  const { ISOVOX_TEST_TRACE } = process.env;
  if (ISOVOX_TEST_TRACE) appendFileSync(ISOVOX_TEST_TRACE, `${Date.now()} ${process.pid} ${event}\n`);
}

function isFirst(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch {
    return false;
  }
}
