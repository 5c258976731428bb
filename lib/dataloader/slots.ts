/** Places for batches: made when first needed, given back and used again, never more than there may be. */

import { IsovoxError, invalidArgument } from '../errors.js';

/** Hands out at most `most` things of `make`, in the order in which they were asked for. */
export class Slots<Slot> {
  readonly #free: Slot[] = [];
  readonly #waiting: Array<{ give: (slot: Slot) => void; refuse: (reason: unknown) => void }> = [];
  #made = 0;

  constructor(
    private readonly make: (number: number) => Promise<Slot>,
    private most = Number.POSITIVE_INFINITY,
  ) {
    if (!(most >= 1)) throw invalidArgument('slots', 'at least 1', most);
  }

  /** No more than `most` from now on. */
  limit(most: number): void {
    this.most = Math.min(this.most, most);
  }

  /** The next free slot. Whoever asked first gets it, so that a later batch never waits in the way of an earlier one. */
  async take(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made < this.most) return this.#another();
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.#waiting.splice(this.#waiting.indexOf(one), 1);
        reject(new IsovoxError('ERR_CANCELLED', 'The batch is no longer wanted'));
      };
      const settled = () => signal.removeEventListener('abort', cancel);
      const one = {
        give: (slot: Slot) => {
          settled();
          resolve(slot);
        },
        refuse: (reason: unknown) => {
          settled();
          reject(reason);
        },
      };
      this.#waiting.push(one);
      signal.addEventListener('abort', cancel, { once: true });
    });
  }

  give(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next) next.give(slot);
    else this.#free.push(slot);
  }

  /** Forgets all that are free, and says which they were. */
  drop(): Slot[] {
    this.#made -= this.#free.length;
    return this.#free.splice(0);
  }

  /** Makes all of a limited number now. */
  async fill(): Promise<void> {
    while (this.#made < this.most && Number.isFinite(this.most)) this.#free.unshift(await this.#another());
  }

  async #another(): Promise<Slot> {
    const number = this.#made++;
    try {
      return await this.make(number);
    } catch (thrown) {
      this.#made--;
      // Who waits would wait for a slot that nobody has.
      for (const one of this.#waiting.splice(0)) one.refuse(thrown);
      throw thrown;
    }
  }
}
