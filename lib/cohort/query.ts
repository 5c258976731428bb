/** Work on the volumes of a collection that begins when its results are asked for. */

import { invalidArgument } from '../errors.js';
import { describeVolume } from '../native/volume.js';
import { eachInOrder } from '../runtime/each.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import type { Cell, Table } from '../table/table.js';
import { Volume } from '../volume/volume.js';
import type { Collection, Predicate } from './collection.js';
import { ensureStore } from './create.js';
import { type IngestOptions, type IngestReport, ingest, WORKSPACE } from './ingest.js';
import { MemoryGate } from './memory-gate.js';
import { placeOf } from './place.js';
import { tableOf } from './tables.js';
import { CohortVolume } from './volume.js';

export type Mapper<T, R> = (value: T, row: Readonly<Record<string, Cell>>) => R | Promise<R>;

export interface WriteOptions extends IngestOptions {
  /** Of all volumes; each keeps its own when not given. */
  readonly collection?: string;
}

/**
 * Immutable; every step gives a new query. Volumes are worked on `read.maxWorkers` at a time, as many as fit whole into
 * `read.memoryBudgetMb`; one that is larger than that by itself.
 */
export class LazyQuery<T> {
  constructor(
    private readonly collection: Collection,
    private readonly steps: readonly Mapper<unknown, unknown>[],
  ) {}

  filter(condition: string | Predicate): LazyQuery<T> {
    return this.#on(this.collection.filter(condition));
  }
  filterSubjects(subjects: readonly string[]): LazyQuery<T> {
    return this.#on(this.collection.sel({ subject: subjects }));
  }
  iloc(begin: number, end: number): LazyQuery<T> {
    return this.#on(this.collection.iloc(begin, end));
  }
  loc(obsIds: readonly string[]): LazyQuery<T> {
    return this.#on(this.collection.loc(obsIds));
  }
  head(n?: number): LazyQuery<T> {
    return this.#on(this.collection.head(n));
  }
  tail(n?: number): LazyQuery<T> {
    return this.#on(this.collection.tail(n));
  }
  sample(n: number, seed?: number): LazyQuery<T> {
    return this.#on(this.collection.sample(n, seed));
  }

  /** What a step returns, the next one is given. */
  map<R>(mapper: Mapper<T, R>): LazyQuery<R> {
    return new LazyQuery<R>(this.collection, [...this.steps, mapper as Mapper<unknown, unknown>]);
  }

  count(): number {
    return this.collection.length;
  }

  /** All results, in the order of the collection. */
  toList(options: { maxWorkers?: number } = {}): Promise<T[]> {
    const gate = this.#gate();
    const atOnce = options.maxWorkers ?? this.collection.context.config.read.maxWorkers;
    return eachInOrder([...this.collection], atOnce, (volume) => gate.share(needOf(volume), () => this.#run(volume)));
  }

  /** One result after the other; the next ones are worked on meanwhile. A result counts until the next is asked for. */
  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    const ahead = this.collection.context.config.read.maxWorkers;
    const gate = this.#gate();
    const running: Promise<{ value: T; release: () => void } | { reason: unknown }>[] = [];
    const volumes = this.collection[Symbol.iterator]();
    for (;;) {
      while (running.length < ahead) {
        const next = volumes.next();
        if (next.done) break;
        running.push(this.#ahead(next.value, gate));
      }
      const first = await running.shift();
      if (!first) return;
      if ('reason' in first) throw first.reason;
      yield first.value;
      first.release();
    }
  }

  /** The volumes' columns, and those of the objects that the last step returns. */
  async toTable(name = 'query'): Promise<Table> {
    const volumes = [...this.collection];
    const results = await this.toList();
    const rows = volumes.map((volume, i) => {
      const result: unknown = results[i];
      const more = this.steps.length === 0 ? {} : isPlain(result) ? result : { value: result as Cell };
      return { ...this.collection.cellsOf(volume), ...more };
    });
    return tableOf(name, name, rows);
  }

  /**
   * The volumes that the last step returns, `Volume` or a handle, as a cohort at `uri`, or into the one that is there, each
   * under its own name. A volume that no step changed is copied. What fails is in the report, and the rest is in the cohort.
   */
  async write(uri: string, options: WriteOptions = {}): Promise<IngestReport> {
    const place = placeOf(uri, options.context);
    await ensureStore(place);
    const items = [...this.collection].map((volume) => ({
      collection: options.collection ?? volume.row.collection,
      subject: volume.subjectId,
      obsId: volume.obsId,
      path: volume.row.source,
      bytes: (this.steps.length === 0 ? 1 : 2) * volume.bytes,
      make: async (task: SubmitOptions) => ownedHandle(await this.#run(volume), volume.obsId, task),
    }));
    return ingest(place, items, { subjects: this.collection.subjectRows, ...options });
  }

  #gate(): MemoryGate {
    return new MemoryGate(this.collection.context.config.read.memoryBudgetMb * 2 ** 20);
  }

  async #ahead(
    volume: CohortVolume,
    gate: MemoryGate,
  ): Promise<{ value: T; release: () => void } | { reason: unknown }> {
    const release = await gate.hold(needOf(volume));
    try {
      return { value: await this.#run(volume), release };
    } catch (reason) {
      release();
      return { reason };
    }
  }

  async #run(volume: CohortVolume): Promise<T> {
    const row = this.collection.cellsOf(volume);
    let value: unknown = volume;
    for (const step of this.steps) value = await step(value, row);
    return value as T;
  }

  #on(collection: Collection): LazyQuery<T> {
    return new LazyQuery<T>(collection, this.steps);
  }
}

/** Of a step that reads all of a volume. */
const needOf = (volume: CohortVolume): number => volume.bytes + WORKSPACE;

/** The decoded volume of a result, which nobody else holds. */
async function ownedHandle(result: unknown, name: string, task: SubmitOptions): Promise<Handle<'Volume'>> {
  if (result instanceof CohortVolume) return (await result.read({}, task)).volume;
  if (result instanceof Volume) return result.handle(task);
  if (isHandle(result)) return result;
  throw invalidArgument(`the result for ${name}`, 'a volume', typeof result);
}

function isHandle(value: unknown): value is Handle<'Volume'> {
  try {
    describeVolume(value as Handle<'Volume'>);
    return true;
  } catch {
    return false;
  }
}

function isPlain(value: unknown): value is Record<string, Cell> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
