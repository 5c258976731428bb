/** A function over many items on worker threads or child processes. */

import { type IsovoxError, invalidArgument } from '../errors.js';
import { type FunctionRef, functionRef, type WorkerFunction } from './function-ref.js';
import { type Chunk, type ChunkOutcome, type ChunkSource, Lanes } from './lanes.js';
import { type ItemOutcome, ParallelError } from './outcome.js';
import { backOffMs, cancelledBy, isWorthRetrying } from './retry.js';
import type { HostOptions, PoolType } from './worker-host.js';
import { type ChunkRule, chunkSize, cpuBoundWorkers } from './workers.js';

export interface ParallelOptions extends HostOptions {
  /** Default `cpuBoundWorkers()`; never more than there are items. */
  readonly numWorkers?: number | undefined;
  /** `thread` (worker threads; the default) or `process` (child processes). */
  readonly poolType?: PoolType | undefined;
  /** Items that travel together, or a rule of `chunkSize`. Default `small`: ten chunks for each worker. */
  readonly chunkSize?: number | ChunkRule | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that one item may take; then its worker is ended and replaced. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  /** More tries for an item that failed, timed out or lost its worker. Default 0. */
  readonly retries?: number | undefined;
  /** Whether a failure is worth another try. Default: all but cancellation, bad arguments and bad data. */
  readonly retryable?: ((error: IsovoxError) => boolean) | undefined;
  /** Longest first wait before a retry in milliseconds, doubled each time, jittered. Default 100. */
  readonly backoffMs?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /**
   * Hands large buffers of items over to the worker instead of copying them (threads only): the caller's arrays are
   * empty afterwards, and an item cannot be tried again. Shared memory is shared either way. Default false.
   */
  readonly moveItems?: boolean | undefined;
  /** Hands large buffers of results over (threads only). Turn it off for a function that returns an array it keeps. Default true. */
  readonly moveResults?: boolean | undefined;
}

/**
 * Applies `fn` to every item and gives the results in the order of the items.
 *
 * Rejects at the first item that fails for good with a `ParallelError` that carries every result that did complete; with
 * `settle: true` nothing is given up and every item's outcome is returned instead. An aborted signal ends the workers
 * in the middle of what they do (ERR_CANCELLED). No worker outlives the call.
 *
 * An item whose worker died within a millisecond of finishing it may run again.
 */
export function executeParallel<Item, Result>(
  fn: WorkerFunction<Item, Result>,
  items: Iterable<Item>,
  options: ParallelOptions & { readonly settle: true },
): Promise<ItemOutcome<Result>[]>;
export function executeParallel<Item, Result>(
  fn: WorkerFunction<Item, Result>,
  items: Iterable<Item>,
  options?: ParallelOptions & { readonly settle?: false | undefined },
): Promise<Result[]>;
export async function executeParallel<Item, Result>(
  fn: WorkerFunction<Item, Result>,
  items: Iterable<Item>,
  options: ParallelOptions & { readonly settle?: boolean | undefined } = {},
): Promise<Result[] | ItemOutcome<Result>[]> {
  const ref = functionRef(fn);
  const list = Array.isArray(items) ? (items as readonly Item[]) : [...items];
  const { numWorkers = cpuBoundWorkers() } = options;
  checkOptions(options, numWorkers);
  if (options.signal?.aborted && list.length === 0) throw cancelledBy(options.signal, 'The parallel run');
  if (list.length === 0) return [];
  const workers = Math.min(numWorkers, list.length);
  const rule = options.chunkSize ?? 'small';
  const size = typeof rule === 'number' ? rule : chunkSize(list.length, workers, rule);
  return new Run<Item, Result>(ref, list, workers, size, options).finished;
}

