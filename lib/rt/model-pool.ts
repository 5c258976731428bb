/** The models of a run: loaded once, shared by its courses, a few courses at a time. */

import { availableParallelism } from 'node:os';

import { getConfig } from '../config/resolve.js';
import type { ModelFolder } from '../inference/model-folder.js';
import { Segmenter } from '../inference/segmenter.js';
import type { Context } from '../runtime/context.js';
import { Lane } from './lane.js';
import type { RunConfig } from './run-config.js';

/** Courses that are segmented at once on the processor. */
export const cpuSegmentations = (): number => Math.max(1, Math.min(2, Math.floor(availableParallelism() / 4)));

/** Threads of one segmentation. */
export const segmentationThreads = (): number =>
  getConfig().inference.intraOpThreads ?? Math.max(2, Math.min(8, Math.floor(availableParallelism() / 2)));

export class ModelPool {
  readonly #loaded = new Map<string, Promise<Segmenter>>();
  readonly #device: string;
  readonly #context: Context;
  readonly #workers: { readonly models: number | undefined; readonly custom: number | undefined };
  #lanes: { models: Lane; custom: Lane } | undefined;

  constructor(config: RunConfig, context: Context) {
    this.#device = config.segmentation.device ?? getConfig().inference.device;
    this.#context = context;
    this.#workers = { models: config.segmentation.workers, custom: config.customModels.workers };
  }

  /** The folder's networks, loaded and checked at the first call. */
  get(folder: ModelFolder): Promise<Segmenter> {
    let loading = this.#loaded.get(folder.digest);
    if (!loading) {
      loading = Segmenter.load(folder, {
        device: this.#device,
        threads: segmentationThreads(),
        context: this.#context,
      });
      this.#loaded.set(folder.digest, loading);
      // A refused model is asked for again by the next course, which then has its own error.
      loading.catch(() => this.#loaded.delete(folder.digest));
    }
    return loading;
  }

  /** Where `folder` runs, and the lane that its courses take: one on a GPU, a few on the processor. */
  async lane(kind: 'models' | 'custom', folder: ModelFolder): Promise<Lane> {
    const { provider } = await this.get(folder);
    const width = provider === 'cpu' ? cpuSegmentations() : 1;
    this.#lanes ??= {
      models: new Lane(this.#workers.models ?? width),
      custom: new Lane(this.#workers.custom ?? width),
    };
    return this.#lanes[kind];
  }

  async dispose(): Promise<void> {
    for (const loading of this.#loaded.values()) (await loading.catch(() => undefined))?.dispose();
    this.#loaded.clear();
  }
}
