/** Workers that stay: single tasks go to whichever is free, short ones together. */

import { IsovoxError, invalidArgument } from '../errors.js';
import { checkOptions } from './execute.js';
import { type FunctionRef, functionRef, type WorkerFunction } from './function-ref.js';
import { type Chunk, type ChunkOutcome, type ChunkSource, Lanes } from './lanes.js';
import { cancelledBy } from './retry.js';
import type { HostOptions, PoolType } from './worker-host.js';
import { cpuBoundWorkers } from './workers.js';

export interface WorkerPoolOptions extends HostOptions {
  /** `thread` (the default) or `process`. */
  readonly poolType?: PoolType | undefined;
  /** Default `cpuBoundWorkers()`. They start when there is work for them. */
  readonly numWorkers?: number | undefined;
  /** Tasks that may wait; one more is refused with ERR_RESOURCE. Default: no limit. */
  readonly maxQueue?: number | undefined;
}

export interface PoolRunOptions {
  /** Ends the task: at once while it waits, with its worker while it runs. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, from when it starts; then its worker is ended and replaced. */
  readonly timeoutMs?: number | undefined;
  /** See `executeParallel`. Default false. */
  readonly moveItems?: boolean | undefined;
  /** See `executeParallel`. Default true. */
  readonly moveResults?: boolean | undefined;
  /** Gives `{ many: [...] }` for a function that returns an iterator, and `{ one: result }` for any other. */
  readonly collect?: boolean | undefined;
}

interface Task {
  readonly ref: FunctionRef;
  readonly item: unknown;
  readonly options: PoolRunOptions;
  readonly resolve: (value: never) => void;
  readonly reject: (error: IsovoxError) => void;
  over: boolean;
  place: { readonly chunk: Chunk; readonly position: number } | undefined;
  stop: (() => void) | undefined;
}

const NO_OPTIONS: PoolRunOptions = {};
/** Tasks of about this many milliseconds in all travel together, and never more than MOST_TOGETHER. */
const TOGETHER_MS = 2;
const MOST_TOGETHER = 64;

/**
 * A pool of workers for single tasks. Workers that have nothing to do do not keep the process alive; `close` ends them.
 *
 * ```ts
 * await using pool = new WorkerPool({ numWorkers: 4 });
 * const squares = await Promise.all([1, 2, 3].map((value) => pool.run((x) => x * x, value)));
 * ```
 */
export class WorkerPool implements ChunkSource {
  readonly #lanes: Lanes;
  readonly #maxQueue: number;
  readonly #refs = new Map<unknown, FunctionRef>();
  #waiting: Task[] = [];
  #first = 0;
  #closed = false;
  readonly #posted = new Set<Task>();

  constructor(options: WorkerPoolOptions = {}) {
    const { poolType = 'thread', numWorkers = cpuBoundWorkers(), maxQueue = Number.POSITIVE_INFINITY } = options;
    checkOptions({ poolType }, numWorkers);
    if (!(maxQueue >= 1)) throw invalidArgument('maxQueue', 'a number of at least 1', maxQueue);
    this.#maxQueue = maxQueue;
    this.#lanes = new Lanes(poolType, numWorkers, this, options);
  }

  get poolType(): PoolType {
    return this.#lanes.type;
  }

  /** Workers that there may be. */
  get numWorkers(): number {
    return this.#lanes.size;
  }

  /** Tasks that no worker has been given yet. */
  get queueSize(): number {
    return this.#waiting.length - this.#first;
  }

  /** Changes how many workers there may be; those above it end as soon as they are idle. */
  resize(numWorkers: number): void {
    checkOptions({}, numWorkers);
    this.#lanes.resize(numWorkers);
  }

