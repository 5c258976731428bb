/**
 * What reads did, measured: never constants. Counters of the cache are those of the context where it has its own; all
 * others are those of the process.
 */

import type { Context } from '../runtime/context.js';
import type { S3Stats } from './io-types.js';
import { s3Stats } from './objects.js';
import { storeStats } from './store.js';
import type { StoreStats } from './store-types.js';

export interface StatsReport {
  readonly cache: {
    readonly hits: number;
    readonly misses: number;
    /** Readers that waited for another's read of the same chunk. */
    readonly joined: number;
    /** Hits and joined of all; 0 when nothing was asked for. */
    readonly hitRate: number;
    readonly evictions: number;
    /** Held now. */
    readonly bytes: number;
    readonly limitBytes: number;
  };
  readonly s3: {
    readonly requests: number;
    readonly reads: number;
    readonly writes: number;
    /** Requests that ran beside another, and their part of all. */
    readonly parallelised: number;
    readonly parallelisationRate: number;
    readonly readBytes: number;
    readonly writtenBytes: number;
    readonly retries: number;
    readonly failures: number;
    readonly coalescedRanges: number;
    /** Since the process began. */
    readonly meanLatencyMs: number;
    readonly p99LatencyMs: number;
  };
  readonly disk: { readonly reads: number; readonly bytes: number };
  readonly decoded: { readonly chunks: number; readonly bytes: number };
  /** Bytes that running operations of the context have reserved, and the most at once. */
  readonly memory: { readonly inUseBytes: number; readonly peakBytes: number; readonly limitBytes: number } | undefined;
}

/** Counts from the moment it is made. */
export class Stats {
  readonly #context: Context | undefined;
  #s3: S3Stats = s3Stats();
  #store: StoreStats;

  constructor(context?: Context) {
    this.#context = context;
    this.#store = storeStats(context);
  }

  /** Begins anew. */
  reset(): void {
    this.#s3 = s3Stats();
    this.#store = storeStats(this.#context);
  }

  report(): StatsReport {
    const [s3, store] = [s3Stats(), storeStats(this.#context)];
    const requests = (key: keyof S3Stats): number => s3[key] - this.#s3[key];
    const grown = (key: keyof StoreStats): number => store[key] - this.#store[key];
    const [hits, misses, joined] = [grown('cacheHits'), grown('cacheMisses'), grown('cacheJoined')];
    return {
      cache: {
        hits,
        misses,
        joined,
        hitRate: part(hits + joined, hits + joined + misses),
        evictions: grown('cacheEvictions'),
        bytes: store.cacheBytes,
        limitBytes: store.cacheLimitBytes,
      },
      s3: {
        requests: requests('requests'),
        reads: requests('reads'),
        writes: requests('writes'),
        parallelised: requests('parallelRequests'),
        parallelisationRate: part(requests('parallelRequests'), requests('requests')),
        readBytes: requests('readBytes'),
        writtenBytes: requests('writtenBytes'),
        retries: requests('retries'),
        failures: requests('failures'),
        coalescedRanges: requests('coalescedRanges'),
        meanLatencyMs: s3.meanLatencyMs,
        p99LatencyMs: s3.p99LatencyMs,
      },
      disk: { reads: grown('reads'), bytes: grown('readBytes') },
      decoded: { chunks: grown('decodedChunks'), bytes: grown('decodedBytes') },
      memory: this.#context?.memory,
    };
  }
}

/** Runs `work` and says what it made the caches and the stores do. Work that runs beside it counts too. */
export async function collectStats<T>(
  context: Context | undefined,
  work: () => Promise<T> | T,
): Promise<{ readonly result: T; readonly stats: StatsReport }> {
  const stats = new Stats(context);
  const result = await work();
  return { result, stats: stats.report() };
}

const part = (of: number, all: number): number => (all === 0 ? 0 : of / all);
