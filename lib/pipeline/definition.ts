/** What a pipeline is made of: frozen values that know nothing of any run. */

import type { ModuleFunction } from '../parallel/function-ref.js';

export interface OperationContext {
  /** Aborted when the pipeline stops, when a later stage gives up, and when the time of the item is over. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Position of the item among those that the stage was given. */
  readonly index: number;
}

/**
 * What a stage does with an item: a function, an async function, a native operation (an async function that takes the
 * signal), or a generator or async generator, each of whose values goes on at once. `null` and `undefined` are dropped.
 */
// biome-ignore lint/suspicious/noExplicitAny: the builder checks item types; a definition holds them all.
export type Operation<Item = any, Result = any> = (item: Item, context: OperationContext) => Result;

/** What runs an operation elsewhere, a `WorkerPool` for one; it must end the work when the signal is aborted. */
export interface StageExecutor {
  run<Item, Result>(
    fn: ((item: Item) => Result | Promise<Result>) | ModuleFunction,
    item: Item,
    options: { signal: AbortSignal; timeoutMs: number | undefined },
  ): Promise<Result>;
}

/**
 * `main`: in this thread, where an async or native operation costs no thread and a synchronous one holds up all else.
 * `thread`, `process`: the operation, self-contained or of a module, on the pipeline's `numThreads` workers.
 */
export type Executor = 'main' | 'thread' | 'process' | StageExecutor;

export interface FailurePolicy {
  /**
   * Failed items that a stage may have before it gives up: a whole number (it gives up at one more; 0 at the first), a
   * fraction between 0 and 1 of its items (looked at from the hundredth item on, and at the end), or -1 for no limit.
   */
  readonly maxFailures?: number | undefined;
}

export interface SourceDefinition {
  readonly name: string;
  readonly open: () => Iterator<unknown> | AsyncIterator<unknown>;
  readonly continuous: boolean;
}

export interface PipeDefinition extends FailurePolicy {
  readonly kind: 'pipe';
  readonly name: string;
  readonly op: Operation | ModuleFunction;
  readonly concurrency: number;
  readonly outputOrder: 'completion' | 'input';
  readonly executor: Executor;
  readonly timeoutMs: number | undefined;
  readonly retries: number;
  readonly backoffMs: number;
}

export interface AggregateDefinition {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly size: number;
  readonly dropLast: boolean;
}

export interface DisaggregateDefinition extends FailurePolicy {
  readonly kind: 'disaggregate';
  readonly name: string;
}

export interface VariantsDefinition extends FailurePolicy {
  readonly kind: 'variants';
  readonly name: string;
  readonly router: Operation<unknown, unknown>;
  readonly paths: Readonly<Record<string, readonly StageDefinition[]>>;
}

export type StageDefinition = PipeDefinition | AggregateDefinition | DisaggregateDefinition | VariantsDefinition;

export interface PipelineDefinition {
  readonly source: SourceDefinition;
  readonly stages: readonly StageDefinition[];
  /** Results that may wait for the consumer. */
  readonly bufferSize: number;
}

/** Concurrency of a stage for statistics: everything but a pipe takes one item at a time. */
export function concurrencyOf(stage: StageDefinition): number {
  return stage.kind === 'pipe' ? stage.concurrency : 1;
}
