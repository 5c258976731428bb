/** A plain inference session for any ONNX model: typed arrays in, typed arrays out. */

import { getConfig } from '../config/resolve.js';
import { IsovoxError } from '../errors.js';
import { loadModel, runModel } from '../native/inference.js';
import type { LoadedModel, ModelTensor, TensorDescription } from '../native/inference-types.js';
import { dispose } from '../native/volume.js';
import { type Context, defaultContext } from '../runtime/context.js';
import type { SubmitOptions } from '../runtime/task.js';

export interface SessionOptions extends SubmitOptions {
  /** `auto`, `cpu`, `cuda` or `cuda:N`; the configuration's `inference.device` when absent. */
  readonly device?: string;
  /** Threads of one operation; `inference.intraOpThreads`, or those of the context. */
  readonly threads?: number;
}

/** The settings of the configuration that loading a model needs, with what the caller wants otherwise. */
export function modelSettings(options: SessionOptions & { readonly context?: Context | undefined }): {
  device: string;
  threads: number;
  gpuMemoryLimitMb?: number;
} {
  const { inference } = getConfig();
  const context = options.context ?? defaultContext();
  return {
    device: options.device ?? inference.device,
    threads: options.threads ?? inference.intraOpThreads ?? context.threads,
    ...(inference.gpuMemoryLimitMb === undefined ? {} : { gpuMemoryLimitMb: inference.gpuMemoryLimitMb }),
  };
}

/**
 * `const session = await InferenceSession.create('model.onnx'); const { output } = await session.run({ input })`.
 * Several runs may be in flight; none blocks the JavaScript thread. Rejects with ERR_MODEL for a wrong model or input.
 */
export class InferenceSession {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  /** `cpu` or `cuda:N`. */
  readonly provider: string;
  /** Why it is not the device that was hoped for; empty otherwise. */
  readonly note: string;
  #model: LoadedModel['model'] | undefined;
  readonly #options: SubmitOptions;

  private constructor(loaded: LoadedModel, options: SubmitOptions) {
    this.#model = loaded.model;
    this.#options = options;
    this.inputs = loaded.inputs;
    this.outputs = loaded.outputs;
    this.provider = loaded.provider;
    this.note = loaded.note;
  }

  static async create(path: string, options: SessionOptions = {}): Promise<InferenceSession> {
    const { context, signal } = options;
    const loaded = await loadModel(path, { ...modelSettings(options), context, signal });
    return new InferenceSession(loaded, { context });
  }

  /** Tensors by input name; gives tensors by output name, as views of native memory. */
  async run(
    feeds: Readonly<Record<string, ModelTensor>>,
    options: SubmitOptions = {},
  ): Promise<Record<string, ModelTensor>> {
    if (!this.#model) throw new IsovoxError('ERR_INVALID_ARGUMENT', 'The session was disposed of');
    const inputs = Object.entries(feeds).map(([name, tensor]) => ({ ...tensor, name }));
    const outputs = await runModel({ model: this.#model, inputs }, { ...this.#options, ...options });
    return Object.fromEntries(outputs.map(({ name, ...tensor }) => [name, tensor]));
  }

  /** Lets go of the model; it is freed when no other session holds it and no run is under way. */
  dispose(): void {
    if (this.#model) dispose(this.#model);
    this.#model = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
