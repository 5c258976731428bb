/** A series of a course as one volume of three axes. */

import { readSeries } from '../native/dicom.js';
import type { SubmitOptions } from '../runtime/task.js';
import type { ImageSeries } from './model.js';

/** Of several images at each position the first is taken, and a finding says so. `suv`: PET as body weight SUV. */
export function readImages(
  { headers }: ImageSeries,
  task: SubmitOptions,
  { suv }: { suv?: 'bw' | undefined } = {},
): ReturnType<typeof readSeries> {
  return readSeries({ paths: headers.map(({ path }) => path), firstTime: true, ...(suv && { suv }) }, task);
}
