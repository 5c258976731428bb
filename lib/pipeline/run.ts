/** A definition at work: parts, the queues between them, the pools they share. */

import type { IsovoxError } from '../errors.js';
import { WorkerPool } from '../parallel/pool.js';
import type { PoolType } from '../parallel/worker-host.js';
import type { PipelineDefinition, StageDefinition, StageExecutor } from './definition.js';
import type { FailedItem } from './failures.js';
import type { PipelineHooks } from './hooks.js';
import { PipePart } from './pipe.js';
import { BoundedQueue } from './queue.js';
import { AggregatePart, DisaggregatePart } from './reshape.js';
import { SourcePart } from './source.js';
import { type ItemQueue, type Part, type RunScope, stopped } from './stage.js';
import type { PipelineStatistics } from './statistics.js';
import { Meeting, RouterPart } from './variants.js';

/** Items between two stages: enough that neither waits for the other's turn of the event loop. */
const BETWEEN = 2;
/** Milliseconds of uninterrupted work after which timers and signals get a turn. */
const LONGEST_BREATH_MS = 8;

export interface RunOptions {
  readonly numThreads: number;
  readonly maxFailures: number;
  readonly hooks: PipelineHooks;
  readonly keepFailedItems: boolean;
}

export class PipelineRun implements RunScope {
  readonly hooks: PipelineHooks;
  readonly failures: FailedItem[] = [];
  readonly keepFailedItems: boolean;
  readonly beganMs = performance.now();
  /** Results for the consumer. */
  readonly sink: ItemQueue;
  /** When every part has ended and the pools are closed; never rejects. */
  readonly finished: Promise<void>;
  readonly #parts: Part[] = [];
  readonly #meetings: Meeting[] = [];
  readonly #queues: ItemQueue[] = [];
  readonly #pools = new Map<PoolType, WorkerPool>();
  #error: IsovoxError | undefined;
  #endedMs: number | undefined;
  #turnMs = performance.now();

  constructor(
    definition: PipelineDefinition,
    private readonly options: RunOptions,
  ) {
    this.hooks = options.hooks;
    this.keepFailedItems = options.keepFailedItems;
    const { source, stages, bufferSize } = definition;
    const last = stages.at(-1)?.name ?? source.name;
    this.sink = new BoundedQueue<unknown>(bufferSize, `${last} → consumer`);
    const first = stages[0];
    const begin = first === undefined ? this.sink : this.#queue(source.name, first.name);
    const origin = new SourcePart(this, source, begin);
    this.#parts.push(origin);
    this.#connect(stages, begin, this.sink, [origin], '');
    this.#queues.push(this.sink);
    const running = [...this.#parts, ...this.#meetings].map((part) => part.run());
    this.finished = Promise.all(running)
      .then(() => Promise.all([...this.#pools.values()].map((pool) => pool.close())))
      .then(() => {
        this.#endedMs = performance.now();
      });
  }

  /** Why the pipeline did not come to its end. */
  get error(): IsovoxError | undefined {
    return this.#error;
  }

  #queue(from: string, to: string): ItemQueue {
    const queue: ItemQueue = new BoundedQueue<unknown>(BETWEEN, `${from} → ${to}`);
    this.#queues.push(queue);
    return queue;
  }

  /** Makes the parts of a chain between two queues; gives those that feed what follows. */
  #connect(
    stages: readonly StageDefinition[],
    input: ItemQueue,
    output: ItemQueue,
    upstream: readonly Part[],
    prefix: string,
  ): readonly Part[] {
    let from = input;
    let before = upstream;
    stages.forEach((stage, i) => {
      const name = prefix + stage.name;
      const next = stages[i + 1];
      const to = next === undefined ? output : this.#queue(name, prefix + next.name);
      if (stage.kind === 'variants') {
        before = this.#fork(stage, name, from, to, before);
      } else {
        const part = this.#part(stage, name, from, to, before);
        this.#parts.push(part);
        before = [part];
      }
      from = to;
    });
    return before;
  }

  #part(
    stage: Exclude<StageDefinition, { kind: 'variants' }>,
    name: string,
    from: ItemQueue,
    to: ItemQueue,
    before: readonly Part[],
  ): Part {
    switch (stage.kind) {
      case 'pipe':
        return new PipePart(this, stage, name, from, to, before, this.#executor(stage.executor), this.#budget(stage));
      case 'aggregate':
        return new AggregatePart(this, stage, name, from, to, before);
      case 'disaggregate':
        return new DisaggregatePart(this, stage, name, from, to, before, this.#budget(stage));
    }
  }

  #fork(
    stage: Extract<StageDefinition, { kind: 'variants' }>,
    name: string,
    from: ItemQueue,
    to: ItemQueue,
    before: readonly Part[],
  ): readonly Part[] {
    const ways = new Map<string, ItemQueue>();
    for (const [key, path] of Object.entries(stage.paths)) {
      ways.set(key, this.#queue(name, `${name}/${key}/${path[0]?.name ?? ''}`));
    }
    const router = new RouterPart(this, stage, name, from, ways, before, this.#budget(stage));
    this.#parts.push(router);
    const tails: Part[] = [router];
    const ends = [...ways].map(([key, way]) => {
      const path = stage.paths[key] ?? [];
      const last = path.at(-1);
      if (last === undefined) return way;
      const end = this.#queue(`${name}/${key}/${last.name}`, `${name} (end)`);
      tails.push(...this.#connect(path, way, end, [router], `${name}/${key}/`));
      return end;
    });
    this.#meetings.push(new Meeting(ends, to));
    return tails;
  }

  #budget(stage: { readonly maxFailures?: number | undefined }): number {
    return stage.maxFailures ?? this.options.maxFailures;
  }

  #executor(executor: 'main' | PoolType | StageExecutor): StageExecutor | undefined {
    if (executor === 'main') return undefined;
    if (executor !== 'thread' && executor !== 'process') return executor;
    let pool = this.#pools.get(executor);
    if (pool === undefined) {
      pool = new WorkerPool({ poolType: executor, numWorkers: this.options.numThreads });
      this.#pools.set(executor, pool);
    }
    return pool;
  }

  breathe(): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.#turnMs < LONGEST_BREATH_MS) return undefined;
    this.#turnMs = now;
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  trip(part: Part, error: IsovoxError): void {
    this.#error ??= error;
    part.cancelUpstream(stopped());
  }

  /** Ends everything now; what is under way is given up. */
  stop(error?: IsovoxError): Promise<void> {
    if (this.#endedMs === undefined) this.#error ??= error;
    for (const part of this.#parts) part.cancel(stopped());
    for (const queue of this.#queues) queue.abort();
    return this.finished;
  }

  statistics(): PipelineStatistics {
    const elapsedMs = (this.#endedMs ?? performance.now()) - this.beganMs;
    const queues = this.#queues.map((queue) => queue.statistics());
    const sink = this.sink.statistics();
    const waited = sink.getWait.meanMs * sink.getWait.count;
    return {
      elapsedMs,
      stages: this.#parts.map((part) => part.statistics()),
      queues,
      consumerBusy: elapsedMs > 0 ? Math.max(0, 1 - waited / elapsedMs) : 0,
    };
  }
}
