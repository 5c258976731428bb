/** Masks as sets: union, intersection, difference, exclusive or; margins; distances, components and surfaces of volumes. */

import type { Handle } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { MaskResult, PatientMargins } from './dose-types.js';

export type MaskOperation = 'union' | 'intersection' | 'subtract' | 'xor';

/** Voxels covered by at least half count. Masks must lie on one grid; subtract takes every further one from the first. */
export function combineMasks(
  args: { operation: MaskOperation; masks: Array<Handle<'CoverageMask'>> },
  options?: SubmitOptions,
): Promise<MaskResult> {
  return submit('combineMasks', args, options);
}

/**
 * Grows by the positive margins, then shrinks by the negative ones, each side by its own: by exact Euclidean distance
 * between centres of voxels, in half ellipsoids where the sides differ.
 */
export function marginMask(
  args: { mask: Handle<'CoverageMask'>; marginsMm: PatientMargins },
  options?: SubmitOptions,
): Promise<MaskResult> {
  return submit('marginMask', args, options);
}

/** Voxels of a volume that are `label`, or above 0 without one. */
export function maskFromVolume(
  args: { volume: Handle<'Volume'>; label?: number },
  options?: SubmitOptions,
): Promise<MaskResult> {
  return submit('maskFromVolume', args, options);
}

/** Millimetres from every voxel to the nearest that is 0, as SciPy's distance_transform_edt; infinity where none is. */
export function distanceTransform(
  args: { volume: Handle<'Volume'> },
  options?: SubmitOptions,
): Promise<Handle<'Volume'>> {
  return submit('distanceTransform', args, options);
}

/** Components by faces (6), edges (18) or corners (26), numbered from 1 by their first voxels; their sizes in voxels. */
export function labelComponents(
  args: { volume: Handle<'Volume'>; connectivity?: 6 | 18 | 26 },
  options?: SubmitOptions,
): Promise<{ labels: Handle<'Volume'>; voxels: number[] }> {
  return submit('labelComponents', args, options);
}

export interface Surface {
  /** x, y, z of each point, LPS millimetres. */
  readonly points: Float32Array;
  /** Three points of each triangle, counter-clockwise seen from outside. */
  readonly triangles: Uint32Array;
  readonly areaMm2: number;
  /** That it encloses; means nothing where it is open. */
  readonly volumeMm3: number;
}

/**
 * The surface between voxels of at least `level` and the others, by marching cubes with linear interpolation (Flying
 * Edges). Triangles share their points. It is open where the inside touches the border of the volume.
 */
export function extractSurface(
  args: { volume: Handle<'Volume'>; level: number },
  options?: SubmitOptions,
): Promise<Surface> {
  return submit('extractSurface', args, options);
}
