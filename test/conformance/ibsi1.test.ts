/** IBSI 1: every consensus value of the digital phantom and of the CT phantom's configurations A to E. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readVolume } from '../../lib/native/formats.js';
import { extractFeatures, featureCatalogue } from '../../lib/native/radiomics.js';
import { radiomicsSchema, settingsOf } from '../../lib/native/radiomics-config.js';
import { sharedData } from '../fixtures/index.js';

/** The consortium found no agreement on these; they are computed, and no value is asked of them. */
const NO_CONSENSUS = [
  'morph_vol_dens_ombb',
  'morph_area_dens_ombb',
  'morph_vol_dens_mvee',
  'morph_area_dens_mvee',
  'ivh_auc',
];

const golden = (name: string) =>
  readFileSync(resolve(import.meta.dirname, '../golden', name), 'utf8')
    .split('\n')
    .slice(2)
    .filter((line) => line !== '')
    .map((line) => {
      const [value = '', tolerance = '', tag = ''] = line.split(';');
      return { tag, text: value, value: Number(value), tolerance: Number(tolerance) };
    });

/** References have three significant digits, counts all of theirs: what equals them or rounds to them, or lies within the
 * tolerance, agrees. */
function agrees(actual: number, reference: { value: number; tolerance: number }): boolean {
  const away = Math.min(Math.abs(actual - reference.value), Math.abs(Number(actual.toPrecision(3)) - reference.value));
  return away <= reference.tolerance + Math.abs(reference.value) * 1e-9;
}

const TRILINEAR = {
  spacing_mm: 2,
  image_interpolation: 'trilinear',
  mask_interpolation: 'trilinear',
  rounding: 'integer',
};

const CASES = [
  { name: 'digital phantom', folder: 'ibsi1-digital', file: 'ibsi1-digital.csv', config: {} },
  {
    name: 'CT phantom, configuration A',
    folder: 'ibsi1-ct',
    file: 'ibsi1-ct-a.csv',
    config: {
      resegment: { range: [-500, 400] },
      discretise: { method: 'fbs', width: 25 },
      aggregation: '2D',
      diagnostics: true,
    },
  },
  {
    name: 'CT phantom, configuration B',
    folder: 'ibsi1-ct',
    file: 'ibsi1-ct-b.csv',
    config: {
      resample: { ...TRILINEAR, spacing_mm: [2, 2, 0] },
      resegment: { range: [-500, 400] },
      discretise: { method: 'fbn', bins: 32 },
      aggregation: '2D',
      diagnostics: true,
    },
  },
  {
    name: 'CT phantom, configuration C',
    folder: 'ibsi1-ct',
    file: 'ibsi1-ct-c.csv',
    config: {
      resample: TRILINEAR,
      resegment: { range: [-1000, 400] },
      discretise: { method: 'fbs', width: 25 },
      ivh: { method: 'fbs', width: 2.5 },
      aggregation: '3D',
      diagnostics: true,
    },
  },
  {
    name: 'CT phantom, configuration D',
    folder: 'ibsi1-ct',
    file: 'ibsi1-ct-d.csv',
    config: {
      resample: TRILINEAR,
      resegment: { outliers_sigma: 3 },
      discretise: { method: 'fbn', bins: 32 },
      aggregation: '3D',
      diagnostics: true,
    },
  },
  {
    name: 'CT phantom, configuration E',
    folder: 'ibsi1-ct',
    file: 'ibsi1-ct-e.csv',
    config: {
      resample: { ...TRILINEAR, image_interpolation: 'tricubic' },
      resegment: { range: [-1000, 400], outliers_sigma: 3 },
      discretise: { method: 'fbn', bins: 32 },
      ivh: { method: 'fbn', bins: 1000 },
      aggregation: '3D',
      diagnostics: true,
    },
  },
];

describe('IBSI 1', () => {
  it('the digital phantom has a reference for every feature of the catalogue, and a feature for every reference', () => {
    const references = golden('ibsi1-digital.csv').map(({ tag }) => tag);
    const features = featureCatalogue().map(({ name }) => name);
    expect(features.filter((name) => !references.includes(name))).toEqual([]);
    expect(references.filter((tag) => !features.includes(tag))).toEqual([]);
  });

  it('references without a value are those without consensus', () => {
    for (const { file } of CASES) {
      expect(
        golden(file)
          .filter(({ text }) => text === '')
          .map(({ tag }) => tag),
      ).toEqual(NO_CONSENSUS);
    }
  });

  it.skipIf(sharedData === undefined).each(CASES)(
    '$name: every value within tolerance',
    async ({ folder, file, config }) => {
      const at = join(sharedData as string, folder, 'nifti');
      const [image, mask] = await Promise.all([
        readVolume({ path: join(at, 'image', 'phantom.nii.gz') }),
        readVolume({ path: join(at, 'mask', 'mask.nii.gz') }),
      ]);
      const { diagnostics, ...parsed } = radiomicsSchema.parse(config);
      const { features } = await extractFeatures({
        image: image.volume,
        mask: mask.volume,
        settings: settingsOf(parsed),
        diagnostics: diagnostics ?? false,
      });
      const values = new Map(features.map(({ name, value }) => [name, value]));
      const references = golden(file);
      const wrong = references
        .filter(({ text }) => text !== '')
        .filter((reference) => !agrees(values.get(reference.tag) ?? Number.NaN, reference))
        .map(({ tag, text, tolerance }) => `${tag}: ${values.get(tag)} instead of ${text} ± ${tolerance}`);
      expect(wrong).toEqual([]);
      expect([...values.keys()].filter((name) => !references.some(({ tag }) => tag === name))).toEqual([]);
    },
  );
});
