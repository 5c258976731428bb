/** Boxes of voxels: what is asked for and what comes. */

import { invalidArgument } from '../errors.js';
import type { Handle, VoxelArray } from '../runtime/surface.js';

/** Voxels from `begin` up to but without `end`. */
export type Range = readonly [begin: number, end: number];

/** An axis without a range is read whole. */
export interface Ranges {
  readonly x?: Range;
  readonly y?: Range;
  readonly z?: Range;
  readonly t?: Range;
}

/** Voxels with their shape, x fastest. */
export interface Box {
  /** A view of native memory, as stored: physical value = slope * stored + intercept. */
  readonly data: VoxelArray;
  /** Along x, y, z, t. */
  readonly shape: readonly [number, number, number, number];
  readonly volume: Handle<'Volume'>;
}

/** The ranges of the box of `size` voxels about the voxel `centre`, which must lie within a volume of `there` voxels. */
export function rangesAbout(
  centre: readonly [number, number, number],
  size: readonly [number, number, number],
  there: readonly number[],
): Required<Pick<Ranges, 'x' | 'y' | 'z'>> {
  const [x, y, z] = centre.map((c, a): Range => {
    const n = size[a] ?? 0;
    const begin = c - Math.floor(n / 2);
    const most = there[a] ?? 0;
    if (!Number.isInteger(c) || begin < 0 || begin + n > most) {
      throw invalidArgument(`centre[${a}]`, `a patch within 0 to ${most}`, `${begin} to ${begin + n}`);
    }
    return [begin, begin + n];
  }) as [Range, Range, Range];
  return { x, y, z };
}

/** Whole axes in place of the ranges that were not given. */
export function wholeRanges(ranges: Ranges, size: readonly number[], frames: number): Required<Ranges> {
  return {
    x: ranges.x ?? [0, size[0] ?? 0],
    y: ranges.y ?? [0, size[1] ?? 0],
    z: ranges.z ?? [0, size[2] ?? 0],
    t: ranges.t ?? [0, frames],
  };
}

export function boxShape({ x, y, z, t }: Required<Ranges>): Box['shape'] {
  return [x[1] - x[0], y[1] - y[0], z[1] - z[0], t[1] - t[0]];
}
