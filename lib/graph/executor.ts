/**
 * Runs a graph of tasks: each starts the moment its own dependencies are done and its resources are free, the longest
 * remaining chain first. A failed task fails its descendants and nothing else.
 */

import { asIsovoxError, IsovoxError, invalidArgument } from '../errors.js';
import { makePlan, type Plan } from './plan.js';

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
}

export type TaskFunction = (context: TaskContext) => unknown | Promise<unknown>;

export type TaskOutcome =
  | { readonly status: 'done'; readonly value: unknown }
  | { readonly status: 'failed'; readonly error: IsovoxError }
  | { readonly status: 'skipped'; readonly because: string };

/** One try of one task; times in milliseconds since execute() began. */
export interface LedgerEntry {
  readonly task: string;
  readonly attempt: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly error?: IsovoxError;
}

export interface ExecutorOptions {
  /** Capacity by resource class; a class that is not named is unlimited. */
  readonly capacity?: Readonly<Record<string, number>>;
  readonly signal?: AbortSignal | undefined;
  /** First wait before a retry; doubled each time, with jitter. Default 250. */
  readonly backoffMs?: number;
  readonly onChange?: (event: { task: string; outcome?: TaskOutcome; done: number; total: number }) => void;
}

export interface Execution {
  readonly outcomes: ReadonlyMap<string, TaskOutcome>;
  readonly ledger: readonly LedgerEntry[];
}

interface Node {
  readonly name: string;
  readonly fn: TaskFunction;
  readonly spec: TaskSpec;
}

const NOT_WORTH_RETRYING = new Set<string>([
  'ERR_CANCELLED',
  'ERR_INVALID_ARGUMENT',
  'ERR_CORRUPT_DATA',
  'ERR_UNSUPPORTED',
  'ERR_GEOMETRY',
  'ERR_NOT_FOUND',
  'ERR_MODEL',
]);

export class HierarchicalExecutor {
  readonly #nodes = new Map<string, Node>();

  addTask(name: string, fn: TaskFunction, spec: TaskSpec = {}): this {
    if (this.#nodes.has(name)) throw invalidArgument('name', 'a task name that is not taken', name);
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
    return new Run(this.#nodes, plan, options).finished;
  }
}

class Run {
  readonly finished: Promise<Execution>;
  readonly #outcomes = new Map<string, TaskOutcome>();
  readonly #ledger: LedgerEntry[] = [];
  readonly #waiting: Set<string>;
  readonly #used: Record<string, number> = {};
  readonly #started = performance.now();
  #running = 0;
  #resolve: (execution: Execution) => void = () => {};

  constructor(
    private readonly nodes: ReadonlyMap<string, Node>,
    plan: Plan,
    private readonly options: ExecutorOptions,
  ) {
    this.#waiting = new Set(
      [...nodes.keys()].sort((a, b) => (plan.priority.get(b) ?? 0) - (plan.priority.get(a) ?? 0)),
    );
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#startReady();
  }

  #startReady(): void {
    // A task that is settled without running may release others: look again until nothing changes.
    let changed = true;
    while (changed) {
      changed = false;
      for (const name of [...this.#waiting]) {
        const node = this.nodes.get(name) as Node;
        const dependencies = node.spec.dependencies ?? [];
        const broken = dependencies.find((dependency) => (this.#outcomes.get(dependency)?.status ?? 'done') !== 'done');
        if (broken !== undefined) {
          this.#waiting.delete(name);
          this.#settle(name, { status: 'skipped', because: broken });
          changed = true;
        } else if (dependencies.every((dependency) => this.#outcomes.has(dependency))) {
          if (this.options.signal?.aborted) {
            this.#waiting.delete(name);
            this.#settle(name, { status: 'failed', error: new IsovoxError('ERR_CANCELLED', 'The run was cancelled') });
            changed = true;
          } else if (this.#fits(node)) {
            this.#waiting.delete(name);
            void this.#start(node);
          }
        }
      }
    }
    if (this.#running === 0 && this.#waiting.size === 0) {
      this.#resolve({ outcomes: this.#outcomes, ledger: this.#ledger });
    }
  }

  #fits(node: Node): boolean {
    return Object.entries(node.spec.resources ?? {}).every(
      ([resource, need]) =>
        (this.#used[resource] ?? 0) + need <= (this.options.capacity?.[resource] ?? Number.POSITIVE_INFINITY),
    );
  }

  #take(node: Node, sign: 1 | -1): void {
    for (const [resource, need] of Object.entries(node.spec.resources ?? {})) {
      this.#used[resource] = (this.#used[resource] ?? 0) + sign * need;
    }
  }

  async #start(node: Node): Promise<void> {
    this.#running++;
    this.#take(node, 1);
    this.options.onChange?.({ task: node.name, done: this.#outcomes.size, total: this.nodes.size });
    let outcome: TaskOutcome | undefined;
    for (let attempt = 1; outcome === undefined; attempt++) {
      const startMs = performance.now() - this.#started;
      try {
        const value = await this.#attempt(node, attempt);
        this.#ledger.push({ task: node.name, attempt, startMs, endMs: performance.now() - this.#started });
        outcome = { status: 'done', value };
      } catch (thrown) {
        const error = asIsovoxError(thrown);
        this.#ledger.push({ task: node.name, attempt, startMs, endMs: performance.now() - this.#started, error });
        const again = node.spec.retryable ?? ((failure: IsovoxError) => !NOT_WORTH_RETRYING.has(failure.code));
        const aborted = this.options.signal?.aborted ?? false;
        if (aborted || attempt > (node.spec.retries ?? 0) || !again(error)) outcome = { status: 'failed', error };
        else await this.#backOff(attempt);
      }
    }
    this.#take(node, -1);
    this.#running--;
    this.#settle(node.name, outcome);
    this.#startReady();
  }

  async #attempt(node: Node, attempt: number): Promise<unknown> {
    const results = new Map<string, unknown>();
    for (const dependency of node.spec.dependencies ?? []) {
      const outcome = this.#outcomes.get(dependency);
      if (outcome?.status === 'done') results.set(dependency, outcome.value);
    }
    const { timeoutMs } = node.spec;
    const controller = new AbortController();
    const forward = () => controller.abort(this.options.signal?.reason);
    if (this.options.signal?.aborted) forward();
    this.options.signal?.addEventListener('abort', forward, { once: true });
    let timer: NodeJS.Timeout | undefined;
    try {
      const work = Promise.resolve(node.fn({ signal: controller.signal, attempt, results }));
      if (timeoutMs === undefined) return await work;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          const error = new IsovoxError('ERR_TIMEOUT', `Task ${node.name} took longer than ${timeoutMs} ms`, {
            limit: String(timeoutMs),
          });
          reject(error); // before the task hears of it, so that its own answer comes second
          controller.abort(error);
        }, timeoutMs);
      });
      work.catch(() => {}); // it may reject after the deadline has already decided
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      this.options.signal?.removeEventListener('abort', forward);
    }
  }

  /** Exponential with full jitter; ends early when the run is cancelled. */
  #backOff(attempt: number): Promise<void> {
    const longest = (this.options.backoffMs ?? 250) * 2 ** (attempt - 1);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.options.signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, longest * Math.random());
      this.options.signal?.addEventListener('abort', done, { once: true });
    });
  }

  #settle(name: string, outcome: TaskOutcome): void {
    this.#outcomes.set(name, outcome);
    this.options.onChange?.({ task: name, outcome, done: this.#outcomes.size, total: this.nodes.size });
  }
}
