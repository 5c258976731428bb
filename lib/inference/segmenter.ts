/** A model folder made ready: its networks loaded and checked, and volumes through them. */

import { join } from 'node:path';

import { checkModel, loadModel, segmentVolume } from '../native/inference.js';
import type { LoadedModel, ModelSpecInput, SegmentResult } from '../native/inference-types.js';
import { dispose } from '../native/volume.js';
import { type Context, defaultContext } from '../runtime/context.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type Manifest, specOf } from './manifest.js';
import { checkChecksums, type ModelFolder, readModelFolder } from './model-folder.js';
import { modelSettings, type SessionOptions } from './session.js';

export interface SegmenterOptions extends SessionOptions {
  /** Checked against the manifest before anything is loaded; true by default. */
  readonly checksums?: boolean;
}

const CHANNELS_HELD = 64;

/**
 * How the threads are shared out: on the CPU two or three tiles at a time, each on a part of them, waste less of the cores
 * than all on one; as long as what a network may hold of a tile (say 64 channels of float32) fits twice in half the
 * context's budget.
 */
export function shareThreads(
  threads: number,
  spec: ModelSpecInput,
  context: Pick<Context, 'threads' | 'memoryBudgetMb'>,
): { threads: number; lanes: number } {
  const each = Math.max(1, Math.floor(threads / 2));
  const lanes = threads / each;
  const [x, y, z] = spec.patch;
  const heldMb = (lanes * (spec.batch ?? 1) * x * y * z * 4 * CHANNELS_HELD) / 2 ** 20;
  const fits = Number.isInteger(lanes) && lanes <= context.threads && heldMb <= context.memoryBudgetMb / 2;
  return fits ? { threads: each, lanes } : { threads, lanes: 1 };
}

/** `const segmenter = await Segmenter.load('models/total'); const { labels } = await segmenter.segment([ct])`. */
export class Segmenter {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly digest: string;
  /** `cpu` or `cuda:N`. */
  readonly provider: string;
  readonly note: string;
  readonly onnxRuntime: string;
  readonly #models: LoadedModel[];
  readonly #spec: ModelSpecInput;
  readonly #lanes: number;
  readonly #options: SubmitOptions;

  private constructor(
    at: ModelFolder,
    models: LoadedModel[],
    spec: ModelSpecInput,
    lanes: number,
    options: SubmitOptions,
  ) {
    const [first] = models as [LoadedModel];
    this.folder = at.folder;
    this.manifest = at.manifest;
    this.digest = at.digest;
    this.provider = first.provider;
    this.note = first.note;
    this.onnxRuntime = first.onnxRuntime;
    this.#models = models;
    this.#spec = spec;
    this.#lanes = lanes;
    this.#options = options;
  }

  /** Rejects with ERR_MODEL when manifest, checksum, network or their combination is wrong. */
  static async load(folder: string | ModelFolder, options: SegmenterOptions = {}): Promise<Segmenter> {
    const { context, signal } = options;
    const at = typeof folder === 'string' ? await readModelFolder(folder) : folder;
    if (options.checksums ?? true) await checkChecksums(at, signal);
    const spec = specOf(at.manifest);
    const settings = modelSettings(options);
    const { threads, lanes } = shareThreads(settings.threads, spec, context ?? defaultContext());
    const models: LoadedModel[] = [];
    try {
      for (const { file } of at.manifest.models) {
        const loaded = await loadModel(join(at.folder, file), { ...settings, threads, context, signal });
        models.push(loaded);
        await checkModel({ model: loaded.model, spec }, { context, signal });
      }
    } catch (thrown) {
      for (const { model } of models) dispose(model);
      throw thrown;
    }
    return new Segmenter(at, models, spec, lanes, { context });
  }

  /** One image per channel, on one grid; labels on the grid of the first. `onProgress` counts tiles. */
  segment(
    images: ReadonlyArray<Handle<'Volume'>>,
    options: SubmitOptions & { logits?: boolean } = {},
  ): Promise<SegmentResult> {
    const { logits = false, ...task } = options;
    const models = this.#models.map(({ model }) => model);
    const args = { images: [...images], models, spec: this.#spec, logits, lanes: this.#lanes };
    return segmentVolume(args, { ...this.#options, ...task });
  }

  dispose(): void {
    for (const { model } of this.#models.splice(0)) dispose(model);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
