/** PyRadiomics' settings that its baselines leave alone: features equal to its own, to 1e-6 of each value. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { makeVolume } from '../../lib/native/dicom.js';
import { readVolume } from '../../lib/native/formats.js';
import { parametersOf } from '../../lib/native/pyradiomics-config.js';
import { extractPyradiomics } from '../../lib/native/radiomics.js';
import { describeVolume, viewVolume } from '../../lib/native/volume.js';
import { goldenValues } from '../fixtures/golden.js';
import { sharedData } from '../fixtures/index.js';

const TEXTURE = ['glcm', 'glrlm', 'gldm', 'ngtdm', 'glszm'];

/** As in test/oracles/pyradiomics_settings.py. */
const CASES: Readonly<Record<string, readonly [string, Record<string, unknown>, readonly string[]]>> = {
  'distances 1 and 2': ['brain1', { distances: [1, 2] }, TEXTURE],
  'distance 2': ['breast1', { distances: [2] }, TEXTURE],
  'distances 1 and 3 in slices': ['breast1', { distances: [1, 3], force2D: true }, TEXTURE],
  manhattan: ['breast1', { weightingNorm: 'manhattan', distances: [1, 2] }, ['glcm', 'glrlm']],
  euclidean: ['brain1', { weightingNorm: 'euclidean' }, ['glcm', 'glrlm']],
  'euclidean in slices': ['breast1', { weightingNorm: 'euclidean', force2D: true }, ['glcm', 'glrlm']],
  infinity: ['brain1', { weightingNorm: 'infinity' }, ['glcm', 'glrlm']],
  no_weighting: ['brain1', { weightingNorm: 'no_weighting' }, ['glcm', 'glrlm']],
  coronal: ['breast1', { force2D: true, force2Ddimension: 1, distances: [1, 2] }, TEXTURE],
  sagittal: ['brain1', { force2D: true, force2Ddimension: 2 }, TEXTURE],
  'sagittal euclidean': [
    'breast1',
    { force2D: true, force2Ddimension: 2, weightingNorm: 'euclidean' },
    ['glcm', 'glrlm'],
  ],
  'one way': ['brain1', { symmetricalGLCM: false }, ['glcm']],
  'one way weighted': ['breast1', { symmetricalGLCM: false, weightingNorm: 'euclidean' }, ['glcm']],
  'one way coronal': ['brain1', { symmetricalGLCM: false, force2D: true, force2Ddimension: 1 }, ['glcm']],
  // Samples that lie on samples but for rounding; values that lie on edges of bins but for it; details that are zero but for it.
  'slices resampled': [
    'breast1',
    { resampledPixelSpacing: [0, 0, 2], interpolator: 'sitkLinear', binWidth: undefined, binCount: 16 },
    ['shape', 'firstorder', 'glcm'],
  ],
  'normalised counts': [
    'breast1',
    {
      normalize: true,
      normalizeScale: 100,
      binWidth: undefined,
      binCount: 16,
      resegmentMode: 'sigma',
      resegmentRange: [-2, 2],
    },
    ['shape', 'firstorder', ...TEXTURE],
  ],
  'normalised details': ['brain1', { normalize: true, binWidth: 13.5 }, ['firstorder', 'glcm']],
  'one slice': ['brain1', { force2D: true }, ['shape2D']],
  'one slice in space': ['brain1', {}, TEXTURE],
  coarse: ['brain1', { correctMask: true }, ['shape', 'firstorder', 'glcm']],
};

const IMAGES: Readonly<Record<string, Record<string, unknown>>> = {
  'normalised details': { Wavelet: { wavelet: 'haar' } },
};

const golden = goldenValues('pyradiomics-settings');

type Mask = Awaited<ReturnType<typeof readVolume>>['volume'];

