/**
 * Runs a graph of tasks: each starts the moment its own dependencies are done and its resources are free, the longest
 * remaining chain first. A failed task fails its descendants and nothing else.
 */

import { IsovoxError, invalidArgument } from '../errors.js';
import type { LedgerEntry } from './ledger.js';
import type { ExecutionMemory } from './memory.js';
import { makePlan, type Plan } from './plan.js';
import { GraphRun } from './run.js';

export interface TaskContext {
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Results of the dependencies by name. */
  readonly results: ReadonlyMap<string, unknown>;
}

export interface TaskSpec {
  readonly dependencies?: readonly string[];
  /** Expected duration in any unit; only ratios count. Default 1. */
  readonly weight?: number;
  /** What it takes while it runs, by resource class: `{ gpu: 1, memoryMb: 2000 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** More tries after a failure. Default 0. */
  readonly retries?: number;
  /** Whether a failure is worth another try. Default: all but cancellation, bad arguments and bad data. */
  readonly retryable?: (error: IsovoxError) => boolean;
  readonly timeoutMs?: number;
  /**
   * What the result depends on besides the dependencies: digests of inputs, settings, a version. With a memory, a task
   * whose fingerprint and whose dependencies are as they were is not run again. A task without one always runs, and so
   * does everything after it.
   */
  readonly fingerprint?: string | (() => string | Promise<string>);
}

export type TaskFunction = (context: TaskContext) => unknown | Promise<unknown>;

export type TaskOutcome =
  /** `unchanged`: remembered from an earlier run. */
  | { readonly status: 'done'; readonly value: unknown; readonly unchanged?: true }
  | { readonly status: 'failed'; readonly error: IsovoxError }
  | { readonly status: 'skipped'; readonly because: string };

export interface ExecutorOptions {
  /** Capacity by resource class; a class that is not named is unlimited. */
  readonly capacity?: Readonly<Record<string, number>>;
  /** Tasks at a time. Default: no limit but the resources. */
  readonly concurrency?: number | undefined;
  /** Cancels what runs and what waits; a task that does not listen to its own signal is waited for. */
  readonly signal?: AbortSignal | undefined;
  /** First wait before a retry in milliseconds; doubled each time, with jitter. Default 250. */
  readonly backoffMs?: number;
  /** Cancels everything else when a task has failed for good. Default false. */
  readonly failFast?: boolean | undefined;
  /** Results of earlier runs, see `TaskSpec.fingerprint`. */
  readonly memory?: ExecutionMemory | undefined;
  readonly onChange?: (event: { task: string; outcome?: TaskOutcome; done: number; total: number }) => void;
}

export interface Execution {
  readonly outcomes: ReadonlyMap<string, TaskOutcome>;
  readonly ledger: readonly LedgerEntry[];
}

export interface TaskNode {
  readonly name: string;
  readonly fn: TaskFunction;
  readonly spec: TaskSpec;
}

export class HierarchicalExecutor {
  readonly #nodes = new Map<string, TaskNode>();

  addTask(name: string, fn: TaskFunction, spec: TaskSpec = {}): this {
    const { weight = 1, retries = 0, timeoutMs = 1, resources = {} } = spec;
    if (this.#nodes.has(name)) throw invalidArgument('name', 'a task name that is not taken', name);
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) throw invalidArgument('weight', 'a number from 0', weight);
    if (!Number.isInteger(retries) || retries < 0)
      throw invalidArgument('retries', 'an integer of at least 0', retries);
    if (!(timeoutMs > 0)) throw invalidArgument('timeoutMs', 'milliseconds above 0', timeoutMs);
    for (const [resource, need] of Object.entries(resources)) {
      if (!(need >= 0)) throw invalidArgument(`resources.${resource}`, 'a number from 0', need);
    }
    this.#nodes.set(name, { name, fn, spec });
    return this;
  }

  /** Order and critical path; throws for unknown dependencies and circles. */
  plan(): Plan {
    return makePlan(
      [...this.#nodes.values()].map(({ name, spec }) => ({
        name,
        dependencies: spec.dependencies ?? [],
        weight: spec.weight ?? 1,
      })),
    );
  }

  /** Runs everything; resolves when nothing can start any more. Failures are outcomes, not rejections. */
  execute(options: ExecutorOptions = {}): Promise<Execution> {
    const plan = this.plan();
    const { concurrency = 1 } = options;
    if (!(concurrency >= 1)) throw invalidArgument('concurrency', 'a number of at least 1', concurrency);
    for (const { name, spec } of this.#nodes.values()) {
      for (const [resource, need] of Object.entries(spec.resources ?? {})) {
        const capacity = options.capacity?.[resource] ?? Number.POSITIVE_INFINITY;
        if (need > capacity) {
          throw new IsovoxError('ERR_RESOURCE', `Task ${name} needs ${need} of ${resource} but there are ${capacity}`, {
            limit: String(capacity),
            requested: String(need),
          });
        }
      }
    }
    return new GraphRun(this.#nodes, plan, options).finished;
  }
}
