/** Bad input of radiomics: each a finding or an error that says what is wrong, never a silent number. */

import { describe, expect, it } from 'vitest';

import { makeVolume } from '../../../lib/native/dicom.js';
import { parseFilter } from '../../../lib/native/filter-config.js';
import { filterVolume } from '../../../lib/native/filters.js';
import { extractFeatures, extractPyradiomics } from '../../../lib/native/radiomics.js';
import type { RadiomicsSettings } from '../../../lib/native/radiomics-types.js';

type Triple = [number, number, number];
const grid = (size: Triple = [6, 6, 6], origin: Triple = [0, 0, 0]) => ({ size, spacing: [1, 1, 1] as Triple, origin });
const image = (value: (v: number) => number, size: Triple = [6, 6, 6]) =>
  makeVolume({
    grid: grid(size),
    dtype: 'float32',
    data: Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, v) => value(v)),
  });
const mask = (inside: (v: number) => boolean, at = grid()) =>
  makeVolume({
    grid: at,
    dtype: 'uint8',
    data: Uint8Array.from({ length: at.size[0] * at.size[1] * at.size[2] }, (_, v) => (inside(v) ? 1 : 0)),
  });

const settings: RadiomicsSettings = { discretise: { method: 'fbs', width: 25 } };
const ramp = (v: number): number => 10 * (v % 17);

async function measured(volume: ReturnType<typeof image>, structure: ReturnType<typeof mask>, more: object = {}) {
  const { features, findings } = await extractFeatures({
    image: await volume,
    mask: await structure,
    settings,
    ...more,
  });
  const value = (name: string) => features.find((feature) => feature.name === name)?.value;
  return { features, value, codes: findings.map(({ code }) => code) };
}

describe('bad input', () => {
  it('an empty mask is a finding, and no feature has a value', async () => {
    const { features, codes } = await measured(
      image(ramp),
      mask(() => false),
    );
    expect(codes).toEqual(['roi.empty']);
    expect(features.every(({ value, finding }) => value === null && finding === 'roi.empty')).toBe(true);
  });

  it('a label that is not in the mask is the same', async () => {
    const { codes } = await measured(
      image(ramp),
      mask(() => true),
      { label: 7 },
    );
    expect(codes).toEqual(['roi.empty']);
  });

  it('one voxel has a mean but no texture of pairs', async () => {
    const { value, features } = await measured(
      image(ramp),
      mask((v) => v === 100),
    );
    expect(value('stat_mean')).toBe(ramp(100));
    const pairs = features.find(({ name }) => name === 'cm_contrast_3D_comb');
    expect(pairs).toMatchObject({ value: null, finding: 'feature.undefined' });
  });

  it('a flat structure has the skewness and kurtosis that IBSI prescribes: 0', async () => {
    const { value } = await measured(
      image(() => 40),
      mask((v) => v < 100),
    );
    expect(value('stat_var')).toBe(0);
    expect(value('stat_skew')).toBe(0);
    expect(value('stat_kurt')).toBe(0);
    expect(value('morph_moran_i')).toBeNull();
  });

  it('voxels that are not finite leave the structure, and are counted', async () => {
    const { value, codes } = await measured(
      image((v) => (v % 50 === 0 ? Number.NaN : 5)),
      mask(() => true),
    );
    expect(codes).toContain('radiomics.not_finite');
    expect(value('stat_mean')).toBe(5);
  });

  it('intensities below the first bin are counted in it, and said', async () => {
    const { codes } = await measured(
      image((v) => ramp(v) - 100),
      mask(() => true),
      {
        settings: { discretise: { method: 'fbs', width: 25, min: 0 } },
      },
    );
    expect(codes).toContain('radiomics.below_first_bin');
  });

  it('a mask on another grid is refused', async () => {
    await expect(
      measured(
        image(ramp),
        mask(() => true, grid([6, 6, 5])),
      ),
    ).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
    await expect(
      measured(
        image(ramp),
        mask(() => true, grid([6, 6, 6], [0, 0, 3])),
      ),
    ).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
  });

  it('PyRadiomics refuses one voxel by its least dimensions', async () => {
    const { findings } = await extractPyradiomics({ image: await image(ramp), mask: await mask((v) => v === 3) });
    expect(findings.map(({ code }) => code)).toEqual(['roi.too_small']);
  });
});

describe('bad filters', () => {
  it.each([
    ['type=mean,support=4', /odd/],
    ['type=laws,kernels=E5L5', /3 of L3/],
    ['type=wavelet,wavelet=db99,decomposition=LLH', /haar, db1/],
    ['type=wavelet,wavelet=db2,decomposition=LH', /3 letters/],
    ['type=log,sigma_mm=3,riesz=0:0:0', /sum of 1 to 4/],
    ['type=nonseparable,steer_mm=2', /order to steer/],
  ])('%s', async (text, message) => {
    const { filterOf } = await import('../../../lib/native/filter-config.js');
    const volume = await image(ramp);
    await expect(filterVolume({ volume, filter: filterOf(parseFilter(text)) })).rejects.toThrow(message);
  });

  it.each(['type=mean,suport=3', 'type=no', 'log', 'type=log'])('%s is a usage error', (text) => {
    expect(() => parseFilter(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('images of one voxel and one line are filtered', async () => {
    for (const size of [
      [1, 1, 1],
      [9, 1, 1],
    ] as Triple[]) {
      for (const filter of [
        'type=mean,support=5',
        'type=median',
        'type=log,sigma_mm=2',
        'type=gabor,sigma_mm=2,lambda_mm=2',
        'type=nonseparable',
      ]) {
        const { filterOf } = await import('../../../lib/native/filter-config.js');
        await filterVolume({ volume: await image(ramp, size), filter: filterOf(parseFilter(filter)) });
      }
    }
  });
});
