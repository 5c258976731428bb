/** What models take and give. */

import type { Handle, VoxelArray } from '../runtime/surface.js';

/** float16 and bfloat16 travel as their bits in a Uint16Array, bool as a Uint8Array, int64 as a BigInt64Array. */
export type TensorType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export interface ModelTensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: VoxelArray;
}

/** An input or output of a model; null in its shape stands for any size. */
export interface TensorDescription {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: ReadonlyArray<number | null>;
}

export interface LoadedModel {
  readonly model: Handle<'Model'>;
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  /** `cpu` or `cuda:N`. */
  readonly provider: string;
  /** Why it is not the device that was hoped for; empty otherwise. */
  readonly note: string;
  /** Version of ONNX Runtime. */
  readonly onnxRuntime: string;
}
