/** SHA-256 of files and of plain data: what a stage's key is made of. */

import { createHash, webcrypto } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Files up to this size are hashed in one call off the JavaScript thread; larger ones are read piece by piece. */
const WHOLE_FILE_BYTES = 64 * 2 ** 20;

export interface FileDigest {
  readonly size: number;
  readonly sha256: string;
}

/** Hashes the content of a file. */
export async function digestFile(path: string): Promise<FileDigest> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size <= WHOLE_FILE_BYTES) {
      return await digestBytes(await handle.readFile());
    }
    const hash = createHash('sha256');
    let total = 0;
    for await (const piece of handle.createReadStream({ autoClose: false, highWaterMark: 2 ** 22 })) {
      hash.update(piece as Buffer);
      total += (piece as Buffer).byteLength;
    }
    return { size: total, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

/** Off the JavaScript thread. */
export async function digestBytes(bytes: Uint8Array): Promise<FileDigest> {
  const hash = await webcrypto.subtle.digest('SHA-256', bytes);
  return { size: bytes.byteLength, sha256: Buffer.from(hash).toString('hex') };
}

/** The same text for the same data, whatever the order in which keys were set; undefined is left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : item,
  );
}

export function digestData(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
