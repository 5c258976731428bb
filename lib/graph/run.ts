/** One execution of a graph. */

import { setMaxListeners } from 'node:events';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { backOffMs, cancelledBy, isWorthRetrying, pause } from '../parallel/retry.js';
import type { Execution, ExecutorOptions, TaskContext, TaskNode, TaskOutcome } from './executor.js';
import type { LedgerEntry } from './ledger.js';
import { taskKey } from './memory.js';
import type { Plan } from './plan.js';
import { ReadyTasks, type Resources } from './ready.js';

export class GraphRun {
  readonly finished: Promise<Execution>;
  readonly #outcomes = new Map<string, TaskOutcome>();
  readonly #ledger: LedgerEntry[] = [];
  readonly #followers = new Map<string, string[]>();
  /** How many dependencies of a task are not done yet. */
  readonly #missing = new Map<string, number>();
  readonly #ready: ReadyTasks;
  readonly #attempts = new Map<string, number>();
  readonly #keys = new Map<string, string>();
  readonly #used = new Map<string, number>();
  readonly #started = performance.now();
  readonly #stop = new AbortController();
  #running = 0;
  #resolve: (execution: Execution | Promise<never>) => void = () => {};
  /** What `onChange` threw: it ends the run, and execute() rejects with it. */
  #broken: { readonly thrown: unknown } | undefined;

  constructor(
    private readonly nodes: ReadonlyMap<string, TaskNode>,
    plan: Plan,
    private readonly options: ExecutorOptions,
  ) {
    setMaxListeners(0, this.#stop.signal);
    const rank = new Map(plan.order.map((name, i) => [name, i]));
    const number = (map: ReadonlyMap<string, number>, name: string) => map.get(name) ?? 0;
    this.#ready = new ReadyTasks(
      (a, b) => number(plan.priority, b) - number(plan.priority, a) || number(rank, a) - number(rank, b),
    );
    for (const { name, spec } of nodes.values()) {
      const dependencies = new Set(spec.dependencies);
      this.#missing.set(name, dependencies.size);
      for (const dependency of dependencies) {
        const list = this.#followers.get(dependency);
        if (list) list.push(name);
        else this.#followers.set(dependency, [name]);
      }
      if (dependencies.size === 0) this.#ready.add(name, spec.resources ?? {});
    }
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { signal } = options;
    const cancel = () => this.#cancel(signal?.reason);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    const forget = () => signal?.removeEventListener('abort', cancel);
    this.finished.then(forget, forget);
    this.#startReady();
  }

