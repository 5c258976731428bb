/** Volumes of one kind, in the order of their subjects; every selection is a view, nothing is read. */

import { invalidArgument } from '../errors.js';
import { type Context, defaultContext } from '../runtime/context.js';
import { eachInOrder } from '../runtime/each.js';
import type { Cell, Table } from '../table/table.js';
import { parseExpression } from './expression.js';
import type { IngestReport } from './ingest.js';
import type { SubjectRow, VolumeRow } from './manifest.js';
import type { Place } from './place.js';
import { LazyQuery, type Mapper, type WriteOptions } from './query.js';
import { flatRow, volumesTable } from './tables.js';
import { CohortVolume } from './volume.js';

export type Predicate = (row: Readonly<Record<string, Cell>>) => boolean;

export interface CollectionSummary {
  readonly name: string;
  readonly volumes: number;
  readonly subjects: number;
  /** Each once, sorted; sizes as `512x512x100`. */
  readonly dtypes: readonly string[];
  readonly sizes: readonly string[];
  readonly orientations: readonly string[];
}

export class Collection implements Iterable<CohortVolume> {
  constructor(
    readonly name: string,
    private readonly place: Place,
    private readonly rows: readonly VolumeRow[],
    private readonly subjects: ReadonlyMap<string, SubjectRow>,
  ) {}

  get context(): Context {
    return this.place.context ?? defaultContext();
  }
  get length(): number {
    return this.rows.length;
  }
  get obsIds(): string[] {
    return this.rows.map((row) => row.obs_id);
  }
  get subjectIds(): string[] {
    return [...new Set(this.rows.map((row) => row.subject_id))];
  }

  /** What is known of them. */
  get subjectRows(): SubjectRow[] {
    return this.subjectIds.map((subject_id) => this.subjects.get(subject_id) ?? { subject_id });
  }

  *[Symbol.iterator](): Iterator<CohortVolume> {
    for (const row of this.rows) yield new CohortVolume(this.place, row);
  }

  /** By place: a number (negative from the end), or `[begin, end)`. */
  iloc(place: number): CohortVolume;
  iloc(begin: number, end: number): Collection;
  iloc(begin: number, end?: number): CohortVolume | Collection {
    if (end !== undefined) return this.#of(this.rows.slice(begin, end));
    const row = this.rows.at(begin);
    if (!row || !Number.isInteger(begin)) {
      throw invalidArgument('iloc', `a whole number between ${-this.rows.length} and ${this.rows.length - 1}`, begin);
    }
    return new CohortVolume(this.place, row);
  }

  /** By name: one volume, or those of a list in its order. */
  loc(obsId: string): CohortVolume;
  loc(obsIds: readonly string[]): Collection;
  loc(wanted: string | readonly string[]): CohortVolume | Collection {
    const named = new Map(this.rows.map((row) => [row.obs_id, row]));
    const find = (obsId: string): VolumeRow => {
      const row = named.get(obsId);
      if (!row) throw invalidArgument('loc', `a volume of ${this.name}`, obsId);
      return row;
    };
    return typeof wanted === 'string' ? new CohortVolume(this.place, find(wanted)) : this.#of(wanted.map(find));
  }

  /** All volumes of one subject or of several. */
  sel({ subject }: { subject: string | readonly string[] }): Collection {
    const wanted = new Set(typeof subject === 'string' ? [subject] : subject);
    return this.#of(this.rows.filter((row) => wanted.has(row.subject_id)));
  }

  /** By a condition on the columns of volumes and subjects, as text (see expression.ts) or as a function. */
  filter(condition: string | Predicate): Collection {
    const cells = this.rows.map((row) => this.#cells(row));
    const columns = new Set(cells.flatMap((row) => Object.keys(row)));
    const holds = typeof condition === 'string' ? parseExpression(condition, columns) : condition;
    return this.#of(this.rows.filter((_, i) => holds(cells[i] ?? {})));
  }

  head(n = 5): Collection {
    return this.#of(this.rows.slice(0, Math.max(0, n)));
  }
  tail(n = 5): Collection {
    return this.#of(n > 0 ? this.rows.slice(-n) : []);
  }

  /** `n` volumes drawn without replacement; the same seed gives the same ones, in the collection's order. */
  sample(n: number, seed = 0): Collection {
    const random = mulberry(seed);
    const places = this.rows.map((_, i) => i);
    for (let i = 0; i < Math.min(n, places.length); i++) {
      const j = i + Math.floor(random() * (places.length - i));
      [places[i], places[j]] = [places[j] as number, places[i] as number];
    }
    const drawn = places.slice(0, Math.max(0, n)).sort((a, b) => a - b);
    return this.#of(drawn.map((place) => this.rows[place] as VolumeRow));
  }

  groupBySubject(): Map<string, Collection> {
    return new Map(this.subjectIds.map((subject) => [subject, this.sel({ subject })]));
  }

  lazy(): LazyQuery<CohortVolume> {
    return new LazyQuery(this, []);
  }
  map<T>(mapper: Mapper<CohortVolume, T>): LazyQuery<T> {
    return this.lazy().map(mapper);
  }

  /** `size` volumes at a time; what a mapper returns for them is taken apart again. */
  mapBatches<T>(
    mapper: (batch: readonly CohortVolume[]) => readonly T[] | Promise<readonly T[]>,
    size = 8,
  ): Promise<T[]> {
    if (!Number.isInteger(size) || size < 1) throw invalidArgument('size', 'a whole number, at least 1', size);
    const volumes = [...this];
    const batches = Array.from({ length: Math.ceil(volumes.length / size) }, (_, i) =>
      volumes.slice(i * size, (i + 1) * size),
    );
    return eachInOrder(batches, defaultContext().config.read.maxWorkers, async (batch) => mapper(batch)).then((all) =>
      all.flat(),
    );
  }

  /** These volumes as a cohort, or into one, at `uri`. */
  write(uri: string, options: WriteOptions = {}): Promise<IngestReport> {
    return this.lazy().write(uri, options);
  }

  describe(): CollectionSummary {
    const distinct = (of: (row: VolumeRow) => string): string[] => [...new Set(this.rows.map(of))].sort();
    return {
      name: this.name,
      volumes: this.rows.length,
      subjects: this.subjectIds.length,
      dtypes: distinct((row) => row.dtype),
      sizes: distinct((row) => row.size.join('x')),
      orientations: distinct((row) => row.orientation),
    };
  }

  toTable(): Table {
    return volumesTable(this.rows);
  }

  /** The cells that conditions see: of the volume, and of its subject. */
  cellsOf(volume: CohortVolume): Record<string, Cell> {
    return this.#cells(volume.row);
  }

  #cells(row: VolumeRow): Record<string, Cell> {
    return { ...this.subjects.get(row.subject_id), ...flatRow(row) };
  }

  #of(rows: readonly VolumeRow[]): Collection {
    return new Collection(this.name, this.place, rows, this.subjects);
  }
}

/** mulberry32 (Tommy Ettinger, public domain): enough for drawing samples. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
