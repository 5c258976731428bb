/** Numbers that depend on what they are for, not on who draws them or when. */

/** A stream of its own for every list of integers: a seed, an epoch, a sample. */
export class RandomStream {
  #state: number;

  constructor(...key: readonly number[]) {
    let state = 0x9e3779b9;
    for (const part of key) {
      // Both halves count, so that seeds beyond 32 bits differ too.
      for (const half of [part >>> 0, Math.floor(part / 2 ** 32) >>> 0])
        state = mixed(state ^ mixed(half + 0x85ebca6b));
    }
    this.#state = state;
  }

  /** 0 to below 1 (mulberry32). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** A seed for the native core. */
  seed(): number {
    return this.below(2 ** 32) * 2 ** 20 + this.below(2 ** 20);
  }
}

/** Finaliser of MurmurHash3 (Appleby). */
function mixed(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
