/** Makes pipelines: a source, stages, a sink. */

import { IsovoxError, invalidArgument } from '../errors.js';
import type { ModuleFunction } from '../parallel/function-ref.js';
import { cpuBoundWorkers } from '../parallel/workers.js';
import {
  type Element,
  type Emitted,
  type PathItem,
  type Paths,
  type PipeOperation,
  type PipeOptions,
  StageList,
  type VariantsOptions,
  whole,
} from './chain.js';
import type { Operation, PipelineDefinition, SourceDefinition } from './definition.js';
import { checkBudget } from './failures.js';
import type { PipelineHooks } from './hooks.js';
import { Pipeline } from './pipeline.js';

export type Source<Item> =
  | Iterable<Item>
  | AsyncIterable<Item>
  /** Called for each pass. */
  | (() => Iterable<Item> | AsyncIterable<Item>);

export interface BuildOptions {
  /** Workers of the pool that stages with the executor `thread` or `process` share. Default `cpuBoundWorkers()`. */
  readonly numThreads?: number | undefined;
  /** Failure budget of each stage that has none of its own. Default -1: no limit, every failed item is listed. */
  readonly maxFailures?: number | undefined;
  /** Seconds between reports on standard error, or calls of `hooks.stats`. Default: none. */
  readonly reportStatsInterval?: number | undefined;
  readonly hooks?: PipelineHooks | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether the list of failures holds the items themselves. Default true. */
  readonly keepFailedItems?: boolean | undefined;
}

/**
 * ```ts
 * const pipeline = new PipelineBuilder()
 *   .addSource(paths)
 *   .pipe(download, { concurrency: 4, outputOrder: 'input' })
 *   .pipe(decode, { concurrency: 2 })
 *   .aggregate(8)
 *   .addSink(3)
 *   .build({ numThreads: 4 });
 * for await (const batch of pipeline) train(batch);
 * ```
 *
 * Between two stages at most two items wait, before the consumer at most the sink's number: a slow consumer stops the
 * source. An item that fails is left out and listed; see `maxFailures` for when that is too many.
 */
export class PipelineBuilder<Item = never> {
  readonly #stages = new StageList();
  #source: SourceDefinition | undefined;
  #bufferSize: number | undefined;

  /** Where items come from. `continuous`: after its end it begins again, and each loop over the pipeline is one pass. */
  addSource<New>(
    source: Source<New>,
    options: { readonly continuous?: boolean; readonly name?: string } = {},
  ): PipelineBuilder<NonNullable<New>> {
    if (this.#source !== undefined) throw outOfOrder('addSource', 'one source');
    const { continuous = false, name = 'source' } = options;
    this.#source = Object.freeze({ name, continuous, open: opener(source) });
    return this as PipelineBuilder<unknown> as PipelineBuilder<NonNullable<New>>;
  }

  /** Adds an operation; see `Operation` for what it may be and `Executor` for where it runs. */
  pipe<Result>(op: PipeOperation<Item, Result>, options?: PipeOptions): PipelineBuilder<Emitted<Result>>;
  pipe<Result>(op: ModuleFunction, options?: PipeOptions): PipelineBuilder<Result>;
  pipe(op: Operation | ModuleFunction, options: PipeOptions = {}): PipelineBuilder<unknown> {
    this.#open('pipe').pipe(op, options);
    return this as PipelineBuilder<unknown>;
  }

  /** Arrays of `n` items. `dropLast` leaves out a shorter one at the end, of each pass for a continuous source. */
  aggregate(n: number, options: { readonly dropLast?: boolean } = {}): PipelineBuilder<Item[]> {
    this.#open('aggregate').aggregate(n, options.dropLast ?? false);
    return this as PipelineBuilder<unknown> as PipelineBuilder<Item[]>;
  }

  /** The elements of items that are iterables. */
  disaggregate(): PipelineBuilder<Element<Item>> {
    this.#open('disaggregate').disaggregate();
    return this as PipelineBuilder<unknown> as PipelineBuilder<Element<Item>>;
  }

  /**
   * Sends each item down the path whose key (or position) `router` names, `null` drops it; the paths run side by side and
   * their results meet in the order of completion.
   */
  pathVariants<const P extends Paths<Item>>(
    router: PipeOperation<Item, unknown>,
    paths: P,
    options: VariantsOptions = {},
  ): PipelineBuilder<PathItem<P>> {
    this.#open('pathVariants').variants(router, paths as Paths<never>, options);
    return this as PipelineBuilder<unknown> as PipelineBuilder<PathItem<P>>;
  }

  /** Room for results that wait for the consumer. Default 3. */
  addSink(bufferSize = 3): this {
    this.#open('addSink');
    whole('bufferSize', bufferSize, 1);
    this.#bufferSize = bufferSize;
    return this;
  }

  /** What was built so far, frozen; it can run any number of times. */
  definition(): PipelineDefinition {
    if (this.#source === undefined) throw outOfOrder('build', 'a source first');
    return Object.freeze({ source: this.#source, stages: this.#stages.frozen, bufferSize: this.#bufferSize ?? 3 });
  }

  build(options: BuildOptions = {}): Pipeline<Item> {
    return buildPipeline<Item>(this.definition(), options);
  }

  #open(method: string): StageList {
    if (this.#source === undefined) throw outOfOrder(method, 'a source first');
    if (this.#bufferSize !== undefined) throw outOfOrder(method, 'nothing after the sink');
    return this.#stages;
  }
}

/** A run of a definition. */
export function buildPipeline<Item>(definition: PipelineDefinition, options: BuildOptions = {}): Pipeline<Item> {
  const { numThreads = cpuBoundWorkers(), maxFailures = -1, reportStatsInterval = -1, signal } = options;
  whole('numThreads', numThreads, 1);
  checkBudget('maxFailures', maxFailures);
  return new Pipeline<Item>(definition, {
    numThreads,
    maxFailures,
    reportStatsInterval,
    signal,
    hooks: options.hooks ?? {},
    keepFailedItems: options.keepFailedItems ?? true,
  });
}

type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;

function opener(source: unknown): SourceDefinition['open'] {
  if (typeof source === 'function') return () => open(checked(source()));
  const iterable = checked(source);
  return () => open(iterable);
}

function checked(value: unknown): AnyIterable {
  const boxed: object = Object(value);
  if (Symbol.asyncIterator in boxed || Symbol.iterator in boxed) return value as AnyIterable;
  throw invalidArgument('source', 'an iterable, an async iterable, or a function that gives one', value);
}

function open(iterable: AnyIterable): Iterator<unknown> | AsyncIterator<unknown> {
  return Symbol.asyncIterator in Object(iterable)
    ? (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    : (iterable as Iterable<unknown>)[Symbol.iterator]();
}

function outOfOrder(method: string, expected: string): IsovoxError {
  return new IsovoxError('ERR_INVALID_ARGUMENT', `Expected ${expected} for ${method}`, {
    name: method,
    expected,
    actual: 'another order',
  });
}
