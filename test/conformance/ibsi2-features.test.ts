/** IBSI 2, phase 2: intensity statistics of the CT phantom after a filter, all 18 configurations. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readVolume } from '../../lib/native/formats.js';
import { extractFeatures } from '../../lib/native/radiomics.js';
import { radiomicsSchema, settingsOf } from '../../lib/native/radiomics-config.js';
import { sharedData } from '../fixtures/index.js';

const turned = { rotation_invariant: true } as const;

/** The filters of configurations A (2D, not interpolated) and B (3D, 1 mm): IBSI 2 reference manual, phase 2. */
const FILTERS: Readonly<Record<string, readonly [flat: object | undefined, solid: object | undefined]>> = {
  1: [undefined, undefined],
  2: both({ type: 'mean', support: 5 }),
  3: both({ type: 'log', sigma_mm: 1.5, truncate: 4 }),
  4: [
    { type: 'laws', kernels: 'L5E5', energy_distance: 7, ...turned, pooling: 'max' },
    { type: 'laws', kernels: 'L5E5E5', energy_distance: 7, ...turned, pooling: 'max' },
  ],
  5: both({ type: 'gabor', sigma_mm: 5, lambda_mm: 2, gamma: 1.5, theta_step_deg: 22.5, ...turned }),
  6: [
    { type: 'wavelet', wavelet: 'db3', decomposition: 'LH', level: 1, ...turned },
    { type: 'wavelet', wavelet: 'db3', decomposition: 'LLH', level: 1, ...turned },
  ],
  7: [
    { type: 'wavelet', wavelet: 'db3', decomposition: 'HH', level: 2, ...turned },
    { type: 'wavelet', wavelet: 'db3', decomposition: 'HHH', level: 2, ...turned },
  ],
  8: both({ type: 'nonseparable', wavelet: 'simoncelli', level: 1 }),
  9: both({ type: 'nonseparable', wavelet: 'simoncelli', level: 2 }),
};

const NO_CONSENSUS = ['8.B stat_qcod'];

function both(filter: object): readonly [object, object] {
  return [filter, filter];
}

const golden = readFileSync(resolve(import.meta.dirname, '../golden/ibsi2-features.csv'), 'utf8')
  .split('\n')
  .slice(2)
  .filter((line) => line !== '')
  .map((line) => {
    const [filter = '', value = '', tolerance = '', tag = ''] = line.split(';');
    return { filter, tag, text: value, value: Number(value), tolerance: Number(tolerance) };
  });

/** References have three significant digits: what equals them or rounds to them, or lies within the tolerance, agrees. */
function agrees(actual: number, { value, tolerance }: { value: number; tolerance: number }): boolean {
  const away = Math.min(Math.abs(actual - value), Math.abs(Number(actual.toPrecision(3)) - value));
  return away <= tolerance + Math.abs(value) * 1e-9;
}

const IDS = Object.keys(FILTERS).flatMap((id) => [`${id}.A`, `${id}.B`]);

describe('IBSI 2 phase 2', () => {
  it('every configuration has 18 reference values', () => {
    expect(IDS.map((id) => golden.filter(({ filter }) => filter === id).length)).toEqual(IDS.map(() => 18));
    expect(golden).toHaveLength(18 * IDS.length);
  });

  it('one reference has no value: the consortium found no agreement on it', () => {
    expect(golden.filter(({ text }) => text === '').map(({ filter, tag }) => `${filter} ${tag}`)).toEqual(NO_CONSENSUS);
  });

  it.skipIf(sharedData === undefined).each(IDS)(
    '%s',
    async (id) => {
      const at = join(sharedData as string, 'ibsi1-ct', 'nifti');
      const [image, mask] = await Promise.all([
        readVolume({ path: join(at, 'image', 'phantom.nii.gz') }),
        readVolume({ path: join(at, 'mask', 'mask.nii.gz') }),
      ]);
      const solid = id.endsWith('B');
      const filter = FILTERS[id[0] as string]?.[solid ? 1 : 0];
      const config = radiomicsSchema.parse({
        ...(solid && {
          resample: { spacing_mm: 1, image_interpolation: 'cubic', mask_interpolation: 'linear', rounding: 'integer' },
        }),
        resegment: { range: [-1000, 400] },
        ...(filter && { filter: { ...filter, boundary: 'mirror', dimensions: solid ? 3 : 2 } }),
        families: ['statistics'],
      });
      const { features } = await extractFeatures({
        image: image.volume,
        mask: mask.volume,
        settings: settingsOf(config),
      });
      const values = new Map(features.map(({ name, value }) => [name, value]));
      const references = golden.filter((row) => row.filter === id);
      const wrong = references
        .filter(({ text }) => text !== '')
        .filter((reference) => !agrees(values.get(reference.tag) ?? Number.NaN, reference))
        .map(({ tag, value, tolerance }) => `${tag}: ${values.get(tag)} instead of ${value} ± ${tolerance}`);
      expect(wrong).toEqual([]);
      expect([...values.keys()].sort()).toEqual(references.map(({ tag }) => tag).sort());
    },
    60_000,
  );
});
