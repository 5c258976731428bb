/** Radiomics: IBSI features of a structure, and the catalogue of them. */

import { addon } from '../runtime/addon.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import { diagnosticColumns } from './pyradiomics-diagnostics.js';
import type {
  ExtractFeaturesArgs,
  ExtractFeaturesResult,
  ExtractPyradiomicsArgs,
  ExtractPyradiomicsResult,
  FeatureAgreement,
  FeatureDescription,
  PerturbedFeaturesArgs,
  PerturbedFeaturesResult,
  PyradiomicsMapsArgs,
  PyradiomicsMapsResult,
} from './radiomics-types.js';

/** All features asked for; what could not be computed has no value and a finding that says why. */
export function extractFeatures(args: ExtractFeaturesArgs, options?: SubmitOptions): Promise<ExtractFeaturesResult> {
  return submit('extractFeatures', args, options);
}

/** The features of PyRadiomics, under its names and by its definitions. */
export async function extractPyradiomics(
  args: ExtractPyradiomicsArgs,
  options?: SubmitOptions,
): Promise<ExtractPyradiomicsResult> {
  const { diagnostics, ...result } = await submit('extractPyradiomics', args, options);
  return diagnostics ? { ...result, diagnostics: await diagnosticColumns(args, diagnostics, options) } : result;
}

/** PyRadiomics' voxel-based features: at every voxel of the structure those of the box around it. */
export function pyradiomicsMaps(args: PyradiomicsMapsArgs, options?: SubmitOptions): Promise<PyradiomicsMapsResult> {
  return submit('pyradiomicsMaps', args, options);
}

/** Every feature with its IBSI id, unit and family, in the order results have. */
export function featureCatalogue(): FeatureDescription[] {
  return addon().featureCatalogue();
}

/** Features of a structure under perturbations of image and outline, all in memory. */
export function perturbedFeatures(
  args: PerturbedFeaturesArgs,
  options?: SubmitOptions,
): Promise<PerturbedFeaturesResult> {
  return submit('perturbedFeatures', args, options);
}

/** ICC(3,1) with its 95 % interval, coefficient of variation and quartile coefficient of dispersion of every feature. */
export function featureAgreement(
  args: { values: Float64Array; subjects: number; times: number },
  options?: SubmitOptions,
): Promise<FeatureAgreement[]> {
  return submit('featureAgreement', args, options);
}

/** Which features, best first, are not rank-correlated with a better one; `limit` is 0.9 by default. */
export function distinctFeatures(
  args: { values: Float64Array; subjects: number; limit?: number },
  options?: SubmitOptions,
): Promise<boolean[]> {
  return submit('distinctFeatures', args, options);
}
