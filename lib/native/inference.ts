/** Models in ONNX: loaded once, shared, run off the JavaScript thread. */

import { onnxRuntimeLibrary } from '../runtime/onnxruntime.js';
import type { Handle } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { LoadedModel, ModelSpecInput, ModelTensor, SegmentResult } from './inference-types.js';

export interface LoadModelOptions extends SubmitOptions {
  /** auto tries CUDA first and says why it is not used; cuda refuses to run without it. */
  readonly device?: string;
  /** Threads of one operation of the network. */
  readonly threads: number;
  readonly gpuMemoryLimitMb?: number;
}

/** Loads `path`; the same file and options give the same native model while anyone holds it. */
export function loadModel(path: string, options: LoadModelOptions): Promise<LoadedModel> {
  const { device, threads, gpuMemoryLimitMb } = options;
  return submit(
    'loadModel',
    {
      path,
      library: onnxRuntimeLibrary(),
      threads,
      ...(device === undefined ? {} : { device }),
      ...(gpuMemoryLimitMb === undefined ? {} : { gpuMemoryLimitMb }),
    },
    options,
  );
}

/** One run. Arrays are copied in; outputs are views of native memory. */
export function runModel(
  args: { model: Handle<'Model'>; inputs: Array<ModelTensor & { name: string }> },
  options?: SubmitOptions,
): Promise<Array<ModelTensor & { name: string }>> {
  return submit('runModel', args, options);
}

/** Refuses, with ERR_MODEL, a model whose rank, type, channels, patch or labels are not those of its specification. */
export function checkModel(
  args: { model: Handle<'Model'>; spec: ModelSpecInput },
  options?: SubmitOptions,
): Promise<void> {
  return submit('checkModel', args, options);
}

/**
 * Labels of a volume, by a sliding window over one model or over the mean of several. Progress counts tiles. On the CPU
 * `lanes` batches of tiles run at the same time, each on the models' threads.
 */
export function segmentVolume(
  args: {
    images: Array<Handle<'Volume'>>;
    models: Array<Handle<'Model'>>;
    spec: ModelSpecInput;
    logits?: boolean;
    lanes?: number;
  },
  options?: SubmitOptions,
): Promise<SegmentResult> {
  return submit('segmentVolume', args, options);
}