  #cancel(reason: unknown): void {
    this.#stop.abort(reason);
    this.#startReady();
  }

  get #cancelled(): boolean {
    return this.#stop.signal.aborted;
  }

  #startReady(): void {
    if (this.#cancelled) {
      for (let name = this.#ready.take(() => true); name !== undefined; name = this.#ready.take(() => true)) {
        this.#settle(name, { status: 'failed', error: cancelledBy(this.#stop.signal, 'The run') });
      }
    }
    const most = this.options.concurrency ?? Number.POSITIVE_INFINITY;
    while (this.#running < most && !this.#cancelled) {
      const name = this.#ready.take(this.#fits);
      if (name === undefined) break;
      const node = this.nodes.get(name) as TaskNode;
      this.#take(node, 1);
      this.#running++;
      void this.#start(node);
    }
    if (this.#outcomes.size < this.nodes.size) return;
    if (this.#broken) this.#resolve(Promise.reject(this.#broken.thrown));
    else this.#resolve({ outcomes: this.#outcomes, ledger: this.#ledger });
  }

  #tell(task: string, outcome?: TaskOutcome): void {
    const event = { task, done: this.#outcomes.size, total: this.nodes.size };
    try {
      this.options.onChange?.(outcome === undefined ? event : { ...event, outcome });
    } catch (thrown) {
      this.#broken ??= { thrown };
      this.#stop.abort(thrown);
    }
  }

  readonly #fits = (resources: Resources): boolean => {
    const { capacity = {} } = this.options;
    return Object.entries(resources).every(
      ([resource, need]) => (this.#used.get(resource) ?? 0) + need <= (capacity[resource] ?? Number.POSITIVE_INFINITY),
    );
  };

  #take(node: TaskNode, sign: 1 | -1): void {
    for (const [resource, need] of Object.entries(node.spec.resources ?? {})) {
      this.#used.set(resource, (this.#used.get(resource) ?? 0) + sign * need);
    }
  }

  /** One try. A task that is to be tried again gives its resources back while it waits. */
  async #start(node: TaskNode): Promise<void> {
    const { name, spec } = node;
    const attempt = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempt);
    if (attempt === 1) this.#tell(name);
    const startMs = performance.now() - this.#started;
    let outcome: TaskOutcome;
    try {
      outcome = await this.#recallOrRun(node, attempt);
      const endMs = performance.now() - this.#started;
      this.#ledger.push({
        task: name,
        attempt: outcome.status === 'done' && outcome.unchanged ? 0 : attempt,
        startMs,
        endMs,
      });
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      this.#ledger.push({ task: name, attempt, startMs, endMs: performance.now() - this.#started, error });
      outcome = { status: 'failed', error };
    }
    this.#take(node, -1);
    this.#running--;
    const again =
      outcome.status === 'failed' &&
      !this.#cancelled &&
      attempt <= (spec.retries ?? 0) &&
      (spec.retryable ?? isWorthRetrying)(outcome.error);
    if (again) {
      this.#startReady();
      await pause(backOffMs(attempt, this.options.backoffMs ?? 250), this.#stop.signal);
      this.#ready.add(name, spec.resources ?? {});
    } else {
      this.#settle(name, outcome);
      if (outcome.status === 'failed' && this.options.failFast && !this.#cancelled) {
        this.#cancel(outcome.error);
        return;
      }
    }
    this.#startReady();
  }

  async #recallOrRun(node: TaskNode, attempt: number): Promise<TaskOutcome> {
    const { memory } = this.options;
    const { name } = node;
    const key = memory === undefined ? undefined : await this.#key(node);
    if (memory === undefined || key === undefined) return { status: 'done', value: await this.#run(node, attempt) };
    this.#keys.set(name, key);
    const remembered = await memory.recall(name, key);
    if (remembered !== undefined) return { status: 'done', value: remembered.value, unchanged: true };
    const value = await this.#run(node, attempt);
    await memory.remember(name, key, value);
    return { status: 'done', value };
  }

  async #key({ name, spec }: TaskNode): Promise<string | undefined> {
    const { fingerprint } = spec;
    if (fingerprint === undefined) return undefined;
    const dependencies: Array<readonly [string, string]> = [];
    for (const dependency of new Set(spec.dependencies)) {
      const key = this.#keys.get(dependency);
      if (key === undefined) return undefined;
      dependencies.push([dependency, key]);
    }
    return taskKey(name, typeof fingerprint === 'string' ? fingerprint : await fingerprint(), dependencies);
  }

  async #run(node: TaskNode, attempt: number): Promise<unknown> {
    const results = new Map<string, unknown>();
    for (const dependency of node.spec.dependencies ?? []) {
      const outcome = this.#outcomes.get(dependency);
      if (outcome?.status === 'done') results.set(dependency, outcome.value);
    }
    const { timeoutMs } = node.spec;
    const context = { signal: this.#stop.signal, attempt, results };
    return timeoutMs === undefined ? node.fn(context) : this.#timed(node, context, timeoutMs);
  }

  async #timed(node: TaskNode, context: TaskContext, timeoutMs: number): Promise<unknown> {
    const controller = new AbortController();
    const forward = () => controller.abort(this.#stop.signal.reason);
    if (this.#cancelled) forward();
    this.#stop.signal.addEventListener('abort', forward, { once: true });
    let timer: NodeJS.Timeout | undefined;
    try {
      const work = Promise.resolve(node.fn({ ...context, signal: controller.signal }));
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
      this.#stop.signal.removeEventListener('abort', forward);
    }
  }

  /** Settles a task and, when it is not done, everything after it. */
  #settle(name: string, outcome: TaskOutcome): void {
    const open: Array<readonly [string, TaskOutcome]> = [[name, outcome]];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const [task, result] = next;
      if (this.#outcomes.has(task)) continue;
      this.#outcomes.set(task, result);
      this.#tell(task, result);
      for (const follower of this.#followers.get(task) ?? []) {
        if (result.status !== 'done') {
          open.push([follower, { status: 'skipped', because: task }]);
          continue;
        }
        const left = (this.#missing.get(follower) ?? 0) - 1;
        this.#missing.set(follower, left);
        if (left === 0 && !this.#outcomes.has(follower)) {
          this.#ready.add(follower, this.nodes.get(follower)?.spec.resources ?? {});
        }
      }
    }
  }
}
