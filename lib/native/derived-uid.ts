/** UIDs made from what they name, so that the same input gives the same object. */

import { createHash } from 'node:crypto';

/** A UID below the UUID root (PS3.5 B.2), from a hash of `parts`. */
export function derivedUid(...parts: readonly string[]): string {
  const hash = createHash('sha256').update(parts.join('\u0000')).digest();
  return `2.25.${BigInt(`0x${hash.subarray(0, 16).toString('hex')}`)}`;
}
