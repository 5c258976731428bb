/** Batches, in an order that depends on seed and epoch only. */

import { IsovoxError, invalidArgument } from '../errors.js';
import { fillBatch, makeBatchMemory, sampleForeground } from '../native/loader.js';
import { dispose, viewVolume } from '../native/volume.js';
import { defaultContext } from '../runtime/context.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { RandomStream } from './random.js';
import { epochOrder, shareOf } from './sampler.js';
import { Slots } from './slots.js';
import type { LoaderSubject, VolumeHandle } from './subjects.js';
import { type Draft, drafted, sampleOf, type Transform } from './transforms.js';

type Axes = readonly [number, number, number];

/**
 * Arrays of a batch are views of memory that the next batch reuses: copy what must outlive one turn of the loop. Shapes
 * are [N, C, D, H, W]; the last batch may have fewer samples.
 */
export interface Batch {
  readonly image: Float32Array;
  readonly shape: readonly [number, number, number, number, number];
  /** Of labels, with a channel per class when one-hot. */
  readonly mask?: Float32Array | undefined;
  readonly maskShape?: readonly [number, number, number, number, number] | undefined;
  /** Of the subjects, when the loader was given values. */
  readonly label?: Array<number | string> | undefined;
  readonly subjects: string[];
  /** Of the samples in the epoch's data, whatever the order. */
  readonly idx: number[];
  readonly patchIdx: number[];
  /** First voxel of each patch along x, y, z. */
  readonly patchStart: Array<readonly number[]>;
}

/** A batch that stays as it is until `release`. */
export interface Lease {
  readonly batch: Batch;
  /** Of the memory that the batch lies in, from 0. */
  readonly slot: number;
  release(): void;
}

/** Memory of the caller's for batches: `slots` blocks that batches take in turn, and wait for when all are held. */
export interface BatchMemory {
  readonly slots: number;
  /** A new file for the images or masks of a slot, which other processes may map. */
  path(slot: number, of: 'image' | 'mask'): string;
}

export interface LoaderPlan {
  readonly subjects: readonly LoaderSubject[];
  /** Along x, y, z; undefined takes the size of the first volume. */
  readonly patchSize?: Axes | undefined;
  /**
   * Where patches lie: at random, in the middle, or side by side until the volume is covered (`overlap` voxels shared).
   * Slices are patches one voxel thick.
   */
  readonly placing:
    | { readonly kind: 'random'; readonly perVolume: number }
    | { readonly kind: 'centre' }
    | { readonly kind: 'cover'; readonly overlap: Axes };
  /** One voxel thick along this axis, whole along the others. */
  readonly sliceAxis?: 0 | 1 | 2 | undefined;
  /** How often a random patch is put about a voxel of the foreground. */
  readonly foreground?: { readonly probability: number; readonly classes: readonly number[] } | undefined;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly seed: number;
  readonly rank: number;
  readonly worldSize: number;
  readonly transforms: readonly Transform[];
  readonly classes?: readonly number[] | undefined;
  readonly values?: ReadonlyMap<string, number | string> | undefined;
  /** Batches made ahead; 0 makes each when it is asked for. */
  readonly ahead: number;
  /** Of images beyond the volume; labels have 0 there. */
  readonly outside: number;
  /** Default: as much of this process's as batches are made ahead and held. */
  readonly memory?: BatchMemory | undefined;
  readonly task: SubmitOptions;
}

interface SampleRef {
  readonly subject: number;
  readonly patch: number;
  /** Undefined: drawn anew each epoch. */
  readonly start?: Axes | undefined;
}

interface DrawnSample {
  readonly draft: Draft;
  readonly images: VolumeHandle[];
  readonly labels: VolumeHandle[];
  readonly start: Axes;
  readonly subject: string;
  readonly patch: number;
}

interface Buffers {
  readonly slot: number;
  readonly image: { handle: Handle<'Volume'>; view: Float32Array };
  readonly mask?: { handle: Handle<'Volume'>; view: Float32Array } | undefined;
}

const FOREGROUND_VOXELS = 4096;

export class DataLoader implements AsyncIterable<Batch> {
  #epoch = -1;
  #samples: Promise<{ size: Axes; refs: SampleRef[] }> | undefined;
  readonly #foreground = new Map<number, Promise<Int32Array>>();
  readonly #slots: Slots<Buffers>;

