/** Where a dose is highest, and the levels that its lines are drawn at. */

import type { ImagesData } from '../report/data.js';
import type { GridDescription } from '../runtime/surface.js';
import { type Point, voxelPosition } from './report-geometry.js';

export interface DoseMaximum {
  readonly gy: number;
  readonly at: Point;
}

/** Of a dose's voxels; undefined for one that is nowhere above 0. */
export function doseMaximum(
  { grid, planeMm }: { readonly grid: GridDescription; readonly planeMm: readonly number[] },
  values: Float32Array,
): DoseMaximum | undefined {
  let best = -1;
  let gy = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value > gy) [best, gy] = [index, value];
  }
  return best < 0 ? undefined : { gy, at: voxelPosition(grid, best, planeMm) };
}

/** Percent of the prescription, or of the maximum where there is none; levels that the dose never reaches are left out. */
export function isodoseLevels(
  percents: readonly number[],
  rxGy: number | undefined,
  maximumGy: number | undefined,
): ImagesData['levels'] {
  if (maximumGy === undefined) return [];
  const whole = rxGy ?? maximumGy;
  return [...percents]
    .sort((a, b) => a - b)
    .map((percent) => ({ percent, gy: (percent * whole) / 100 }))
    .filter(({ gy }) => gy < maximumGy);
}
