/** A pipeline as its user holds it: an async iterable that can be started, stopped and asked how it is doing. */

import { IsovoxError } from '../errors.js';
import { cancelledBy } from '../parallel/retry.js';
import type { PipelineDefinition } from './definition.js';
import type { FailedItem } from './failures.js';
import { END, EPOCH } from './queue.js';
import { formatReport } from './report.js';
import { PipelineRun, type RunOptions } from './run.js';
import type { PipelineStatistics } from './statistics.js';

export interface PipelineSettings extends RunOptions {
  /** Seconds between reports; none unless above 0. */
  readonly reportStatsInterval: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Made by `PipelineBuilder.build()`. Iterating starts it, and leaving the loop stops it, except for a continuous source:
 * there each loop is one pass, a loop that is left early is continued by the next, and `stop` ends it.
 * It runs once; `build()` again, or a continuous source, gives another run.
 */
export class Pipeline<Item> implements AsyncIterable<Item> {
  #run: PipelineRun | undefined;
  #over = false;
  #told = false;

  constructor(
    readonly definition: PipelineDefinition,
    private readonly settings: PipelineSettings,
  ) {}

  /** Begins to fill the queues; without it the first item that is asked for does. */
  start(): this {
    this.#running();
    return this;
  }

  #running(): PipelineRun {
    if (this.#run !== undefined) return this.#run;
    const { signal, reportStatsInterval, hooks } = this.settings;
    if (signal?.aborted) throw cancelledBy(signal, 'The pipeline');
    const run = new PipelineRun(this.definition, this.settings);
    this.#run = run;
    const cancel = () => void run.stop(cancelledBy(signal, 'The pipeline'));
    signal?.addEventListener('abort', cancel, { once: true });
    const show = hooks.stats ?? (() => process.stderr.write(this.report()));
    const timer =
      reportStatsInterval > 0 ? setInterval(() => show(run.statistics()), 1000 * reportStatsInterval) : undefined;
    timer?.unref();
    void run.finished.then(() => {
      signal?.removeEventListener('abort', cancel);
      clearInterval(timer);
    });
    return run;
  }

  /**
   * The next item; `done` when there is none any more, or none in this pass of a continuous source. Rejects with what
   * made the pipeline give up, after everything that was still good, and with ERR_TIMEOUT after `timeoutMs`.
   */
  async next(options: { readonly timeoutMs?: number | undefined } = {}): Promise<IteratorResult<Item, undefined>> {
    if (this.#over) {
      throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected a pipeline that has not ended: build() another', {
        name: 'pipeline',
        expected: 'a pipeline that has not ended',
        actual: 'one that has',
      });
    }
    const run = this.#running();
    const { timeoutMs } = options;
    const item: unknown = await (timeoutMs === undefined ? run.sink.get() : run.sink.getWithin(timeoutMs));
    if (item === undefined) {
      throw new IsovoxError('ERR_TIMEOUT', `No item came within ${timeoutMs} ms`, { limit: String(timeoutMs) });
    }
    if (item === EPOCH) return { done: true, value: undefined };
    if (item !== END) return { done: false, value: item as Item };
    this.#over = true;
    await run.finished;
    if (run.error !== undefined && !this.#told) {
      this.#told = true;
      throw run.error;
    }
    return { done: true, value: undefined };
  }

  /** The items with a limit for how long each may be waited for. */
  iterate(options: { readonly timeoutMs?: number | undefined } = {}): AsyncIterableIterator<Item, undefined> {
    let begun = false;
    const iterator: AsyncIterableIterator<Item, undefined> = {
      next: async () => {
        // A loop that was under way when the pipeline was stopped just ends.
        if (this.#over && begun) return { done: true, value: undefined };
        begun = true;
        return this.next(options);
      },
      return: async () => {
        if (!this.definition.source.continuous) await this.stop();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined> {
    return this.iterate();
  }

  /** Ends everything that is under way; resolves when no worker is left. Never rejects. */
  async stop(): Promise<void> {
    this.#over = this.#run !== undefined;
    await this.#run?.stop();
  }

  /**
   * Starts the pipeline and stops it when `body` has ended or failed; without a body, at the end of the block that
   * declares it with `await using`. What made the pipeline give up is thrown here when no loop has seen it.
   */
  autoStop(): AsyncDisposable;
  autoStop<Result>(body: (pipeline: this) => Result | Promise<Result>): Promise<Result>;
  autoStop<Result>(body?: (pipeline: this) => Result | Promise<Result>): AsyncDisposable | Promise<Result> {
    this.start();
    const end = async () => {
      const { error } = this;
      await this.stop();
      if (error === undefined || this.#told) return;
      this.#told = true;
      throw error;
    };
    if (body === undefined) return { [Symbol.asyncDispose]: end };
    const run = async () => {
      let result: Result;
      try {
        result = await body(this);
      } catch (thrown) {
        await this.stop();
        throw thrown;
      }
      await end();
      return result;
    };
    return run();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Why it gave up, if it did. */
  get error(): IsovoxError | undefined {
    return this.#run?.error;
  }

  /** Every item that failed, with its stage and reason. */
  get failures(): readonly FailedItem[] {
    return this.#run?.failures ?? [];
  }

  statistics(): PipelineStatistics {
    return this.#run?.statistics() ?? { elapsedMs: 0, stages: [], queues: [], consumerBusy: 0 };
  }

  /** Tables of stages and queues, the failures, and which stage is the bottleneck. */
  report(): string {
    return formatReport(this.statistics(), this.failures);
  }
}
