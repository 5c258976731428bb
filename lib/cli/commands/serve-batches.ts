/** isovox serve-batches: batches for a training program in another language, through shared memory. */

import { writeSync } from 'node:fs';

import { Cohort } from '../../cohort/index.js';
import { listSources } from '../../cohort/sources.js';
import { type BatchServerEvent, serveBatches } from '../../dataloader/batch-server.js';
import {
  createDistributedDataloader,
  createInferenceDataloader,
  createSegmentationDataloader,
  createTrainingDataloader,
  createValidationDataloader,
  type LoaderOptions,
} from '../../dataloader/create.js';
import type { BatchMemory, DataLoader } from '../../dataloader/loader.js';
import type { LoaderCollection } from '../../dataloader/subjects.js';
import { loadTransforms } from '../../dataloader/transforms-file.js';
import { IsovoxError, invalidArgument } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export interface ServeBatchesOptions extends CommonOptions {
  readonly socket: string;
  readonly store?: string;
  readonly images?: readonly string[];
  readonly collections?: readonly string[];
  readonly masks?: string;
  readonly kind: 'training' | 'validation' | 'inference' | 'segmentation';
  readonly mode?: 'patch' | 'full' | 'slice';
  readonly sliceOrientation?: 'axial' | 'coronal' | 'sagittal';
  readonly batchSize?: number;
  readonly patchSize?: [number, number, number];
  readonly patchesPerVolume?: number;
  readonly oneHot?: readonly string[];
  readonly transforms?: string;
  readonly foreground?: number;
  readonly outside: number;
  readonly seed: number;
  readonly worldSize: number;
  readonly slots: number;
  readonly once?: boolean;
}

export async function serve(options: ServeBatchesOptions): Promise<number> {
  const context = commandContext(options);
  const { collections, masks } = await sourcesOf(options, context);
  const shared: LoaderOptions = {
    collections,
    masks,
    loadingMode: options.mode,
    sliceOrientation: options.sliceOrientation,
    batchSize: options.batchSize,
    patchSize: options.patchSize,
    patchesPerVolume: options.patchesPerVolume,
    oneHot: options.oneHot?.map((text) => {
      const value = Number(text);
      if (!Number.isFinite(value)) throw invalidArgument('--one-hot', 'values of labels', text);
      return value;
    }),
    transforms: options.transforms === undefined ? [] : await loadTransforms(options.transforms),
    outside: options.outside,
    seed: options.seed,
    numWorkers: options.slots,
    context,
  };
  const loader = (consumer: { rank: number; memory: BatchMemory; signal: AbortSignal }): DataLoader =>
    loaderOf(options, { ...shared, memory: consumer.memory, signal: consumer.signal }, consumer.rank);
  await interruptible(async (signal) => {
    await serveBatches({
      socket: options.socket,
      loader,
      worldSize: options.worldSize,
      slots: options.slots,
      once: options.once,
      signal,
      onEvent: (event) => tell(event, options),
    });
  });
  return EXIT.done;
}

function loaderOf(options: ServeBatchesOptions, shared: LoaderOptions, rank: number): DataLoader {
  const { kind, worldSize, foreground: foregroundSampling } = options;
  if (worldSize > 1) {
    if (kind !== 'training' && kind !== 'segmentation')
      throw invalidArgument('--kind', 'training or segmentation with more than one rank', kind);
    const sampling = kind === 'segmentation' ? (foregroundSampling ?? 0.5) : undefined;
    return createDistributedDataloader({ ...shared, rank, worldSize, foregroundSampling: sampling });
  }
  switch (kind) {
    case 'training':
      return createTrainingDataloader(shared);
    case 'validation':
      return createValidationDataloader(shared);
    case 'inference':
      return createInferenceDataloader(shared);
    case 'segmentation': {
      const { masks } = shared;
      if (!masks) throw invalidArgument('--masks', 'the collection of masks', undefined);
      return createSegmentationDataloader({ ...shared, masks, foregroundSampling });
    }
  }
}

async function sourcesOf(
  options: ServeBatchesOptions,
  context: Context,
): Promise<{ collections: LoaderCollection[]; masks: LoaderCollection | undefined }> {
  const named = new Map<string, LoaderCollection>();
  if ((options.store === undefined) === (options.images === undefined))
    throw invalidArgument('--store', 'either a cohort by --store or images by --images', options.store);
  if (options.store !== undefined) {
    const cohort = await Cohort.open(options.store, context);
    for (const name of cohort.collectionNames) named.set(name, cohort.collection(name));
  }
  for (const text of options.images ?? []) {
    const at = text.indexOf('=');
    if (at < 1) throw invalidArgument('--images', 'NAME=GLOB', text);
    const name = text.slice(0, at);
    const items = await listSources(name, text.slice(at + 1), context);
    named.set(name, { name, files: items.map(({ subject, path }) => ({ subject, path })) });
  }
  const find = (name: string): LoaderCollection => {
    const found = named.get(name);
    if (found) return found;
    const known = [...named.keys()].join(', ');
    throw new IsovoxError('ERR_NOT_FOUND', `There is no collection ${name}; there are ${known}`, { name });
  };
  const { masks } = options;
  const wanted = options.collections ?? [...named.keys()].filter((name) => name !== masks);
  return { collections: wanted.map(find), masks: masks === undefined ? undefined : find(masks) };
}

function tell(event: BatchServerEvent, { json, quiet }: CommonOptions): void {
  // At once: whoever started this process waits for the line before it connects.
  if (json) writeSync(1, `${JSON.stringify(event)}\n`);
  else if (!quiet || event.kind === 'refused') writeSync(2, `${wordsOf(event)}\n`);
}

function wordsOf(event: BatchServerEvent): string {
  switch (event.kind) {
    case 'listening':
      return `serving batches on ${event.socket}; Ctrl-C ends it`;
    case 'joined':
      return `rank ${event.rank} joined`;
    case 'left':
      return `rank ${event.rank} left after ${event.batches} batches`;
    case 'epoch':
      return `rank ${event.rank}: epoch ${event.epoch}, ${event.batches} batches`;
    case 'refused':
      return `a consumer was refused: ${event.reason}`;
  }
}
