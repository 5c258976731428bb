/** Many features against one reference. */

import { invalidArgument } from '../errors.js';
import { alignPairs } from '../native/align.js';
import type {
  AlignmentMode,
  AlignmentScoring,
  AlignmentStrands,
  FoundAlignment,
  SequenceFeature,
} from '../native/align-types.js';
import { cpuBoundWorkers } from '../parallel/workers.js';
import { Context, defaultContext } from '../runtime/context.js';
import type { SubmitOptions } from '../runtime/task.js';
import { batchSizeFor } from './batch-size.js';

export interface ParallelAlignerOptions {
  /** Native threads. Default `cpuBoundWorkers()`. */
  readonly numWorkers?: number | undefined;
  /** Features that one task takes. Default `auto`: by their length, see `batchSizeFor`. */
  readonly batchSize?: number | 'auto' | undefined;
  /**
   * Kept for programs that name a kind of pool: alignment runs on the native pool of this process either way, where no
   * reference is copied from worker to worker.
   */
  readonly poolType?: 'thread' | 'process' | undefined;
  /** Default `infix`: the whole feature, anywhere in the reference. */
  readonly mode?: AlignmentMode | undefined;
  /** Default `both`, as features come from either strand. Letters that are no nucleotides have one strand. */
  readonly strands?: AlignmentStrands | undefined;
  readonly scoring?: AlignmentScoring | undefined;
  /** Working memory of one task in MiB. Default 1024. */
  readonly memoryMiB?: number | undefined;
}

/** A feature to align: its letters, and what its result is called. */
export type AlignmentFeature = Pick<SequenceFeature, 'sequence'> & { readonly id?: string | undefined };

/** What became of one feature: an alignment, or why there is none. */
export type FeatureAlignment =
  | (FoundAlignment & { readonly id: string; readonly finding?: undefined })
  | { readonly id: string; readonly finding: { readonly code: string; readonly message: string } };

/** Aligns features with a reference on the native pool. One bad feature is a finding of its own and stops no other. */
export class ParallelAligner {
  readonly #options: ParallelAlignerOptions;

  constructor(options: ParallelAlignerOptions = {}) {
    const { numWorkers, batchSize = 'auto', poolType = 'thread' } = options;
    if (numWorkers !== undefined && !(Number.isInteger(numWorkers) && numWorkers >= 1)) {
      throw invalidArgument('numWorkers', 'an integer of at least 1', numWorkers);
    }
    if (batchSize !== 'auto' && !(Number.isInteger(batchSize) && batchSize >= 1)) {
      throw invalidArgument('batchSize', "'auto' or an integer of at least 1", batchSize);
    }
    if (poolType !== 'thread' && poolType !== 'process') {
      throw invalidArgument('poolType', "'thread' or 'process'", poolType);
    }
    this.#options = options;
  }

  /**
   * The best alignment of every feature with `reference`, in the order of `features`.
   *
   * Features without an id are called `feature-1`, `feature-2`, ... by their place; of features with equal ids the
   * second becomes `<id>#2`, so that none is lost when results are put into a map.
   */
  async alignFeatures(
    features: Iterable<AlignmentFeature>,
    reference: string,
    options: SubmitOptions = {},
  ): Promise<FeatureAlignment[]> {
    const list = [...features];
    const ids = uniqueIds(list);
    if (list.length === 0) return [];
    const { numWorkers = cpuBoundWorkers(), batchSize = 'auto', mode, strands = 'both', scoring } = this.#options;
    const { config } = options.context ?? defaultContext();
    const context = new Context({ ...config, read: { ...config.read, concurrency: numWorkers } });
    const results = await alignPairs(
      {
        queries: list.map(({ sequence }) => sequence.toUpperCase()),
        references: [reference.toUpperCase()],
        batchSize: batchSize === 'auto' ? batchSizeFor(list, numWorkers) : batchSize,
        strands,
        ...(mode && { mode }),
        ...(scoring && { scoring }),
        ...(this.#options.memoryMiB !== undefined && { memoryMiB: this.#options.memoryMiB }),
      },
      { ...options, context },
    );
    return results.map((result, i) => {
      const id = ids[i] ?? '';
      return 'cigar' in result ? { id, ...result } : { id, finding: result };
    });
  }
}

function uniqueIds(features: readonly AlignmentFeature[]): string[] {
  const seen = new Map<string, number>();
  return features.map(({ id }, i) => {
    const name = id || `feature-${i + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}
