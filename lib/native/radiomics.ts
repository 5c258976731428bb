/** Radiomics: IBSI features of a structure, and the catalogue of them. */

import { addon } from '../runtime/addon.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type {
  ExtractFeaturesArgs,
  ExtractFeaturesResult,
  ExtractPyradiomicsArgs,
  FeatureDescription,
} from './radiomics-types.js';

/** All features asked for; what could not be computed has no value and a finding that says why. */
export function extractFeatures(args: ExtractFeaturesArgs, options?: SubmitOptions): Promise<ExtractFeaturesResult> {
  return submit('extractFeatures', args, options);
}

/** The features of PyRadiomics, under its names and by its definitions. */
export function extractPyradiomics(
  args: ExtractPyradiomicsArgs,
  options?: SubmitOptions,
): Promise<ExtractFeaturesResult> {
  return submit('extractPyradiomics', args, options);
}

/** Every feature with its IBSI id, unit and family, in the order results have. */
export function featureCatalogue(): FeatureDescription[] {
  return addon().featureCatalogue();
}
