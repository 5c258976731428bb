/** Imaging: cuts, level lines and outlines in patient millimetres, and contours turned to voxels. */

import type { Handle } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type {
  ExtractSliceArgs,
  IsolineResult,
  IsolinesArgs,
  MaskContoursArgs,
  MaskContoursResult,
  OutlineArgs,
  Polyline,
  SliceResult,
  VoxeliseArgs,
  VoxeliseResult,
} from './dose-types.js';

/** Values of a volume or a dose on a plane through the patient, interpolated linearly; NaN outside the grid. */
export function extractSlice(args: ExtractSliceArgs, options?: SubmitOptions): Promise<SliceResult> {
  return submit('extractSlice', args, options);
}

/** Where a slice crosses each level; closed lines end where they began. */
export function isolines(args: IsolinesArgs, options?: SubmitOptions): Promise<IsolineResult[]> {
  return submit('isolines', args, options);
}

/** Where a structure's surface crosses a plane. */
export function outline(args: OutlineArgs, options?: SubmitOptions): Promise<Polyline[]> {
  return submit('outline', args, options);
}

/** The part of every voxel that a structure covers. */
export function voxelise(args: VoxeliseArgs, options?: SubmitOptions): Promise<VoxeliseResult> {
  return submit('voxelise', args, options);
}

/** Coverage as a volume: 1 where at least half is covered (`binary`), or the covered part (`fraction`). */
export function maskToVolume(
  args: { mask: Handle<'CoverageMask'>; mode: 'binary' | 'fraction' },
  options?: SubmitOptions,
): Promise<Handle<'Volume'>> {
  return submit('maskToVolume', args, options);
}

/** Contours along the voxels of masks, closed, oriented and simplified, ready to be written as a structure set. */
export function maskContours(args: MaskContoursArgs, options?: SubmitOptions): Promise<MaskContoursResult> {
  return submit('maskContours', args, options);
}
