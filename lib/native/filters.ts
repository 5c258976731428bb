/** Filters of IBSI 2: response maps of volumes. */

import { addon } from '../runtime/addon.js';
import type { Handle } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { FilterArgs } from './filter-types.js';

/** The response map of a filter, on the volume's grid: float32, or float64 when the volume is. */
export function filterVolume(
  args: { volume: Handle<'Volume'>; filter: FilterArgs },
  options?: SubmitOptions,
): Promise<Handle<'Volume'>> {
  return submit('filterVolume', args, options);
}

/** The discrete wavelets that a filter may name. */
export function waveletNames(): string[] {
  return addon().waveletNames();
}