  constructor(private readonly plan: LoaderPlan) {
    this.#slots = new Slots((slot) => this.#allocate(slot), plan.memory?.slots);
    const { batchSize, ahead, patchSize, seed } = plan;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw invalidArgument('batchSize', 'an integer of at least 1', batchSize);
    if (!Number.isInteger(ahead) || ahead < 0) throw invalidArgument('numWorkers', 'an integer of at least 0', ahead);
    if (!Number.isSafeInteger(seed) || seed < 0) throw invalidArgument('seed', 'a whole number of at least 0', seed);
    if (patchSize && !patchSize.every((n) => Number.isInteger(n) && n >= 1)) {
      throw invalidArgument('patchSize', 'three integers of at least 1', patchSize);
    }
    shareOf([], plan.rank, plan.worldSize);
  }

  /** The next iteration is of this epoch; without it, each is of the one after the last. */
  setEpoch(epoch: number): void {
    if (!Number.isInteger(epoch) || epoch < 0) throw invalidArgument('epoch', 'an integer of at least 0', epoch);
    this.#epoch = epoch - 1;
  }

  /** Samples and batches of one epoch of this rank. */
  async count(): Promise<{ samples: number; batches: number }> {
    const { refs } = await this.#prepared();
    const samples = shareOf(
      epochOrder(refs.length, { seed: 0, epoch: 0, shuffle: false }),
      this.plan.rank,
      this.plan.worldSize,
    ).length;
    const { batchSize, dropLast } = this.plan;
    return { samples, batches: dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize) };
  }

  /** Where batches lie; page-locked memory for a GPU is not had without a CUDA device in the process. */
  get memory(): { pinned: boolean; reason: string } {
    return { pinned: false, reason: 'aligned for the CPU; no CUDA device is used by this process' };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    for await (const { batch, release } of this.leases()) {
      try {
        yield batch;
      } finally {
        release();
      }
    }
  }

  /** The same epoch for those who hold several batches at once: each is theirs until they release it. */
  async *leases(): AsyncGenerator<Lease, void, undefined> {
    const epoch = ++this.#epoch;
    const { seed, shuffle, rank, worldSize, batchSize, dropLast, ahead } = this.plan;
    const { size, refs } = await this.#prepared();
    const order = shareOf(epochOrder(refs.length, { seed, epoch, shuffle }), rank, worldSize);
    const batches: number[][] = [];
    for (let at = 0; at < order.length; at += batchSize) batches.push(order.slice(at, at + batchSize));
    if (dropLast && (batches.at(-1)?.length ?? batchSize) < batchSize) batches.pop();

    const stop = new AbortController();
    const signal = this.plan.task.signal ? AbortSignal.any([this.plan.task.signal, stop.signal]) : stop.signal;
    const waiting: Array<Promise<{ batch: Batch; buffers: Buffers }>> = [];
    let next = 0;
    const begin = () => {
      const indexes = batches[next++];
      if (indexes === undefined) return;
      const made = this.#make(indexes, refs, size, epoch, signal);
      made.catch(() => {}); // reported when its turn comes
      waiting.push(made);
    };
    try {
      for (let i = 0; i < Math.max(1, ahead); i++) begin();
      for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
        const { batch, buffers } = await first;
        if (ahead > 0) begin();
        let held = true;
        const release = () => {
          if (held) this.#slots.give(buffers);
          held = false;
        };
        yield { batch, slot: buffers.slot, release };
        if (ahead === 0) begin();
      }
    } finally {
      stop.abort();
      for (const settled of await Promise.allSettled(waiting)) {
        if (settled.status === 'fulfilled') this.#slots.give(settled.value.buffers);
      }
    }
  }

  /** Frees the memory of all batches, of which none may be looked at afterwards; further epochs make it anew. */
  close(): void {
    for (const { image, mask } of this.#slots.drop()) for (const one of [image, mask]) if (one) dispose(one.handle);
  }

  /** Makes the memory of all slots now, and says what lies in one: [N, C, D, H, W]. */
  async reserve(): Promise<{ image: readonly number[]; mask?: readonly number[] | undefined }> {
    const { size } = await this.#prepared();
    await this.#slots.fill();
    const { batchSize, subjects, classes } = this.plan;
    const shapeOf = (planes: number) => [batchSize, planes, size[2], size[1], size[0]];
    return {
      image: shapeOf(subjects[0]?.channels.length ?? 1),
      mask: subjects[0]?.labels && shapeOf(classes?.length ?? 1),
    };
  }

  async #make(indexes: readonly number[], refs: readonly SampleRef[], size: Axes, epoch: number, signal: AbortSignal) {
    const { plan } = this;
    const task = { ...plan.task, signal };
    const buffers = await this.#slots.take(signal);
    const channels = plan.subjects[0]?.channels.length ?? 1;
    let samples: DrawnSample[];
    try {
      samples = await Promise.all(indexes.map((index) => this.#sample(index, refs, size, epoch, task)));
      const shared = { size, outside: plan.outside };
      const images = fillBatch(
        {
          ...shared,
          buffer: buffers.image.handle,
          channelCount: channels,
          samples: samples.map(({ draft, images, start }) => sampleOf(draft, images, start, true)),
        },
        task,
      );
      const masks =
        buffers.mask &&
        fillBatch(
          {
            size,
            buffer: buffers.mask.handle,
            nearest: true,
            samples: samples.map(({ draft, labels, start }) => sampleOf(draft, labels, start, false)),
            ...(plan.classes && { classes: plan.classes }),
          },
          task,
        );
      for (const done of await Promise.allSettled([images, masks])) if (done.status === 'rejected') throw done.reason;
    } catch (thrown) {
      this.#slots.give(buffers);
      throw thrown;
    }
    const count = samples.length;
    const voxels = size[0] * size[1] * size[2];
    const maskPlanes = plan.classes?.length ?? 1;
    const shapeOf = (planes: number) => [count, planes, size[2], size[1], size[0]] as const;
    const batch: Batch = {
      image: buffers.image.view.subarray(0, count * channels * voxels),
      shape: shapeOf(channels),
      mask: buffers.mask?.view.subarray(0, count * maskPlanes * voxels),
      maskShape: buffers.mask && shapeOf(maskPlanes),
      label: plan.values && samples.map(({ subject }) => this.#valueOf(subject)),
      subjects: samples.map(({ subject }) => subject),
      idx: [...indexes],
      patchIdx: samples.map(({ patch }) => patch),
      patchStart: samples.map(({ start }) => start),
    };
    return { batch, buffers };
  }

  async #sample(
    index: number,
    refs: readonly SampleRef[],
    size: Axes,
    epoch: number,
    task: SubmitOptions,
  ): Promise<DrawnSample> {
    const { plan } = this;
    const ref = refs[index] as SampleRef;
    const subject = plan.subjects[ref.subject] as LoaderSubject;
    const random = new RandomStream(plan.seed, epoch, index + 1);
    const start = ref.start ?? (await this.#drawStart(ref.subject, subject, size, random, task));
    const draft: Draft = drafted(plan.transforms, random, size);
    const [images, labels] = await Promise.all([
      Promise.all(subject.channels.map((volume) => volume.open(task))),
      subject.labels ? subject.labels.open(task).then((handle) => [handle]) : [],
    ]);
    return { draft, images, labels, start, subject: subject.subjectId, patch: ref.patch };
  }

  async #drawStart(
    place: number,
    subject: LoaderSubject,
    size: Axes,
    random: RandomStream,
    task: SubmitOptions,
  ): Promise<Axes> {
    const whole = await (subject.channels[0] as LoaderSubject['channels'][number]).size(task);
    const { foreground } = this.plan;
    // Drawn in any case, so that a change of the foreground's share moves no other number.
    const [chance, pick] = [random.uniform(), random.uniform()];
    const free = whole.map((n, a) => random.uniform() * (n - (size[a] ?? 1) + 1)) as unknown as Axes;
    let wanted = free.map(Math.floor);
    if (foreground && chance < foreground.probability) {
      const voxels = await this.#foregroundOf(place, subject, task);
      const chosen = Math.floor(pick * (voxels.length / 3));
      if (voxels.length > 0)
        wanted = [0, 1, 2].map((a) => (voxels[chosen * 3 + a] ?? 0) - Math.floor((size[a] ?? 1) / 2));
    }
    // Smaller volumes lie in the middle of the patch.
    return wanted.map((at, a) => {
      const most = (whole[a] ?? 0) - (size[a] ?? 1);
      return most < 0 ? Math.floor(most / 2) : Math.min(Math.max(at, 0), most);
    }) as unknown as Axes;
  }

  #foregroundOf(place: number, subject: LoaderSubject, task: SubmitOptions): Promise<Int32Array> {
    const known = this.#foreground.get(place);
    if (known) return known;
    const { labels } = subject;
    if (!labels || !this.plan.foreground) return Promise.resolve(new Int32Array());
    const { classes } = this.plan.foreground;
    const { signal: _, ...lasting } = task; // the next epoch wants it too
    const found = labels
      .open(lasting)
      .then((handle) =>
        sampleForeground(
          { labels: handle, count: FOREGROUND_VOXELS, seed: this.plan.seed, ...(classes.length > 0 && { classes }) },
          lasting,
        ),
      );
    this.#foreground.set(place, found);
    found.catch(() => this.#foreground.delete(place));
    return found;
  }

  #valueOf(subject: string): number | string {
    const value = this.plan.values?.get(subject);
    if (value === undefined)
      throw new IsovoxError('ERR_NOT_FOUND', `There is no label for subject ${subject}`, { subject });
    return value;
  }

  #prepared(): Promise<{ size: Axes; refs: SampleRef[] }> {
    this.#samples ??= this.#prepare();
    this.#samples.catch(() => {
      this.#samples = undefined;
    });
    return this.#samples;
  }

  async #prepare(): Promise<{ size: Axes; refs: SampleRef[] }> {
    const { subjects, patchSize, placing, sliceAxis, values, task } = this.plan;
    const [first] = subjects;
    if (first === undefined) throw invalidArgument('collections', 'at least one subject', '[]');
    for (const { subjectId } of values ? subjects : []) this.#valueOf(subjectId);
    const sizeOf = async (subject: LoaderSubject): Promise<Axes> => {
      const volumes = [...subject.channels, ...(subject.labels ? [subject.labels] : [])];
      const sizes = await Promise.all(volumes.map((volume) => volume.size(task)));
      const [one = [0, 0, 0]] = sizes;
      const other = sizes.findIndex((size) => size.some((n, a) => n !== one[a]));
      if (other >= 0) {
        throw new IsovoxError(
          'ERR_GEOMETRY',
          `${volumes[0]?.name} has ${one.join(' x ')} voxels and ${volumes[other]?.name} ${sizes[other]?.join(' x ')}: volumes of a subject are stacked voxel by voxel, so resample one onto the other first`,
          { subject: subject.subjectId },
        );
      }
      return one as Axes;
    };
    const size = [...(patchSize ?? (await sizeOf(first)))] as [number, number, number];
    if (sliceAxis !== undefined) size[sliceAxis] = 1;
    this.#slots.limit(this.#affordable(size));
    const refs: SampleRef[] = [];
    for (const [place, subject] of subjects.entries()) {
      const whole = await sizeOf(subject);
      if (placing.kind === 'random') {
        for (let patch = 0; patch < placing.perVolume; patch++) refs.push({ subject: place, patch });
        continue;
      }
      const starts = whole.map((n, a) =>
        startsAlong(n, size[a] ?? 1, placing.kind === 'cover' ? (placing.overlap[a] ?? 0) : undefined),
      );
      let patch = 0;
      for (const z of starts[2] ?? []) {
        for (const y of starts[1] ?? [])
          for (const x of starts[0] ?? []) refs.push({ subject: place, patch: patch++, start: [x, y, z] });
      }
    }
    return { size, refs };
  }

  /** How many batches the memory budget has room for, at most one more than are made ahead. */
  #affordable(size: Axes): number {
    const { batchSize, subjects, classes, memory, ahead, task } = this.plan;
    const planes = (subjects[0]?.channels.length ?? 1) + (subjects[0]?.labels ? (classes?.length ?? 1) : 0);
    const bytes = 4 * size[0] * size[1] * size[2] * planes * batchSize;
    const limit = (task.context ?? defaultContext()).memoryBudgetMb * 2 ** 20;
    const slots = memory?.slots ?? ahead + 1;
    const needed = memory ? slots * bytes : bytes; // what others map is all there from the beginning
    if (needed > limit) {
      const [need, budget] = [needed, limit].map((value) => Math.ceil(value / 2 ** 20));
      throw new IsovoxError(
        'ERR_RESOURCE',
        `${memory ? `${slots} batches need` : 'A batch needs'} ${need} MiB and read.memoryBudgetMb is ${budget}: raise it, or take smaller batches`,
        { requested: String(needed), limit: String(limit) },
      );
    }
    return Math.min(slots, Math.floor(limit / bytes));
  }

  async #allocate(slot: number): Promise<Buffers> {
    const { batchSize, subjects, classes, memory, task } = this.plan;
    const { size } = await this.#prepared();
    const make = async (of: 'image' | 'mask', planes: number) => {
      const values = size[0] * size[1] * size[2] * planes * batchSize;
      const { signal: _, ...lasting } = task; // a slot outlives the epoch that needs it first
      const handle = await makeBatchMemory({ values, ...(memory && { path: memory.path(slot, of) }) }, lasting);
      return { handle, view: viewVolume(handle) as Float32Array };
    };
    const first = subjects[0];
    return {
      slot,
      image: await make('image', first?.channels.length ?? 1),
      mask: first?.labels ? await make('mask', classes?.length ?? 1) : undefined,
    };
  }
}

/** First voxels of patches: one in the middle, or so many that they cover the axis with the overlap asked for. */
function startsAlong(whole: number, size: number, overlap: number | undefined): number[] {
  const most = whole - size;
  if (overlap === undefined || most <= 0) return [Math.floor(most / 2)];
  const step = size - overlap;
  if (step < 1) throw invalidArgument('overlap', `fewer voxels than the patch has (${size})`, overlap);
  const count = Math.ceil(most / step) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(i * step, most));
}
