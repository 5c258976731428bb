/** What samples are taken from: volumes of one subject in several collections, or files. */

import type { CohortVolume, Collection } from '../cohort/index.js';
import { IsovoxError, invalidArgument } from '../errors.js';
import { readVolume } from '../native/formats.js';
import { describeStore } from '../native/store.js';
import { describeVolume } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';

export type VolumeHandle = Handle<'StoredVolume'> | Handle<'Volume'>;

/** A volume that a sample is cut from. `size` may need a look at the file. */
export interface LoadableVolume {
  readonly subjectId: string;
  readonly name: string;
  size(options?: SubmitOptions): Promise<readonly [number, number, number]>;
  open(options?: SubmitOptions): Promise<VolumeHandle>;
}

/** A volume of a cohort: only the chunks that a patch touches are read. */
class StoredSource implements LoadableVolume {
  constructor(private readonly volume: CohortVolume) {}
  get subjectId(): string {
    return this.volume.subjectId;
  }
  get name(): string {
    return this.volume.obsId;
  }
  async size(options?: SubmitOptions): Promise<readonly [number, number, number]> {
    return describeStore(await this.volume.open(options)).grid.size;
  }
  open(options?: SubmitOptions): Promise<VolumeHandle> {
    return this.volume.open(options);
  }
}

/** A file or a DICOM folder: read whole, and kept while a `FileCache` has room for it. */
class FileSource implements LoadableVolume {
  constructor(
    readonly subjectId: string,
    readonly name: string,
    private readonly cache: FileCache,
  ) {}
  async size(options?: SubmitOptions): Promise<readonly [number, number, number]> {
    return describeVolume(await this.cache.volume(this.name, options)).grid.size;
  }
  open(options?: SubmitOptions): Promise<VolumeHandle> {
    return this.cache.volume(this.name, options);
  }
}

/** Volumes of files, the least recently used dropped first. */
class FileCache {
  readonly #volumes = new Map<string, { volume: Promise<Handle<'Volume'>>; bytes: number }>();

  constructor(private readonly limitBytes: number) {}

  async volume(path: string, options?: SubmitOptions): Promise<Handle<'Volume'>> {
    const known = this.#volumes.get(path);
    if (known) {
      this.#volumes.delete(path);
      this.#volumes.set(path, known);
      return known.volume;
    }
    const entry = { volume: readVolume({ path }, options).then(({ volume }) => volume), bytes: 0 };
    this.#volumes.set(path, entry);
    try {
      entry.bytes = describeVolume(await entry.volume).bytes;
    } catch (thrown) {
      this.#volumes.delete(path);
      throw thrown;
    }
    // A volume in use outlives its place here: batches hold it natively.
    let held = [...this.#volumes.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [oldest, { bytes }] of this.#volumes) {
      if (held <= this.limitBytes || oldest === path) break;
      this.#volumes.delete(oldest);
      held -= bytes;
    }
    return entry.volume;
  }
}

/** Files with the subjects they show, as a source of a loader. */
export interface FileCollection {
  readonly name: string;
  readonly files: ReadonlyArray<{ readonly subject: string; readonly path: string }>;
  /** Volumes kept in memory between samples. Default half of `read.memoryBudgetMb`. */
  readonly cacheMiB?: number;
}

export type LoaderCollection = Collection | FileCollection;

/** One thing to cut patches from: a volume per channel, and one of labels. */
export interface LoaderSubject {
  readonly subjectId: string;
  readonly channels: readonly LoadableVolume[];
  readonly labels?: LoadableVolume | undefined;
}

function volumesOf(collection: LoaderCollection, budgetMiB: number): LoadableVolume[] {
  if ('files' in collection) {
    const cache = new FileCache((collection.cacheMiB ?? budgetMiB / 2) * 2 ** 20);
    return collection.files.map(({ subject, path }) => new FileSource(subject, path, cache));
  }
  return [...collection].map((volume) => new StoredSource(volume));
}

/**
 * Subjects that all collections have, in the order of the first. A subject with several volumes in a collection gives as
 * many samples, which must then be as many in every collection.
 */
export function subjectsOf(
  collections: readonly LoaderCollection[],
  labels: LoaderCollection | undefined,
  budgetMiB: number,
): LoaderSubject[] {
  if (collections.length === 0) throw invalidArgument('collections', 'at least one collection', '[]');
  const all = [...collections, ...(labels ? [labels] : [])].map((collection) => {
    const bySubject = new Map<string, LoadableVolume[]>();
    for (const volume of volumesOf(collection, budgetMiB)) {
      bySubject.set(volume.subjectId, [...(bySubject.get(volume.subjectId) ?? []), volume]);
    }
    return bySubject;
  });
  const [first = new Map<string, LoadableVolume[]>()] = all;
  const subjects = [...first].flatMap(([subjectId, volumes]) => {
    const lists = all.map((bySubject) => bySubject.get(subjectId) ?? []);
    if (lists.some((list) => list.length === 0)) return [];
    if (lists.some((list) => list.length !== volumes.length)) {
      throw new IsovoxError(
        'ERR_INVALID_ARGUMENT',
        `Subject ${subjectId} has ${lists.map((list) => list.length).join(', ')} volumes in the collections: choose one of each before loading`,
        { subject: subjectId },
      );
    }
    return volumes.map((_, v): LoaderSubject => {
      const row = lists.map((list) => list[v] as LoadableVolume);
      return labels
        ? { subjectId, channels: row.slice(0, -1), labels: row.at(-1) }
        : { subjectId, channels: row, labels: undefined };
    });
  });
  if (subjects.length === 0) throw invalidArgument('collections', 'a subject that all of them have', 'none');
  return subjects;
}
