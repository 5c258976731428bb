/** What a native volume or dose is, its voxels as a view, and giving its memory back. */

import { addon } from '../runtime/addon.js';
import type { GridDescription, Handle, VolumeDescription, VoxelArray } from '../runtime/surface.js';

/** V8 allows one buffer per piece of memory, so every caller gets the same view. */
const views = new WeakMap<object, VoxelArray>();

/** Geometry, type, scaling and metadata. */
export function describeVolume(volume: Handle<'Volume'>): VolumeDescription {
  return addon().describeVolume(volume);
}

/** The stored voxels, i fastest, as a view of native memory: physical value = slope * stored + intercept. */
export function viewVolume(volume: Handle<'Volume'>): VoxelArray {
  return viewOnce(volume, () => addon().viewVolume(volume));
}

/** Geometry of a dose grid; `planeMm` are the distances of its planes from the first. */
export function describeDose(dose: Handle<'DoseGrid'>): { grid: GridDescription; planeMm: number[] } {
  return addon().describeDose(dose);
}

/** Dose in gray, i fastest, as a view of native memory. */
export function viewDose(dose: Handle<'DoseGrid'>): Float32Array {
  return viewOnce(dose, () => addon().viewDose(dose)) as Float32Array;
}

/** Frees what a handle holds now; a view that was taken stays valid. */
export function dispose(handle: Handle<string>): void {
  addon().dispose(handle);
}

function viewOnce(handle: object, make: () => VoxelArray): VoxelArray {
  let view = views.get(handle);
  if (!view) {
    view = make();
    views.set(handle, view);
  }
  return view;
}
