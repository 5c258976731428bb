/** Volumes in files of any known format. A path may be an object, `s3://bucket/key`. */

import { locate } from '../runtime/s3.js';
import type { HeavyName, Surface } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';

type ArgsOf<Name extends HeavyName> = Parameters<Surface[Name]>[0];
type ResultOf<Name extends HeavyName> = Promise<Awaited<ReturnType<Surface[Name]>>>;

/** A volume from a file or a folder of DICOM slices; the format is recognised by its content. */
export async function readVolume(args: ArgsOf<'readVolume'>, options?: SubmitOptions): ResultOf<'readVolume'> {
  return submit('readVolume', { ...args, path: await locate(args.path, options) }, options);
}

/** What readVolume would give, without its voxels: only headers are read. */
export async function describeFile(args: ArgsOf<'describeFile'>, options?: SubmitOptions): ResultOf<'describeFile'> {
  return submit('describeFile', { ...args, path: await locate(args.path, options) }, options);
}

/** Writes a volume; the format is that of the file name. Scaling and geometry are kept. */
export async function writeVolume(args: ArgsOf<'writeVolume'>, options?: SubmitOptions): ResultOf<'writeVolume'> {
  return submit('writeVolume', { ...args, path: await locate(args.path, options) }, options);
}

/** The same volume with its axes in another order, and as values of another type; nothing is interpolated or clipped. */
export function convertVolume(args: ArgsOf<'convertVolume'>, options?: SubmitOptions): ResultOf<'convertVolume'> {
  return submit('convertVolume', args, options);
}

/** The volume at the voxels of another, whatever the angle between the two; `outside` is the value beyond its edge. */
export function resampleOnto(args: ArgsOf<'resampleOnto'>, options?: SubmitOptions): ResultOf<'resampleOnto'> {
  return submit('resampleOnto', args, options);
}

/** The voxels of a box, each range from begin to before end; an axis without one is taken whole. */
export function cropVolume(args: ArgsOf<'cropVolume'>, options?: SubmitOptions): ResultOf<'cropVolume'> {
  return submit('cropVolume', args, options);
}

/** How many values lie in each of `bins` bins of equal width, from the smallest to the largest unless `range` is given. */
export function volumeHistogram(args: ArgsOf<'volumeHistogram'>, options?: SubmitOptions): ResultOf<'volumeHistogram'> {
  return submit('volumeHistogram', args, options);
}

/** Extremes, mean, spread and percentiles after scaling, of the voxels that are finite numbers. */
export function volumeStatistics(
  args: ArgsOf<'volumeStatistics'>,
  options?: SubmitOptions,
): ResultOf<'volumeStatistics'> {
  return submit('volumeStatistics', args, options);
}
