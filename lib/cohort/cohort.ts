/**
 * A cohort: collections of volumes and the subjects they show, in one folder, or one prefix of an object
 * store, that other programs can read too.
 */

import { IsovoxError, invalidArgument } from '../errors.js';
import type { Context } from '../runtime/context.js';
import type { Table } from '../table/table.js';
import { Collection, type CollectionSummary } from './collection.js';
import { createStore, ensureStore } from './create.js';
import { type IngestOptions, type IngestReport, ingest } from './ingest.js';
import { type Manifest, readManifest } from './manifest.js';
import { type Place, placeOf } from './place.js';
import { type ImageSource, listSources } from './sources.js';
import { tableOf, volumesTable } from './tables.js';
import { type StoreFinding, validateStore } from './validate.js';

export class Cohort {
  #manifest: Manifest;

  private constructor(
    private readonly place: Place,
    manifest: Manifest,
  ) {
    this.#manifest = manifest;
  }

  get uri(): string {
    return this.place.uri;
  }

  /** A new, empty cohort. Throws ERR_INVALID_ARGUMENT when one is there already. */
  static async create(uri: string, context?: Context): Promise<Cohort> {
    const place = placeOf(uri, context);
    if (await place.exists('index.json')) throw invalidArgument('uri', 'a folder that holds no cohort yet', uri);
    await createStore(place);
    return new Cohort(place, await readManifest(place));
  }

  static async open(uri: string, context?: Context): Promise<Cohort> {
    const place = placeOf(uri, context);
    return new Cohort(place, await readManifest(place));
  }

  /**
   * A cohort from images: a glob, a folder, or paths with their subjects for each collection. Goes on where an earlier
   * call was stopped, and adds to a cohort that is there. Throws ERR_IO, with the report of all, when images failed.
   */
  static async fromImages(
    uri: string,
    images: Readonly<Record<string, ImageSource>>,
    options: IngestOptions = {},
  ): Promise<Cohort> {
    const { cohort, report } = await Cohort.ingest(uri, images, options);
    const [first] = report.failed;
    if (first) {
      throw new IsovoxError(
        'ERR_IO',
        `${report.failed.length} images were not read, the first: ${first.path}: ${first.reason}`,
        {
          path: first.path,
          failed: JSON.stringify(report.failed),
        },
      );
    }
    return cohort;
  }

  /** As fromImages; what could not be read is in the report, and the rest is in the cohort. */
  static async ingest(
    uri: string,
    images: Readonly<Record<string, ImageSource>>,
    options: IngestOptions = {},
  ): Promise<{ cohort: Cohort; report: IngestReport }> {
    const { context } = options;
    const place = placeOf(uri, context);
    const listed = Object.entries(images).map(([name, source]) => listSources(name, source, context));
    const items = (await Promise.all(listed)).flat();
    await ensureStore(place);
    const report = await ingest(place, items, options);
    return { cohort: await Cohort.open(uri, context), report };
  }

  /** More images into this cohort; what is in it already, from the same source, is not read again. */
  async append(images: Readonly<Record<string, ImageSource>>, options: IngestOptions = {}): Promise<IngestReport> {
    const { cohort, report } = await Cohort.ingest(this.uri, images, { context: this.place.context, ...options });
    this.#manifest = cohort.#manifest;
    return report;
  }

  get collectionNames(): string[] {
    return [...new Set(this.#manifest.volumes.map((row) => row.collection))];
  }
  get subjectIds(): string[] {
    return this.#manifest.subjects.map((row) => row.subject_id);
  }
  get length(): number {
    return this.#manifest.volumes.length;
  }

  collection(name: string): Collection {
    const rows = this.#manifest.volumes.filter((row) => row.collection === name);
    if (rows.length === 0) throw invalidArgument('collection', `one of ${this.collectionNames.join(', ')}`, name);
    return new Collection(name, this.place, rows, this.#subjectMap());
  }

  /** All volumes, of every collection. */
  all(): Collection {
    return new Collection('', this.place, this.#manifest.volumes, this.#subjectMap());
  }

  /** What each collection holds. */
  describe(): CollectionSummary[] {
    return this.collectionNames.map((name) => this.collection(name).describe());
  }

  /** Subjects of whom every one of these collections, all when none is named, has a volume. */
  subjectsWith(...collections: string[]): string[] {
    const names = collections.length === 0 ? this.collectionNames : collections;
    const sets = names.map((name) => new Set(this.collection(name).subjectIds));
    return this.subjectIds.filter((subject) => sets.every((set) => set.has(subject)));
  }

  subjectsTable(): Table {
    return tableOf('subjects', 'Subjects', this.#manifest.subjects);
  }
  volumesTable(): Table {
    return volumesTable(this.#manifest.volumes);
  }

  /** What is wrong with the store; an empty list when nothing is. */
  validate(): Promise<StoreFinding[]> {
    return validateStore(this.place);
  }

  #subjectMap() {
    return new Map(this.#manifest.subjects.map((row) => [row.subject_id, row]));
  }
}
