/** Files in shared memory that batches lie in: one per slot and kind, gone when nobody needs their names any more. */

import { randomBytes } from 'node:crypto';
import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { BatchMemory } from './loader.js';

/** Where the system keeps memory under names. */
export const SHARED_FOLDER = '/dev/shm';

const NAME = /^isovox-batches-(\d+)-[0-9a-f]{16}-/;

/** Removes what servers that no longer live left between making their files and the consumer's mapping them. */
export function sweepSharedMemory(folder = SHARED_FOLDER): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) remove(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another was quicker, or it is another user's.
  }
}

/** The memory of one consumer. */
export class SharedSlots implements BatchMemory {
  readonly #paths = new Map<string, string>();
  readonly #prefix = `isovox-batches-${process.pid}-${randomBytes(8).toString('hex')}`;

  constructor(
    readonly slots: number,
    private readonly folder = SHARED_FOLDER,
  ) {}

  path(slot: number, of: 'image' | 'mask'): string {
    const path = join(this.folder, `${this.#prefix}-${slot}-${of}`);
    this.#paths.set(`${slot} ${of}`, path);
    return path;
  }

  /** Of every slot. */
  get files(): Array<{ image: string; mask?: string | undefined }> {
    return Array.from({ length: this.slots }, (_, slot) => ({
      image: this.#paths.get(`${slot} image`) ?? '',
      mask: this.#paths.get(`${slot} mask`),
    }));
  }

  /** Takes the names away: the memory lives on for whoever maps it, and for nobody else. */
  unlink(): void {
    for (const path of this.#paths.values()) remove(path);
    this.#paths.clear();
  }
}
