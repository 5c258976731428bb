/** At most so many at once: the GPU takes one course, the processor a few. First come, first served. */

import { IsovoxError } from '../errors.js';

export class Lane {
  #free: number;
  readonly #waiting: Array<() => void> = [];

  constructor(readonly width: number) {
    this.#free = width;
  }

  /** Runs `work` when there is room. Rejects with ERR_CANCELLED when the signal is aborted while it waits. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(cancelled());
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(cancelled());
      };
      this.#waiting.push(start);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}

const cancelled = (): IsovoxError => new IsovoxError('ERR_CANCELLED', 'The run was cancelled');
