/** What every part of a running pipeline has: a way to end it, figures, a failure budget, hooks. */

import { setMaxListeners } from 'node:events';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { Durations } from './durations.js';
import { type FailedItem, FailureBudget, PipelineError } from './failures.js';
import type { PipelineHooks } from './hooks.js';
import type { BoundedQueue } from './queue.js';
import type { StageStatistics } from './statistics.js';

// biome-ignore lint/suspicious/noExplicitAny: items of any type pass; the builder checked them.
export type ItemQueue = BoundedQueue<any>;

/** What the parts of one run share. */
export interface RunScope {
  readonly hooks: PipelineHooks;
  readonly failures: FailedItem[];
  readonly keepFailedItems: boolean;
  readonly beganMs: number;
  /** Gives the event loop a turn when it had none for a while; undefined when it had. */
  breathe(): Promise<void> | undefined;
  /** The part gives up: it and all before it are cancelled, what follows drains. */
  trip(part: Part, error: IsovoxError): void;
}

export abstract class Part {
  readonly #controller = new AbortController();
  readonly #abandon = new Set<(error: IsovoxError) => void>();
  readonly #durations = new Durations();
  readonly #budget: FailureBudget;
  #done = 0;
  #failed = 0;
  #dropped = 0;
  #endedMs: number | undefined;

  constructor(
    protected readonly scope: RunScope,
    readonly name: string,
    readonly concurrency: number,
    protected readonly input: ItemQueue | undefined,
    protected readonly outputs: readonly ItemQueue[],
    /** Parts that feed this one. */
    private readonly upstream: readonly Part[],
    maxFailures: number,
  ) {
    this.#budget = new FailureBudget(maxFailures);
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get cancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  protected abstract loop(): Promise<void>;

  /** Until its input ends or it is cancelled; never rejects. */
  async run(): Promise<void> {
    let ended: (() => void) | undefined;
    try {
      ended = this.scope.hooks.stage?.(this.name) ?? undefined;
      await this.loop();
      const spent = this.cancelled ? undefined : this.#budget.spent(true);
      if (spent !== undefined) this.#giveUp(spent);
    } catch (thrown) {
      this.tripOver(thrown);
    }
    this.#endedMs = performance.now();
    // Whoever still puts into an input that nobody reads must hear of it.
    this.input?.abort();
    for (const output of this.outputs) output.end();
    try {
      ended?.();
    } catch (thrown) {
      this.tripOver(thrown);
    }
  }

  protected tripOver(thrown: unknown): void {
    const { message } = asIsovoxError(thrown);
    const error = new PipelineError(this.name, `${this.name} failed: ${message}`, this.scope.failures, thrown);
    this.scope.trip(this, error);
  }

  /** Ends this part alone: its signal, what it waits for, its input. */
  cancel(reason: IsovoxError): void {
    if (this.cancelled) return;
    this.#controller.abort(reason);
    for (const reject of this.#abandon) reject(reason);
    this.#abandon.clear();
    this.input?.abort();
  }

  /** Ends this part and all that feed it. */
  cancelUpstream(reason: IsovoxError): void {
    this.cancel(reason);
    for (const part of this.upstream) part.cancelUpstream(reason);
  }

  /** The promise, or a rejection as soon as this part is cancelled, whatever the promise does. */
  protected guard<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.cancelled) reject(this.signal.reason);
      else this.#abandon.add(reject);
      promise.then(
        (value) => {
          this.#abandon.delete(reject);
          resolve(value);
        },
        (thrown: unknown) => {
          this.#abandon.delete(reject);
          reject(thrown);
        },
      );
    });
  }

  /** Puts a result into an output; `null` and `undefined` are dropped. False when nobody takes results any more. */
  protected emit(output: ItemQueue, value: unknown): boolean | Promise<boolean> {
    if (value === null || value === undefined) {
      this.#dropped++;
      return true;
    }
    const taken = output.put(value);
    const pause = this.scope.breathe();
    return pause === undefined ? taken : pause.then(() => taken);
  }

  protected succeeded(ms: number): void {
    this.#done++;
    this.#durations.add(ms);
    this.#budget.passed();
    const spent = this.#budget.spent();
    if (spent !== undefined) this.#giveUp(spent);
  }

  protected failed(index: number, item: unknown, error: IsovoxError, attempts: number, ms: number): void {
    this.#failed++;
    this.#durations.add(ms);
    this.#budget.failed();
    const kept = this.scope.keepFailedItems ? { item } : {};
    this.scope.failures.push({ stage: this.name, index, ...kept, error, attempts });
    const spent = this.#budget.spent();
    if (spent !== undefined) this.#giveUp(`${spent}; the last: ${error.message}`);
  }

  #giveUp(why: string): void {
    const own = this.scope.failures.filter(({ stage }) => stage === this.name);
    const message = `Stage ${this.name} gave up: ${why}`;
    this.scope.trip(this, new PipelineError(this.name, message, this.scope.failures, own.at(-1)?.error));
  }

  statistics(): StageStatistics {
    const elapsed = (this.#endedMs ?? performance.now()) - this.scope.beganMs;
    return {
      name: this.name,
      concurrency: this.concurrency,
      done: this.#done,
      failed: this.#failed,
      dropped: this.#dropped,
      busy: elapsed > 0 ? Math.min(1, this.#durations.totalMs / (elapsed * this.concurrency)) : 0,
      ...this.#durations.summary(),
    };
  }
}

export function stopped(): IsovoxError {
  return new IsovoxError('ERR_CANCELLED', 'The pipeline was stopped');
}
