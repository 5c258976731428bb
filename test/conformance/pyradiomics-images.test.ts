/** Images that PyRadiomics derives: features of each equal to its own, to 1e-6 of each value. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readVolume } from '../../lib/native/formats.js';
import { parametersOf } from '../../lib/native/pyradiomics-config.js';
import { extractPyradiomics } from '../../lib/native/radiomics.js';
import { goldenValues } from '../fixtures/golden.js';
import { sharedData } from '../fixtures/index.js';

const TYPES = {
  Original: {},
  LoG: { sigma: [1, 3.5] },
  Wavelet: { wavelet: 'coif1', level: 2 },
  Square: {},
  SquareRoot: {},
  Logarithm: {},
  Exponential: {},
  Gradient: {},
  LBP2D: { binWidth: 1 },
  LBP3D: { binWidth: 0.5 },
};
const { Wavelet, Gradient, Logarithm, LBP2D } = TYPES;

/** As in test/oracles/pyradiomics_images.py. */
const CASES = {
  'whole brain1': { setting: {}, imageType: TYPES },
  'resampled breast1': { setting: { resampledPixelSpacing: [1.5, 1.5, 3], padDistance: 7 }, imageType: TYPES },
  'flat brain1': {
    setting: { force2D: true, normalize: true, normalizeScale: 100 },
    imageType: { Wavelet, Gradient, Logarithm },
  },
  'coronal breast1': {
    setting: { force2D: true, force2Ddimension: 1 },
    imageType: { Wavelet, LBP2D },
  },
  'sagittal brain1': {
    setting: { force2D: true, force2Ddimension: 2 },
    imageType: { Wavelet, LBP2D },
  },
};

const golden = goldenValues('pyradiomics-images');

/** ITK rounds a Laplacian of Gaussian to float32 between its nine passes: its last digits are noise. */
const toleranceOf = (name: string): number => (name.startsWith('log-sigma') ? 3e-6 : 1e-6);

describe.skipIf(sharedData === undefined)('images that PyRadiomics derives', () => {
  it.each(Object.entries(CASES))('%s', async (test, parameters) => {
    const subject = test.split(' ')[1];
    const folder = join(sharedData as string, 'pyradiomics');
    const [image, mask] = await Promise.all([
      readVolume({ path: join(folder, `${subject}_image.nrrd`) }),
      readVolume({ path: join(folder, `${subject}_label.nrrd`) }),
    ]);
    const featureClass = { firstorder: [], glcm: [], glrlm: [] };
    const { settings } = parametersOf({ ...parameters, featureClass }, test);
    const { features, findings } = await extractPyradiomics({ image: image.volume, mask: mask.volume, settings });
    expect(findings).toEqual([]);
    const values = new Map(features.map(({ name, value }) => [name, value ?? Number.NaN]));
    const references = golden.filter((row) => row.test === test);
    expect(references.length).toBeGreaterThan(50);
    const wrong = references
      .filter(({ name, value }) => {
        const actual = values.get(name) ?? Number.NaN;
        return !(Math.abs(actual - value) <= toleranceOf(name) * Math.abs(value) + 1e-9);
      })
      .map(({ name, value }) => `${name}: ${values.get(name)} instead of ${value}`);
    expect(wrong).toEqual([]);
  });
});
