/** What batches of patches are made from. */

import type { Handle } from '../runtime/surface.js';

/** A change of a patch's values; they are applied in their order. */
export type IntensityChange =
  | { type: 'window'; low: number; high: number }
  | { type: 'normalise'; mean: number; deviation: number }
  | { type: 'zscore' }
  | { type: 'linear'; factor?: number; offset?: number }
  | { type: 'gamma'; exponent: number }
  | { type: 'noise'; deviation: number; seed: number }
  | { type: 'bias'; coefficients: readonly number[] };

export interface BatchSample {
  /** A volume per channel, all on one grid. */
  channels: ReadonlyArray<Handle<'StoredVolume'> | Handle<'Volume'>>;
  /** First voxel of the patch along x, y, z; it may lie outside. */
  start: readonly number[];
  /** Mirrored along x, y, z. */
  flip?: readonly boolean[];
  /** Row-major 3 x 4: where a voxel of the patch is taken from, relative to `start`, before mirroring. */
  affine?: readonly number[];
  changes?: readonly IntensityChange[];
}
