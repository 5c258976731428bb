/** One item through an operation: tries, deadline, hooks, generators. */

import { asIsovoxError, IsovoxError } from '../errors.js';
import type { ModuleFunction } from '../parallel/function-ref.js';
import { WorkerPool } from '../parallel/pool.js';
import { backOffMs, isWorthRetrying, pause } from '../parallel/retry.js';
import type { Operation, OperationContext, StageExecutor } from './definition.js';
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
    const progress = { emitted: 0, waitedMs: 0 };
    let attempt = 1;
    let taken = true;
    let failure: IsovoxError | undefined;
    let after: ReturnType<NonNullable<typeof this.scope.hooks.task>>;
    try {
      after = this.scope.hooks.task?.(this.name, item);
      for (; ; attempt++) {
        try {
          taken = await this.#attempt(item, { index, attempt }, output, progress);
          break;
        } catch (thrown) {
          const error = asIsovoxError(thrown);
          // What a generator gave before it failed has gone on: another try would give it twice.
          if (this.cancelled || attempt > retries || progress.emitted > 0 || !isWorthRetrying(error)) throw error;
          const waited = performance.now();
          await pause(backOffMs(attempt, backoffMs), this.signal);
          progress.waitedMs += performance.now() - waited;
        }
      }
    } catch (thrown) {
      failure = asIsovoxError(thrown);
    }
    const ms = Math.max(0, performance.now() - began - progress.waitedMs);
    try {
      after?.(failure === undefined ? { ms } : { ms, error: failure });
    } catch (thrown) {
      failure ??= asIsovoxError(thrown);
    }
    // An item that was given up is neither done nor failed.
    if (failure !== undefined && this.cancelled) return false;
    if (failure === undefined) this.succeeded(ms);
    else this.failed(index, item, failure, attempt, ms);
    return taken;
  }

  async #attempt(
    item: unknown,
    call: { readonly index: number; readonly attempt: number },
    output: ItemQueue,
    progress: { emitted: number; waitedMs: number },
  ): Promise<boolean> {
    const { op, executor, timeoutMs } = this.policy;
    const sent = op as (item: unknown) => never;
    const pass = async (value: unknown): Promise<boolean> => {
      const begun = performance.now();
      const taken = await this.emit(output, value);
      progress.waitedMs += performance.now() - begun;
      progress.emitted++;
      return taken;
    };
    if (executor instanceof WorkerPool) {
      const options = { signal: this.signal, timeoutMs, collect: true };
      const result = await this.guard(executor.run<unknown, { one?: unknown; many?: unknown[] }>(sent, item, options));
      if (result.many === undefined) return pass(result.one);
      for (const value of result.many) if (!(await pass(value))) return false;
      return true;
    }
    const clock = timeoutMs === undefined ? undefined : new Clock(timeoutMs, this.signal);
    const wait = (value: unknown) =>
      isThenable<unknown>(value) ? this.guard(clock ? clock.limit(value) : value) : value;
    try {
      const signal = clock?.signal ?? this.signal;
      const context: OperationContext = { ...call, signal };
      const value = await wait(
        executor === undefined ? (op as Operation)(item, context) : executor.run(sent, item, { signal, timeoutMs }),
      );
      if (!isIterator(value)) return await pass(value);
      return await this.#drain(value, wait, pass);
    } finally {
      clock?.close();
    }
  }

  async #drain(
    steps: Steps,
    wait: (value: unknown) => unknown,
    pass: (value: unknown) => Promise<boolean>,
  ): Promise<boolean> {
    let finished = false;
    try {
      for (;;) {
        const step = (await wait(steps.next())) as IteratorResult<unknown>;
        if (step.done) {
          finished = true;
          return true;
        }
        if (!(await pass(step.value))) return false;
      }
    } finally {
      if (!finished) leave(steps);
    }
  }
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
