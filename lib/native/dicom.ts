/** DICOM: headers, series, structure sets, doses; the writers that phantoms and sums use. */

import type { Handle } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { HeaderRecord, RtDoseSummary, RtStructSummary, SeriesSummary } from './dicom-types.js';

/** One record per path, in the order of the paths; nothing is thrown for a file that is no DICOM or is broken. */
export function scanHeaders(args: { paths: string[] }, options?: SubmitOptions): Promise<HeaderRecord[]> {
  return submit('scanHeaders', args, options);
}

/** The slices of one series as a volume, sorted along the slice normal, in stored values with their scaling. */
export function readSeries(
  args: { paths: string[] },
  options?: SubmitOptions,
): Promise<{ volume: Handle<'Volume'>; summary: SeriesSummary }> {
  return submit('readSeries', args, options);
}
