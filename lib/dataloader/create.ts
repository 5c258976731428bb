/** The loaders that programs ask for: each is a `DataLoader` with the habits of its task. */

import { invalidArgument } from '../errors.js';
import { Context, defaultContext } from '../runtime/context.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type BatchMemory, DataLoader, type LoaderPlan } from './loader.js';
import { type LoaderCollection, subjectsOf } from './subjects.js';
import type { Transform } from './transforms.js';

type Axes = readonly [number, number, number];

export interface LoaderOptions {
  /** Stacked as channels; subjects that one of them lacks are left out. */
  readonly collections: LoaderCollection | readonly LoaderCollection[];
  /** A label volume per subject: batches have a `mask`. */
  readonly masks?: LoaderCollection | undefined;
  /** A value per subject: batches have a `label`. */
  readonly labels?: Readonly<Record<string, number | string>> | ReadonlyMap<string, number | string> | undefined;
  /** Default 4; 1 for inference. */
  readonly batchSize?: number | undefined;
  /** Voxels along x, y, z. Required for patches; else volumes are cut or padded to it, by default that of the first. */
  readonly patchSize?: Axes | undefined;
  /** Default `patch` when there is a patch size, else `full`. */
  readonly loadingMode?: 'patch' | 'full' | 'slice' | undefined;
  /** Of slices. Default axial. */
  readonly sliceOrientation?: 'axial' | 'coronal' | 'sagittal' | undefined;
  /** Random patches or slices of each volume in an epoch. Default 1. */
  readonly patchesPerVolume?: number | undefined;
  /** Batches made ahead on the native pool, in this process; 0 makes each when it is asked for. Default 4. */
  readonly numWorkers?: number | undefined;
  /** Taken for the sake of other loaders' callers: see `DataLoader.memory` for what is had. */
  readonly pinMemory?: boolean | undefined;
  /** Taken for the sake of other loaders' callers: there are no workers to persist. */
  readonly persistentWorkers?: boolean | undefined;
  readonly transforms?: readonly Transform[] | undefined;
  /** Values of the mask that become a channel each. */
  readonly oneHot?: readonly number[] | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Of images beyond the volume. Default 0; -1024 for CT. */
  readonly outside?: number | undefined;
  /** Where batches lie, when other processes shall see them: `serveBatches` gives it. */
  readonly memory?: BatchMemory | undefined;
  readonly context?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Habits = Pick<LoaderPlan, 'shuffle' | 'dropLast'> & {
  readonly batchSize: number;
  readonly random: boolean;
  readonly overlap?: Axes | undefined;
  readonly foreground?: LoaderPlan['foreground'];
  readonly rank?: number;
  readonly worldSize?: number;
};

function create(options: LoaderOptions, habits: Habits): DataLoader {
  const { patchSize, loadingMode = patchSize ? 'patch' : 'full', patchesPerVolume = 1, labels } = options;
  if (loadingMode === 'patch' && !patchSize)
    throw invalidArgument('patchSize', 'a size for loadingMode patch', patchSize);
  if (!Number.isInteger(patchesPerVolume) || patchesPerVolume < 1) {
    throw invalidArgument('patchesPerVolume', 'an integer of at least 1', patchesPerVolume);
  }
  const collections = Array.isArray(options.collections) ? options.collections : [options.collections];
  const sliceAxis = { sagittal: 0, coronal: 1, axial: 2 }[options.sliceOrientation ?? 'axial'] as 0 | 1 | 2;
  const whole = loadingMode === 'full';
  const context = options.context ?? new Context(defaultContext().config);
  const task: SubmitOptions = { context, signal: options.signal };
  return new DataLoader({
    subjects: subjectsOf(collections as readonly LoaderCollection[], options.masks, context.memoryBudgetMb),
    patchSize,
    placing: whole
      ? { kind: 'centre' }
      : habits.random
        ? { kind: 'random', perVolume: patchesPerVolume }
        : { kind: 'cover', overlap: habits.overlap ?? [0, 0, 0] },
    sliceAxis: loadingMode === 'slice' ? sliceAxis : undefined,
    foreground: habits.foreground,
    batchSize: options.batchSize ?? habits.batchSize,
    shuffle: habits.shuffle,
    dropLast: habits.dropLast,
    seed: options.seed ?? 0,
    rank: habits.rank ?? 0,
    worldSize: habits.worldSize ?? 1,
    transforms: options.transforms ?? [],
    classes: options.oneHot,
    values: labels && (labels instanceof Map ? labels : new Map(Object.entries(labels))),
    ahead: options.numWorkers ?? 4,
    outside: options.outside ?? 0,
    memory: options.memory,
    task,
  });
}

const TRAINING = { batchSize: 4, random: true, shuffle: true, dropLast: true } as const;

/** Shuffled random patches (or slices, or whole volumes); the last short batch is dropped. */
export function createTrainingDataloader(options: LoaderOptions): DataLoader {
  return create(options, TRAINING);
}

/** Every subject in order; patches cover the volume, nothing is dropped. */
export function createValidationDataloader(options: LoaderOptions): DataLoader {
  return create(options, { ...TRAINING, random: false, shuffle: false, dropLast: false });
}

/** One by one, in order, covering the volumes with `overlap` voxels shared by neighbours. */
export function createInferenceDataloader(options: LoaderOptions & { readonly overlap?: Axes }): DataLoader {
  return create(options, { batchSize: 1, random: false, shuffle: false, dropLast: false, overlap: options.overlap });
}

/**
 * Training patches with masks; `foregroundSampling` of them (default half) are put about a voxel of the foreground, which
 * is any label above 0 or one of `foregroundClasses`.
 */
export function createSegmentationDataloader(
  options: LoaderOptions & {
    readonly masks: LoaderCollection;
    readonly foregroundSampling?: number | undefined;
    readonly foregroundClasses?: readonly number[] | undefined;
  },
): DataLoader {
  const { foregroundSampling: probability = 0.5, foregroundClasses: classes = [] } = options;
  if (!(probability >= 0 && probability <= 1))
    throw invalidArgument('foregroundSampling', 'a number from 0 to 1', probability);
  return create(options, { ...TRAINING, foreground: { probability, classes } });
}

/**
 * The share of one of `worldSize` processes: shares are disjoint and cover every sample of an epoch, whose order all
 * processes agree on by seed and `setEpoch`. Nothing is dropped or repeated, so shares may differ by one sample.
 */
export function createDistributedDataloader(
  options: LoaderOptions & {
    readonly rank: number;
    readonly worldSize: number;
    readonly foregroundSampling?: number | undefined;
    readonly foregroundClasses?: readonly number[] | undefined;
  },
): DataLoader {
  const { rank, worldSize, foregroundSampling, foregroundClasses: classes = [] } = options;
  const foreground = foregroundSampling === undefined ? undefined : { probability: foregroundSampling, classes };
  return create(options, { ...TRAINING, dropLast: false, rank, worldSize, foreground });
}
