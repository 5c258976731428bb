/** Dose: curves, metrics, sums and comparison by the native core. */

import { addon } from '../runtime/addon.js';
import { locate } from '../runtime/s3.js';
import type { Handle } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { RegistrationSummary } from './dicom-types.js';
import type {
  ComputeDvhArgs,
  DoseDifferenceArgs,
  DoseDifferenceResult,
  DoseMetricsArgs,
  DoseMetricsResult,
  DvhCurve,
  DvhResult,
  GammaArgs,
  GammaResult,
  MetricDescription,
  SumDosesArgs,
  SumDosesResult,
  WarpDoseArgs,
  WarpDoseResult,
} from './dose-types.js';

/** The curve of every structure asked for; each row carries its error bound and findings. */
export function computeDvh(args: ComputeDvhArgs, options?: SubmitOptions): Promise<DvhResult[]> {
  return submit('computeDvh', args, options);
}

/** The cumulative curve at steps of `stepGy`, or at its own points. */
export function dvhCurve(dvh: Handle<'Dvh'>, stepGy?: number): DvhCurve {
  return addon().dvhCurve(stepGy === undefined ? { dvh } : { dvh, stepGy });
}

/** Metrics by name; null with a reason where one is undefined for this structure. */
export function doseMetrics(args: DoseMetricsArgs): DoseMetricsResult {
  return addon().doseMetrics(args);
}

/** Every family of metrics with unit, definition and source. */
export function metricCatalogue(): MetricDescription[] {
  return addon().metricCatalogue();
}

/** The sum on the finest of the given grids, trilinear, zero outside. */
export function sumDoses(args: SumDosesArgs, options?: SubmitOptions): Promise<SumDosesResult> {
  return submit('sumDoses', args, options);
}

/** How far an evaluated dose is from a reference, in units of the accepted dose difference and distance (Low 1998). */
export function gammaIndex(args: GammaArgs, options?: SubmitOptions): Promise<GammaResult> {
  return submit('gammaIndex', args, options);
}

/** An evaluated dose minus a reference. */
export function doseDifference(args: DoseDifferenceArgs, options?: SubmitOptions): Promise<DoseDifferenceResult> {
  return submit('doseDifference', args, options);
}

/** Which frames of reference a spatial registration joins. */
export async function readRegistration(args: { path: string }, options?: SubmitOptions): Promise<RegistrationSummary> {
  return submit('readRegistration', { path: await locate(args.path, options) }, options);
}

/** A dose in another frame of reference, by a spatial registration. */
export async function warpDose(args: WarpDoseArgs, options?: SubmitOptions): Promise<WarpDoseResult> {
  return submit('warpDose', { ...args, registration: await locate(args.registration, options) }, options);
}