/** Every second voxel along i and j, on a grid of its own a quarter of a voxel away. */
async function coarse(mask: Mask): Promise<Mask> {
  const { grid } = describeVolume(mask);
  const [nx, ny, nz] = grid.size as [number, number, number];
  const [wide, high] = [Math.ceil(nx / 2), Math.ceil(ny / 2)];
  const voxels = viewVolume(mask);
  const data = Uint8Array.from({ length: wide * high * nz }, (_, v) => {
    const [i, j, k] = [v % wide, Math.floor(v / wide) % high, Math.floor(v / (wide * high))];
    return Number(voxels[(k * ny + 2 * j) * nx + 2 * i]);
  });
  const [x = 1, y = 1, z = 1] = grid.spacing;
  // Of brain1 j grows against patient y.
  const [ox = 0, oy = 0, oz = 0] = grid.origin;
  const origin: [number, number, number] = [ox + 0.25 * x, oy - 0.25 * y, oz];
  return makeVolume({
    grid: { ...grid, origin, size: [wide, high, nz], spacing: [2 * x, 2 * y, z] },
    dtype: 'uint8',
    data,
  });
}

const SLICE = 15;

function oneSlice(mask: Mask): Promise<Mask> {
  const { grid } = describeVolume(mask);
  const [nx = 0, ny = 0] = grid.size;
  const data = Uint8Array.from(viewVolume(mask) as ArrayLike<number>, (value, v) =>
    Math.floor(v / (nx * ny)) === SLICE ? value : 0,
  );
  return makeVolume({ grid, dtype: 'uint8', data });
}

describe.skipIf(sharedData === undefined)('settings of PyRadiomics', () => {
  it.each(Object.entries(CASES))('%s', async (test, [subject, setting, classes]) => {
    const folder = join(sharedData as string, 'pyradiomics');
    const [image, label] = await Promise.all([
      readVolume({ path: join(folder, `${subject}_image.nrrd`) }),
      readVolume({ path: join(folder, `${subject}_label.nrrd`) }),
    ]);
    const featureClass = Object.fromEntries(classes.map((name) => [name, []]));
    const {
      only: _all,
      kernel: _kernel,
      ...parameters
    } = parametersOf({ setting: { binWidth: 25, ...setting }, featureClass, imageType: IMAGES[test] }, test);
    const made = { coarse, 'one slice': oneSlice, 'one slice in space': oneSlice }[test];
    const mask = made ? await made(label.volume) : label.volume;
    const { features, findings } = await extractPyradiomics({ image: image.volume, mask, ...parameters });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    const values = new Map(features.map(({ name, value }) => [name, value ?? Number.NaN]));
    const references = golden.filter((row) => row.test === test);
    expect(references.length).toBeGreaterThan(8);
    const wrong = references
      .filter(({ name, value }) => {
        const actual = values.get(name) ?? Number.NaN;
        return !(Math.abs(actual - value) <= 1e-6 * Math.abs(value) + 1e-9);
      })
      .map(({ name, value }) => `${name}: ${values.get(name)} instead of ${value}`);
    expect(wrong).toEqual([]);
  });

  it('shape2D is of a structure in one slice', async () => {
    const folder = join(sharedData as string, 'pyradiomics');
    const [image, label] = await Promise.all([
      readVolume({ path: join(folder, 'brain1_image.nrrd') }),
      readVolume({ path: join(folder, 'brain1_label.nrrd') }),
    ]);
    const settings = { classes: ['shape2D' as const], force2D: true };
    const { features, findings } = await extractPyradiomics({ image: image.volume, mask: label.volume, settings });
    expect(features).toEqual([]);
    expect(findings).toMatchObject([{ code: 'radiomics.no_shape_2d', severity: 'warn' }]);
  });

  it('a mask on another grid is refused without correctMask', async () => {
    const folder = join(sharedData as string, 'pyradiomics');
    const [image, label] = await Promise.all([
      readVolume({ path: join(folder, 'brain1_image.nrrd') }),
      readVolume({ path: join(folder, 'brain1_label.nrrd') }),
    ]);
    const mask = await coarse(label.volume);
    await expect(extractPyradiomics({ image: image.volume, mask })).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
  });
});
