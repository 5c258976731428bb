/** Mean and quantiles of durations in constant memory. */

/** Sixteen buckets for each doubling from 0.1 µs: a quantile is within 2.2 % of the exact one. */
const PER_DOUBLING = 16;
const SMALLEST_MS = 1e-4;
const BUCKETS = 40 * PER_DOUBLING;

export interface DurationSummary {
  readonly count: number;
  /** Milliseconds; 0 when there was none. */
  readonly meanMs: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

export class Durations {
  #count = 0;
  #sum = 0;
  #max = 0;
  #buckets: Float64Array | undefined;

  add(ms: number): void {
    this.#count++;
    if (ms <= 0) return;
    this.#sum += ms;
    if (ms > this.#max) this.#max = ms;
    const bucket = Math.floor(Math.log2(ms / SMALLEST_MS) * PER_DOUBLING);
    this.#buckets ??= new Float64Array(BUCKETS);
    const at = Math.min(Math.max(bucket, 0), BUCKETS - 1);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
  }

  get totalMs(): number {
    return this.#sum;
  }

  summary(): DurationSummary {
    const count = this.#count;
    return {
      count,
      meanMs: count === 0 ? 0 : this.#sum / count,
      p90Ms: this.#quantile(0.9),
      p99Ms: this.#quantile(0.99),
    };
  }

  #quantile(share: number): number {
    if (this.#buckets === undefined) return 0;
    // Durations of zero are in no bucket: they are the first in rank.
    const rank = Math.ceil(share * this.#count);
    let seen = this.#count - this.#buckets.reduce((sum, value) => sum + value, 0);
    if (rank <= seen) return 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#buckets[bucket] ?? 0;
      if (seen >= rank) return Math.min(SMALLEST_MS * 2 ** ((bucket + 0.5) / PER_DOUBLING), this.#max);
    }
    return this.#max;
  }
}
