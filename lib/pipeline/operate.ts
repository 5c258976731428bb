/** One item through an operation: tries, deadline, hooks, generators. */

import { asIsovoxError, IsovoxError } from '../errors.js';
import type { ModuleFunction } from '../parallel/function-ref.js';
import { WorkerPool } from '../parallel/pool.js';
import { backOffMs, isWorthRetrying, pause } from '../parallel/retry.js';
import type { Operation, StageExecutor } from './definition.js';
import { type ItemQueue, Part } from './stage.js';

export interface OperationPolicy {
  readonly op: Operation | ModuleFunction;
  readonly executor: StageExecutor | undefined;
  readonly timeoutMs: number | undefined;
  readonly retries: number;
  readonly backoffMs: number;
}

type Steps = Iterator<unknown> | AsyncIterator<unknown>;

export function isIterator(value: unknown): value is Steps {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Steps>).next === 'function';
}

export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as Partial<PromiseLike<T>>).then === 'function';
}

/** A part whose items go through an operation. */
export abstract class OperatingPart extends Part {
  protected abstract readonly policy: OperationPolicy;

  /** Never rejects: a failure is counted and listed. False when nobody takes results any more. */
  protected async process(item: unknown, index: number, output: ItemQueue): Promise<boolean> {
    const { retries, backoffMs } = this.policy;
    const began = performance.now();
    const passed: Passed = { output, count: 0, waitedMs: 0, taken: true };
    let attempt = 1;
    let values: readonly unknown[] | undefined;
    let value: unknown;
    let failure: IsovoxError | undefined;
    let after: ReturnType<NonNullable<typeof this.scope.hooks.task>>;
    try {
      after = this.scope.hooks.task?.(this.name, item);
      for (; ; attempt++) {
        try {
          const result = this.#attempt(item, { index, attempt }, passed);
          value = isThenable<unknown>(result) ? await result : result;
          if (value instanceof Many) {
            values = value.values;
            value = undefined;
          }
          break;
        } catch (thrown) {
          const error = asIsovoxError(thrown);
          // What a generator gave before it failed has gone on: another try would give it twice.
          if (this.cancelled || attempt > retries || passed.count > 0 || !isWorthRetrying(error)) throw error;
          const waited = performance.now();
          await pause(backOffMs(attempt, backoffMs), this.signal);
          passed.waitedMs += performance.now() - waited;
        }
      }
    } catch (thrown) {
      failure = asIsovoxError(thrown);
    }
    const ms = Math.max(0, performance.now() - began - passed.waitedMs);
    try {
      after?.(failure === undefined ? { ms } : { ms, error: failure });
    } catch (thrown) {
      failure ??= asIsovoxError(thrown);
    }
    // An item that was given up is neither done nor failed.
    if (failure !== undefined && this.cancelled) return false;
    if (failure !== undefined) {
      this.failed(index, item, failure, attempt, ms);
      return passed.taken;
    }
    this.succeeded(ms);
    if (values === undefined) return this.emit(output, value);
    for (const one of values) if (!(await this.emit(output, one))) return false;
    return passed.taken;
  }

  /** The result, or Many: what there is still to emit of a generator. */
  #attempt(item: unknown, call: { readonly index: number; readonly attempt: number }, passed: Passed): unknown {
    const { op, executor, timeoutMs } = this.policy;
    if (executor instanceof WorkerPool) return this.#onPool(executor, item);
    if (timeoutMs !== undefined) return this.#timed(item, call, passed, timeoutMs);
    const signal = this.signal;
    const value =
      executor === undefined
        ? (op as Operation)(item, { index: call.index, attempt: call.attempt, signal })
        : executor.run(op as (item: unknown) => unknown, item, { signal, timeoutMs });
    if (isThenable<unknown>(value)) return this.#later(value, passed);
    return isIterator(value) ? this.#drain(value, passed) : value;
  }

  async #later(promise: PromiseLike<unknown>, passed: Passed): Promise<unknown> {
    const value = await this.guard(promise);
    return isIterator(value) ? this.#drain(value, passed) : value;
  }

  async #onPool(pool: WorkerPool, item: unknown): Promise<unknown> {
    const { op, timeoutMs } = this.policy;
    const options = { signal: this.signal, timeoutMs, collect: true };
    const run = pool.run<unknown, { one?: unknown; many?: unknown[] }>(op as (item: unknown) => never, item, options);
    const result = await this.guard(run);
    return result.many === undefined ? result.one : new Many(result.many);
  }

  async #timed(
    item: unknown,
    call: { readonly index: number; readonly attempt: number },
    passed: Passed,
    timeoutMs: number,
  ): Promise<unknown> {
    const { op, executor } = this.policy;
    const clock = new Clock(timeoutMs, this.signal);
    const { signal } = clock;
    try {
      let value: unknown =
        executor === undefined
          ? (op as Operation)(item, { ...call, signal })
          : executor.run(op as (item: unknown) => unknown, item, { signal, timeoutMs });
      if (isThenable<unknown>(value)) value = await this.guard(clock.limit(value));
      return isIterator(value) ? await this.#drain(value, passed, clock) : value;
    } finally {
      clock.close();
    }
  }

  /** Emits each value as it comes. */
  async #drain(steps: Steps, passed: Passed, clock?: Clock): Promise<Many> {
    let finished = false;
    try {
      for (;;) {
        const next = steps.next();
        const step = isThenable<IteratorResult<unknown>>(next)
          ? await this.guard(clock === undefined ? next : clock.limit(next))
          : next;
        if (step.done) {
          finished = true;
          return NOTHING_LEFT;
        }
        const begun = performance.now();
        passed.taken = await this.emit(passed.output, step.value);
        passed.waitedMs += performance.now() - begun;
        passed.count++;
        if (!passed.taken) return NOTHING_LEFT;
      }
    } finally {
      if (!finished) leave(steps);
    }
  }
}

class Many {
  constructor(readonly values: readonly unknown[]) {}
}
const NOTHING_LEFT = new Many([]);

/** What an item has given so far. */
interface Passed {
  readonly output: ItemQueue;
  count: number;
  waitedMs: number;
  /** False when nobody takes results any more. */
  taken: boolean;
}

/** Tells an iterator that nobody reads on; what it makes of that is not waited for. */
export function leave(steps: Steps): void {
  try {
    const left: unknown = steps.return?.();
    if (isThenable(left)) left.then(undefined, () => {});
  } catch {
    // It failed to end as it failed before.
  }
}

/** The deadline of one try: each wait of it may take `timeoutMs`; then its signal is aborted. */
class Clock {
  readonly #controller = new AbortController();
  readonly #forward = () => this.#controller.abort(this.stage.reason);
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeoutMs: number,
    private readonly stage: AbortSignal,
  ) {
    if (stage.aborted) this.#forward();
    stage.addEventListener('abort', this.#forward, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  limit<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#timer = setTimeout(() => {
        const message = `The item took longer than ${this.timeoutMs} ms`;
        const error = new IsovoxError('ERR_TIMEOUT', message, { limit: String(this.timeoutMs) });
        reject(error); // before the operation hears of it, so that its own answer comes second
        this.#controller.abort(error);
      }, this.timeoutMs);
      promise.then(resolve, reject).then(() => clearTimeout(this.#timer));
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.stage.removeEventListener('abort', this.#forward);
  }
}
