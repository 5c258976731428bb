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

/** How one channel is brought to what the network was trained on. */
export interface NormalisationInput {
  readonly method: 'none' | 'ct' | 'zscore' | 'minmax' | 'window';
  readonly low?: number;
  readonly high?: number;
  readonly mean?: number;
  readonly sd?: number;
  readonly withinNonzero?: boolean;
}

/** The native half of a manifest; axes x, y, z are i, j, k of the volume brought to `orientation`. */
export interface ModelSpecInput {
  /** Empty: as stored. */
  readonly orientation?: string;
  /** Without an orientation: the stored axes that are x, y and z. */
  readonly axes?: readonly [number, number, number];
  /** 0 leaves an axis as it is. */
  readonly spacingMm?: readonly [number, number, number];
  readonly cropToNonzero?: boolean;
  readonly channels: readonly NormalisationInput[];
  readonly interpolation?: 'cubic' | 'linear';
  readonly anisotropy?: number;
  readonly patch: readonly [number, number, number];
  readonly context?: number;
  readonly overlap?: number;
  readonly weighting?: 'gaussian' | 'uniform';
  readonly mirror?: readonly [boolean, boolean, boolean];
  readonly batch?: number;
  readonly activation?: 'softmax' | 'sigmoid';
  /** Value of each output channel. */
  readonly labels: readonly number[];
  readonly inputChannels?: ReadonlyArray<readonly number[]>;
  readonly postprocess?: {
    readonly largestComponent?: readonly number[];
    readonly fillHoles?: readonly number[];
    readonly leastCc?: number;
  };
}

export interface SegmentResult {
  /** On the grid of the first image; uint8, or uint16 when a label is above 255. */
  readonly labels: Handle<'Volume'>;
  /** When asked for: float32, a frame per output channel. */
  readonly logits?: Handle<'Volume'>;
  /** Seen by each model, flipped ones included. */
  readonly tiles: number;
  readonly provider: string;
  /** What was done otherwise than asked for, and why. */
  readonly notes: readonly string[];
}
