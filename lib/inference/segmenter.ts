/** A model folder made ready: its networks loaded and checked, and volumes through them. */

import { join } from 'node:path';

import { checkModel, loadModel, segmentVolume } from '../native/inference.js';
import type { LoadedModel, ModelSpecInput, SegmentResult } from '../native/inference-types.js';
import { dispose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type Manifest, specOf } from './manifest.js';
import { checkChecksums, type ModelFolder, readModelFolder } from './model-folder.js';
import { modelSettings, type SessionOptions } from './session.js';

export interface SegmenterOptions extends SessionOptions {
  /** Checked against the manifest before anything is loaded; true by default. */
  readonly checksums?: boolean;
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
  readonly #options: SubmitOptions;

  private constructor(at: ModelFolder, models: LoadedModel[], spec: ModelSpecInput, options: SubmitOptions) {
    const [first] = models as [LoadedModel];
    this.folder = at.folder;
    this.manifest = at.manifest;
    this.digest = at.digest;
    this.provider = first.provider;
    this.note = first.note;
    this.onnxRuntime = first.onnxRuntime;
    this.#models = models;
    this.#spec = spec;
    this.#options = options;
  }

  /** Rejects with ERR_MODEL when manifest, checksum, network or their combination is wrong. */
  static async load(folder: string | ModelFolder, options: SegmenterOptions = {}): Promise<Segmenter> {
    const { context, signal } = options;
    const at = typeof folder === 'string' ? await readModelFolder(folder) : folder;
    if (options.checksums ?? true) await checkChecksums(at, signal);
    const spec = specOf(at.manifest);
    const models: LoadedModel[] = [];
    try {
      for (const { file } of at.manifest.models) {
        const loaded = await loadModel(join(at.folder, file), { ...modelSettings(options), context, signal });
        models.push(loaded);
        await checkModel({ model: loaded.model, spec }, { context, signal });
      }
    } catch (thrown) {
      for (const { model } of models) dispose(model);
      throw thrown;
    }
    return new Segmenter(at, models, spec, { context });
  }

  /** One image per channel, on one grid; labels on the grid of the first. `onProgress` counts tiles. */
  segment(
    images: ReadonlyArray<Handle<'Volume'>>,
    options: SubmitOptions & { logits?: boolean } = {},
  ): Promise<SegmentResult> {
    const { logits = false, ...task } = options;
    const models = this.#models.map(({ model }) => model);
    return segmentVolume({ images: [...images], models, spec: this.#spec, logits }, { ...this.#options, ...task });
  }

  dispose(): void {
    for (const { model } of this.#models.splice(0)) dispose(model);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
