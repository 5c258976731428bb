/** Work that waits until the memory it needs is free: first come, first served, so that large work is never starved. */

import { IsovoxError } from '../errors.js';

export class MemoryGate {
  #used = 0;
  #peak = 0;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];

  constructor(private readonly limitBytes: number) {}

  /** The most that was in use at once. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** Runs `work` once `bytes` are free. ERR_RESOURCE when they never can be. */
  async within<T>(bytes: number, what: string, work: () => Promise<T>): Promise<T> {
    if (bytes > this.limitBytes) {
      const [need, limit] = [bytes, this.limitBytes].map((n) => Math.ceil(n / 2 ** 20));
      throw new IsovoxError('ERR_RESOURCE', `${what} needs ${need} MiB and read.memoryBudgetMb is ${limit}`, {
        requested: String(bytes),
        limit: String(this.limitBytes),
      });
    }
    return this.share(bytes, work);
  }

  /** The same for work that is worth trying though it may need more than there ever is: then it is done alone. */
  async share<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const release = await this.hold(bytes);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Waits until `bytes`, or the whole budget when they are more, are free; what it gives is called once, to free them. */
  async hold(bytes: number): Promise<() => void> {
    const held = Math.min(bytes, this.limitBytes);
    await this.#enter(held);
    return () => {
      this.#used -= held;
      this.#admit();
    };
  }

  #enter(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, start: resolve });
      this.#admit();
    });
  }

  #admit(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (!first || this.#used + first.bytes > this.limitBytes) return;
      this.#waiting.shift();
      this.#used += first.bytes;
      this.#peak = Math.max(this.#peak, this.#used);
      first.start();
    }
  }
}
