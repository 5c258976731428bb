/** Tasks under a number of workers that gives way when memory runs out. */

import { asIsovoxError, IsovoxError, invalidArgument } from '../errors.js';
import { functionRef, type WorkerFunction } from './function-ref.js';
import type { ItemOutcome } from './outcome.js';
import { WorkerPool } from './pool.js';
import { backOffMs, cancelledBy, isOutOfMemory, isWorthRetrying, pause } from './retry.js';
import type { HostOptions, PoolType } from './worker-host.js';
import { cpuBoundWorkers } from './workers.js';

export interface AdaptiveContext {
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** Work that is asynchronous by itself: a native operation, a request. */
export type AdaptiveTask<Result> = (context: AdaptiveContext) => Result | Promise<Result>;

export interface AdaptiveOptions {
  /** Tasks at a time to begin with. Default `cpuBoundWorkers()`. */
  readonly numWorkers?: number | undefined;
  /** Tries in all for a task that ran out of memory. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** More tries for a task that failed otherwise. Default 0. */
  readonly retries?: number | undefined;
  /** Whether such a failure is worth another try. Default: all but cancellation, bad arguments and bad data. */
  readonly retryable?: ((error: IsovoxError) => boolean) | undefined;
  /** Longest first wait before a retry in milliseconds, doubled each time, jittered. Default 250. */
  readonly backoffMs?: number | undefined;
  /** Milliseconds for one attempt; a worker that takes longer is ended. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly isOutOfMemory?: ((error: IsovoxError) => boolean) | undefined;
  readonly onAttempt?: ((entry: AdaptiveEntry) => void) | undefined;
}

export interface AdaptiveWorkerOptions<Item, Result> extends AdaptiveOptions, HostOptions {
  /** Makes the tasks items, each for this function on a pool of workers. */
  readonly fn: WorkerFunction<Item, Result>;
  /** Default `process`: a child process that the system kills takes nothing else with it. */
  readonly poolType?: PoolType | undefined;
}

/** One try of one task; times in milliseconds since the run began. */
export interface AdaptiveEntry {
  readonly index: number;
  readonly attempt: number;
  /** Tasks that were allowed at a time when it began. */
  readonly workers: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly outOfMemory: boolean;
  readonly error?: IsovoxError;
}

export interface AdaptiveRun<Result> {
  /** In the order of the tasks. */
  readonly outcomes: readonly ItemOutcome<Result>[];
  readonly ledger: readonly AdaptiveEntry[];
  /** Tasks at a time that were left in the end. */
  readonly workers: number;
}

/**
 * Runs every task, `numWorkers` at a time. A task that runs out of memory halves that number, waits and is tried again;
 * what was already running is left alone, and what is done stays done. Failures are outcomes, not rejections.
 */
export function runAdaptive<Item, Result>(
  tasks: Iterable<Item>,
  options: AdaptiveWorkerOptions<Item, Result>,
): Promise<AdaptiveRun<Result>>;
export function runAdaptive<Result>(
  tasks: Iterable<AdaptiveTask<Result>>,
  options?: AdaptiveOptions,
): Promise<AdaptiveRun<Result>>;
export async function runAdaptive<Item, Result>(
  tasks: Iterable<Item | AdaptiveTask<Result>>,
  options: AdaptiveOptions | AdaptiveWorkerOptions<Item, Result> = {},
): Promise<AdaptiveRun<Result>> {
  const list = [...tasks];
  const { numWorkers = cpuBoundWorkers(), maxAttempts = 3 } = options;
  for (const [name, value] of Object.entries({ numWorkers, maxAttempts })) {
    if (!Number.isInteger(value) || value < 1) throw invalidArgument(name, 'an integer of at least 1', value);
  }
  if (!('fn' in options)) {
    const wrong = list.findIndex((task) => typeof task !== 'function');
    if (wrong >= 0) throw invalidArgument(`tasks[${wrong}]`, 'a function (or items with the option fn)', list[wrong]);
    return new Run<Result>(list as AdaptiveTask<Result>[], numWorkers, maxAttempts, options, () => {}).finished;
  }
  const { fn, poolType = 'process', timeoutMs, resourceLimits } = options;
  functionRef(fn);
  const pool = new WorkerPool({ poolType, numWorkers, resourceLimits });
  const calls = (list as Item[]).map(
    (item): AdaptiveTask<Result> =>
      ({ signal }) =>
        pool.run(fn, item, { signal, timeoutMs }),
  );
  try {
    // The pool keeps the deadline: its clock begins when the worker does.
    const policy = { ...options, timeoutMs: undefined };
    return await new Run<Result>(calls, numWorkers, maxAttempts, policy, (workers) => pool.resize(workers)).finished;
  } finally {
    await pool.close();
  }
}

class Run<Result> {
  readonly finished: Promise<AdaptiveRun<Result>>;
  readonly #outcomes: ItemOutcome<Result>[];
  readonly #ledger: AdaptiveEntry[] = [];
  readonly #waiting: number[];
  readonly #began = performance.now();
  readonly #controller = new AbortController();
  #workers: number;
  /** Grows with every halving: tasks that ran out of memory together halve once. */
  #generation = 0;
  #running = 0;
  #open: number;
  #resolve: (run: AdaptiveRun<Result>) => void = () => {};

