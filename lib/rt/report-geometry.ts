/** Where grids and what is in them lie, in patient millimetres. */

import type { PatientPlane, SliceResult } from '../native/dose-types.js';
import type { GridDescription } from '../runtime/surface.js';

export type Point = readonly [number, number, number];
/** From and to along x, y, z. */
export type Box = readonly [readonly [number, number], readonly [number, number], readonly [number, number]];

/** Of each plane: the patient's axes along its rows and columns, and the one that it is cut across. */
export const PLANE_AXES: Record<PatientPlane, readonly [number, number, number]> = {
  axial: [0, 1, 2],
  coronal: [0, 2, 1],
  sagittal: [1, 2, 0],
};

export const boxMiddle = (box: Box): Point => box.map(([low, high]) => (low + high) / 2) as unknown as Point;

/** The box that holds the centres of all voxels. */
export function gridBox({ size, spacing, origin, direction }: GridDescription): Box {
  const ranges = origin.map((value, row) => {
    let [low, high] = [value, value];
    size.forEach((count, axis) => {
      const step = (direction[3 * row + axis] ?? 0) * (spacing[axis] ?? 0) * (count - 1);
      if (step < 0) low += step;
      else high += step;
    });
    return [low, high] as const;
  });
  return ranges as unknown as Box;
}

/** The centre of the voxel at a position in memory; planes may be unevenly spaced. */
export function voxelPosition(grid: GridDescription, index: number, planeMm: readonly number[]): Point {
  const { size, spacing, origin, direction } = grid;
  const i = index % size[0];
  const j = Math.floor(index / size[0]) % size[1];
  const k = Math.floor(index / (size[0] * size[1]));
  const along = [i * spacing[0], j * spacing[1], (planeMm[k] ?? k * spacing[2]) - (planeMm[0] ?? 0)];
  return origin.map((start, row) =>
    along.reduce((sum, length, axis) => sum + (direction[3 * row + axis] ?? 0) * length, start),
  ) as unknown as Point;
}

/** Fewer pixels of content than this in a row or column are dust. */
const LEAST_PIXELS = 6;

/** Where a slice holds more than `threshold`, widened by `marginMm`; undefined when it does nowhere. */
export function contentBox(
  slice: SliceResult,
  threshold: number,
  marginMm: number,
): [[number, number], [number, number]] | undefined {
  const { width, height, values, u0, v0, pixelMm } = slice;
  const columns = new Uint32Array(width);
  const rows = new Uint32Array(height);
  for (let index = 0; index < values.length; index++) {
    if (!((values[index] as number) > threshold)) continue;
    columns[index % width] = (columns[index % width] ?? 0) + 1;
    const row = Math.floor(index / width);
    rows[row] = (rows[row] ?? 0) + 1;
  }
  const range = (counts: Uint32Array, start: number): [number, number] | undefined => {
    const first = counts.findIndex((count) => count >= LEAST_PIXELS);
    const last = counts.findLastIndex((count) => count >= LEAST_PIXELS);
    return first < 0 ? undefined : [start + first * pixelMm - marginMm, start + last * pixelMm + marginMm];
  };
  const [u, v] = [range(columns, u0), range(rows, v0)];
  return u && v ? [u, v] : undefined;
}
