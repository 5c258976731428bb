/** Masks as sets: union, intersection, difference, exclusive or; margins; distances and components of volumes. */

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