  constructor(
    private readonly tasks: readonly AdaptiveTask<Result>[],
    numWorkers: number,
    private readonly maxAttempts: number,
    private readonly options: AdaptiveOptions,
    private readonly resized: (workers: number) => void,
  ) {
    this.#workers = numWorkers;
    this.#open = tasks.length;
    this.#outcomes = tasks.map(() => ({ status: 'not-run', attempts: 0 }));
    this.#waiting = tasks.map((_, index) => index);
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { signal } = options;
    const cancel = () => this.#controller.abort(signal?.reason);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    void this.finished.then(() => signal?.removeEventListener('abort', cancel));
    this.#start();
  }

  #start(): void {
    while (this.#waiting.length > 0 && (this.#running < this.#workers || this.#controller.signal.aborted)) {
      const index = this.#waiting.shift() as number;
      if (this.#controller.signal.aborted) {
        const { attempts } = this.#outcomes[index] as ItemOutcome<Result>;
        this.#settle(index, { status: 'failed', error: cancelledBy(this.options.signal, 'The run'), attempts });
      } else {
        this.#running++;
        void this.#attempt(index);
      }
    }
    if (this.#open === 0) {
      this.#resolve({ outcomes: this.#outcomes, ledger: this.#ledger, workers: this.#workers });
    }
  }

  #settle(index: number, outcome: ItemOutcome<Result>): void {
    this.#outcomes[index] = outcome;
    this.#open--;
  }

  async #attempt(index: number): Promise<void> {
    const attempt = (this.#outcomes[index]?.attempts ?? 0) + 1;
    const [generation, workers, startMs] = [this.#generation, this.#workers, performance.now() - this.#began];
    let error: IsovoxError | undefined;
    let value: Result | undefined;
    try {
      value = await this.#call(index, attempt);
    } catch (thrown) {
      error = asIsovoxError(thrown);
    }
    const outOfMemory = error !== undefined && (this.options.isOutOfMemory ?? isOutOfMemory)(error);
    const endMs = performance.now() - this.#began;
    const entry = { index, attempt, workers, startMs, endMs, outOfMemory, ...(error && { error }) };
    this.#ledger.push(entry);
    this.options.onAttempt?.(entry);
    this.#running--;
    if (outOfMemory && generation === this.#generation && this.#workers > 1) {
      this.#generation++;
      this.#workers = Math.max(1, Math.floor(this.#workers / 2));
      this.resized(this.#workers);
    }
    if (error === undefined) {
      this.#settle(index, { status: 'done', value: value as Result, attempts: attempt });
    } else if (!this.#controller.signal.aborted && this.#again(error, outOfMemory, attempt)) {
      this.#outcomes[index] = { status: 'not-run', attempts: attempt };
      this.#start();
      await pause(backOffMs(attempt, this.options.backoffMs ?? 250), this.#controller.signal);
      this.#waiting.push(index);
    } else {
      this.#settle(index, { status: 'failed', error, attempts: attempt });
    }
    this.#start();
  }

  #again(error: IsovoxError, outOfMemory: boolean, attempt: number): boolean {
    if (outOfMemory) return attempt < this.maxAttempts;
    return attempt <= (this.options.retries ?? 0) && (this.options.retryable ?? isWorthRetrying)(error);
  }

  /** The task's own answer, unless the deadline or the cancellation comes first. */
  #call(index: number, attempt: number): Promise<Result> {
    const task = this.tasks[index] as AdaptiveTask<Result>;
    const { timeoutMs } = this.options;
    const own = new AbortController();
    return new Promise<Result>((resolve, reject) => {
      const cancel = () => {
        own.abort(this.#controller.signal.reason);
        reject(cancelledBy(this.options.signal, 'The run'));
      };
      this.#controller.signal.addEventListener('abort', cancel, { once: true });
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              const message = `Task ${index} took longer than ${timeoutMs} ms`;
              const error = new IsovoxError('ERR_TIMEOUT', message, { limit: String(timeoutMs) });
              reject(error);
              own.abort(error);
            }, timeoutMs);
      const end = () => {
        clearTimeout(timer);
        this.#controller.signal.removeEventListener('abort', cancel);
      };
      new Promise<Result>((answer) => answer(task({ signal: own.signal, attempt }))).then(resolve, reject).finally(end);
    });
  }
}
