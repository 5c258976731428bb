// Functions that tests run in workers by module and export.
import { existsSync, writeFileSync } from 'node:fs';

export function double(value) {
  return 2 * value;
}

/** Ends its worker the first time it sees the item's marker file missing, and answers the second time. */
export function crashOnce({ marker, value, how }) {
  if (marker !== undefined && !existsSync(marker)) {
    writeFileSync(marker, '');
    if (how === 'kill') process.kill(process.pid, 'SIGKILL');
    process.exit(3);
  }
  return value;
}

export const notAFunction = 5;