export function checkOptions(options: ParallelOptions, numWorkers: number): void {
  const { poolType = 'thread', chunkSize: size, timeoutMs, retries = 0 } = options;
  const whole = (name: string, value: number, least: number) => {
    if (!Number.isInteger(value) || value < least)
      throw invalidArgument(name, `an integer of at least ${least}`, value);
  };
  whole('numWorkers', numWorkers, 1);
  whole('retries', retries, 0);
  if (typeof size === 'number') whole('chunkSize', size, 1);
  if (poolType !== 'thread' && poolType !== 'process') {
    throw invalidArgument('poolType', "'thread' or 'process'", poolType);
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    throw invalidArgument('timeoutMs', 'milliseconds above 0', timeoutMs);
}

class Run<Item, Result> implements ChunkSource {
  readonly finished: Promise<Result[] | ItemOutcome<Result>[]>;
  readonly #outcomes: ItemOutcome<Result>[];
  readonly #lanes: Lanes;
  /** Indices that go again, each alone. */
  readonly #again: number[] = [];
  readonly #waits = new Set<NodeJS.Timeout>();
  #cursor = 0;
  #settled = 0;
  #reported = 0;
  #over = false;
  #resolve: (results: Result[] | ItemOutcome<Result>[]) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(
    private readonly ref: FunctionRef,
    private readonly items: readonly Item[],
    workers: number,
    private readonly size: number,
    private readonly options: ParallelOptions & { readonly settle?: boolean | undefined },
  ) {
    this.#outcomes = items.map(() => ({ status: 'not-run', attempts: 0 }));
    this.#lanes = new Lanes(options.poolType ?? 'thread', workers, this, options);
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (options.signal?.aborted) this.#cancel();
    else {
      options.signal?.addEventListener('abort', this.#cancel, { once: true });
      this.#lanes.wake();
    }
  }

  next(): Chunk | undefined {
    if (this.#over) return undefined;
    const again = this.#again.shift();
    if (again !== undefined) return this.#chunk([again]);
    if (this.#cursor >= this.items.length) return undefined;
    const end = Math.min(this.#cursor + this.size, this.items.length);
    const indices = Array.from({ length: end - this.#cursor }, (_, i) => this.#cursor + i);
    this.#cursor = end;
    return this.#chunk(indices);
  }

  #chunk(indices: readonly number[]): Chunk {
    return {
      ref: this.ref,
      items: indices.map((index) => this.items[index]),
      indices,
      timeoutMs: this.options.timeoutMs,
      collect: false,
      moveItems: this.options.moveItems ?? false,
      moveResults: this.options.moveResults ?? true,
      settled: (position, outcome) => this.#settle(indices[position] as number, outcome),
      returned: (positions) => this.#again.unshift(...positions.map((position) => indices[position] as number)),
    };
  }

  #settle(index: number, outcome: ChunkOutcome): void {
    if (this.#over && !('value' in outcome && this.#outcomes[index]?.status === 'not-run')) return;
    const attempts = (this.#outcomes[index]?.attempts ?? 0) + 1;
    if ('value' in outcome) {
      this.#outcomes[index] = { status: 'done', value: outcome.value as Result, attempts };
      this.#settled++;
      return;
    }
    const { error } = outcome;
    if (attempts <= (this.options.retries ?? 0) && (this.options.retryable ?? isWorthRetrying)(error)) {
      this.#outcomes[index] = { status: 'not-run', attempts };
      const wait = setTimeout(
        () => {
          this.#waits.delete(wait);
          this.#again.push(index);
          this.#lanes.wake();
        },
        backOffMs(attempts, this.options.backoffMs ?? 100),
      );
      this.#waits.add(wait);
      return;
    }
    this.#outcomes[index] = { status: 'failed', error, attempts };
    this.#settled++;
    if (!this.options.settle) {
      const message = `Item ${index} failed: ${error.message}`;
      const context = { ...error.context, index: String(index) };
      this.#end(() => new ParallelError(error.code, message, context, this.#outcomes, error));
    }
  }

  progressed(): void {
    if (this.#settled !== this.#reported) {
      this.#reported = this.#settled;
      try {
        this.options.onProgress?.(this.#settled, this.items.length);
      } catch (thrown) {
        this.#end(() => thrown);
      }
    }
    if (this.#settled === this.items.length) this.#end(undefined);
  }

  readonly #cancel = (): void => {
    const error = cancelledBy(this.options.signal, 'The parallel run');
    this.#end(() => new ParallelError(error.code, error.message, {}, this.#outcomes, error.cause));
  };

  #end(failure: (() => unknown) | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.options.signal?.removeEventListener('abort', this.#cancel);
    for (const wait of this.#waits) clearTimeout(wait);
    const answer = () => {
      if (failure) this.#reject(failure());
      else if (this.options.settle) this.#resolve(this.#outcomes);
      else this.#resolve(this.#outcomes.map((outcome) => (outcome as { value: Result }).value));
    };
    this.#lanes.close().then(answer, this.#reject);
  }
}
