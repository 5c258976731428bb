/**
 * DICOM: headers, series, structure sets, doses; and the writers that sums and phantoms use. What is read may be objects,
 * `s3://bucket/key`.
 */

import { isS3, locate } from '../runtime/s3.js';
import type { HeavyName, Surface } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';

type ArgsOf<Name extends HeavyName> = Parameters<Surface[Name]>[0];
type ResultOf<Name extends HeavyName> = Promise<Awaited<ReturnType<Surface[Name]>>>;

/** One record per path, in the order of the paths; nothing is thrown for a file that is no DICOM or is broken. */
export async function scanHeaders(args: ArgsOf<'scanHeaders'>, options?: SubmitOptions): ResultOf<'scanHeaders'> {
  return submit('scanHeaders', { ...args, paths: await locateAll(args.paths, options) }, options);
}

/**
 * The slices of one series as a volume, sorted along the slice normal, in stored values with their scaling. Frames of one
 * file are sorted alike, and told apart in time by its dimensions. Where slices are missing, `gaps` says whether that is
 * a finding (the default), refused, or filled from the neighbours. With `suv` the
 * scaling of a PET series gives standardised uptake values, by QIBA's rules of decay correction and the private factors of
 * Philips and GE; rejects with ERR_UNSUPPORTED naming what the headers lack.
 */
export async function readSeries(args: ArgsOf<'readSeries'>, options?: SubmitOptions): ResultOf<'readSeries'> {
  return submit('readSeries', { ...args, paths: await locateAll(args.paths, options) }, options);
}

/** All structures of a structure set; a bad one carries findings and does not spoil the others. */
export async function readRtStruct(args: ArgsOf<'readRtStruct'>, options?: SubmitOptions): ResultOf<'readRtStruct'> {
  return submit('readRtStruct', { ...args, path: await locate(args.path, options) }, options);
}

/** A dose in gray on its grid. */
export async function readRtDose(args: ArgsOf<'readRtDose'>, options?: SubmitOptions): ResultOf<'readRtDose'> {
  return submit('readRtDose', { ...args, path: await locate(args.path, options) }, options);
}

/** Voxels from memory as a volume. */
export function makeVolume(args: ArgsOf<'makeVolume'>, options?: SubmitOptions): ResultOf<'makeVolume'> {
  return submit('makeVolume', args, options);
}

/** One file per slice. */
export function writeImageSeries(
  args: ArgsOf<'writeImageSeries'>,
  options?: SubmitOptions,
): ResultOf<'writeImageSeries'> {
  return submit('writeImageSeries', args, options);
}

export function writeRtStruct(args: ArgsOf<'writeRtStruct'>, options?: SubmitOptions): ResultOf<'writeRtStruct'> {
  return submit('writeRtStruct', args, options);
}

export function writeRtDose(args: ArgsOf<'writeRtDose'>, options?: SubmitOptions): ResultOf<'writeRtDose'> {
  return submit('writeRtDose', args, options);
}

/** A DICOM Segmentation as one mask per segment. */
export async function readSegmentation(
  args: ArgsOf<'readSegmentation'>,
  options?: SubmitOptions,
): ResultOf<'readSegmentation'> {
  return submit('readSegmentation', { ...args, path: await locate(args.path, options) }, options);
}

/** Masks of one grid as a DICOM Segmentation. */
export function writeSegmentation(
  args: ArgsOf<'writeSegmentation'>,
  options?: SubmitOptions,
): ResultOf<'writeSegmentation'> {
  return submit('writeSegmentation', args, options);
}

/** A registration of frames of reference, by matrices or by fields of displacements. */
export function writeRegistration(
  args: ArgsOf<'writeRegistration'>,
  options?: SubmitOptions,
): ResultOf<'writeRegistration'> {
  return submit('writeRegistration', args, options);
}

export function writeRtPlan(args: ArgsOf<'writeRtPlan'>, options?: SubmitOptions): ResultOf<'writeRtPlan'> {
  return submit('writeRtPlan', args, options);
}

async function locateAll(paths: readonly string[], options: SubmitOptions | undefined): Promise<string[]> {
  // One by one, and without a turn of the loop for files of this machine, of which there may be a million.
  const located: string[] = [];
  for (const path of paths) located.push(isS3(path) ? await locate(path, options) : path);
  return located;
}