  /** Runs `fn(item)` in a worker. A worker that dies rejects the task that it was at; the others run elsewhere. */
  run<Item, Result>(
    fn: WorkerFunction<Item, Result>,
    item: Item,
    options: PoolRunOptions = NO_OPTIONS,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const { signal } = options;
      if (this.#closed) throw new IsovoxError('ERR_CANCELLED', 'The pool is closed');
      if (signal?.aborted) throw cancelledBy(signal, 'The task');
      if (this.queueSize >= this.#maxQueue) {
        throw new IsovoxError('ERR_RESOURCE', `The pool has ${this.#maxQueue} tasks waiting already`, {
          limit: String(this.#maxQueue),
        });
      }
      let ref = this.#refs.get(fn);
      if (ref === undefined) {
        ref = functionRef(fn);
        if (this.#refs.size >= 1024) this.#refs.clear();
        this.#refs.set(fn, ref);
      }
      const task: Task = { ref, item, options, resolve, reject, over: false, place: undefined, stop: undefined };
      if (signal) {
        const stop = () => this.#abort(task, signal);
        signal.addEventListener('abort', stop, { once: true });
        task.stop = () => signal.removeEventListener('abort', stop);
      }
      this.#waiting.push(task);
      this.#lanes.wake();
    });
  }

  /** Ends all workers; tasks that are not done reject with ERR_CANCELLED. */
  async close(): Promise<void> {
    this.#closed = true;
    const left = [...this.#posted, ...this.#waiting.slice(this.#first)];
    this.#waiting = [];
    this.#first = 0;
    for (const task of left) this.#finish(task, { error: new IsovoxError('ERR_CANCELLED', 'The pool was closed') });
    await this.#lanes.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The next tasks for one worker; part of the conversation with it. */
  next(): Chunk | undefined {
    const tasks: Task[] = [];
    let most = 1;
    while (this.#first < this.#waiting.length && tasks.length < most) {
      const task = this.#waiting[this.#first] as Task;
      const [head] = tasks;
      if (head === undefined) most = this.#together(task);
      else if (head.ref !== task.ref || !sameWay(head.options, task.options)) break;
      this.#first++;
      if (!task.over) tasks.push(task);
    }
    if (this.#first > 1024 && this.#first * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    const [head] = tasks;
    if (head === undefined) return undefined;
    const { options } = head;
    const chunk: Chunk = {
      ref: head.ref,
      items: tasks.map(({ item }) => item),
      indices: tasks.map(() => 0),
      timeoutMs: options.timeoutMs,
      collect: options.collect ?? false,
      moveItems: options.moveItems ?? false,
      moveResults: options.moveResults ?? true,
      settled: (position, outcome) => this.#finish(tasks[position] as Task, outcome),
      returned: (positions) => {
        const back = positions.map((position) => tasks[position] as Task).filter((task) => !task.over);
        for (const task of back) {
          task.place = undefined;
          this.#posted.delete(task);
        }
        this.#waiting.splice(0, this.#first, ...back);
        this.#first = 0;
      },
    };
    tasks.forEach((task, position) => {
      task.place = { chunk, position };
      this.#posted.add(task);
    });
    return chunk;
  }

  /** One until the function is known to be short; then what fills TOGETHER_MS, shared fairly among the workers. */
  #together(task: Task): number {
    const itemMs = this.#lanes.itemMs(task.ref.key);
    if (itemMs === undefined) return 1;
    const share = Math.ceil(this.queueSize / (2 * this.#lanes.size));
    return Math.max(1, Math.min(MOST_TOGETHER, Math.floor(TOGETHER_MS / itemMs), share));
  }

  #abort(task: Task, signal: AbortSignal): void {
    const { place } = task;
    this.#finish(task, { error: cancelledBy(signal, 'The task') });
    if (place) this.#lanes.interrupt(place.chunk, place.position);
  }

  #finish(task: Task, outcome: ChunkOutcome): void {
    if (task.over) return;
    task.over = true;
    task.stop?.();
    this.#posted.delete(task);
    if ('error' in outcome) task.reject(outcome.error);
    else task.resolve(outcome.value as never);
  }
}

function sameWay(a: PoolRunOptions, b: PoolRunOptions): boolean {
  return (
    a === b ||
    (a.timeoutMs === b.timeoutMs &&
      a.collect === b.collect &&
      a.moveItems === b.moveItems &&
      a.moveResults === b.moveResults)
  );
}
