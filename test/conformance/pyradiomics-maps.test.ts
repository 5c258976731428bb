/** PyRadiomics' voxel-based features: maps equal to its own, to 1e-6 of each value. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readVolume } from '../../lib/native/formats.js';
import { parametersOf } from '../../lib/native/pyradiomics-config.js';
import { pyradiomicsMaps } from '../../lib/native/radiomics.js';
import { describeVolume, viewVolume } from '../../lib/native/volume.js';
import { sharedData } from '../fixtures/index.js';

const TEXTURE = ['firstorder', 'glcm', 'glrlm', 'glszm', 'gldm', 'ngtdm'];

/** As in test/oracles/pyradiomics_maps.py. */
const CASES: Readonly<Record<string, readonly [Record<string, unknown>, readonly string[], string]>> = {
  'radius 1': [{}, TEXTURE, 'Original'],
  'radius 2; everything counts': [{ kernelRadius: 2, maskedKernel: false, initValue: -7 }, TEXTURE, 'Original'],
  slices: [{ kernelRadius: 2, force2D: true, binCount: 16 }, TEXTURE, 'Original'],
  weighted: [{ weightingNorm: 'euclidean' }, ['glcm', 'glrlm'], 'Original'],
  derived: [{}, ['firstorder', 'ngtdm'], 'Square'],
};

const golden = readFileSync(resolve(import.meta.dirname, '../golden/pyradiomics-maps.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => line.split(','));

/** Where a map of the reference has no number, one angle of a kernel has no pairs: here the others' mean stands. */
const agree = (actual: number, expected: number): boolean =>
  Number.isNaN(expected) || Math.abs(actual - expected) <= 1e-6 * Math.abs(expected) + 1e-7;

describe.skipIf(sharedData === undefined)('feature maps of PyRadiomics', () => {
  it.each(Object.entries(CASES))('%s', async (test, [setting, classes, type]) => {
    const folder = join(sharedData as string, 'pyradiomics');
    const [image, mask] = await Promise.all([
      readVolume({ path: join(folder, 'breast1_image.nrrd') }),
      readVolume({ path: join(folder, 'breast1_label.nrrd') }),
    ]);
    const { settings, kernel } = parametersOf(
      {
        setting: { binWidth: 25, ...setting },
        imageType: { [type]: {} },
        featureClass: Object.fromEntries(classes.map((name) => [name, []])),
      },
      test,
    );
    const { maps, findings } = await pyradiomicsMaps({ image: image.volume, mask: mask.volume, settings, ...kernel });
    expect(findings).toEqual([]);
    const byName = new Map(maps.map(({ name, volume }) => [name, volume]));
    const rows = golden.filter(([name]) => name === test);
    const names = new Set(rows.map(([, name = '']) => name));
    const known = new Set([...byName.keys()].filter((name) => names.has(name)));
    expect(known).toEqual(names);
    const wrong: string[] = [];
    for (const [, name = '', size, voxel, value] of rows) {
      const volume = byName.get(name) as NonNullable<ReturnType<typeof byName.get>>;
      expect(describeVolume(volume).grid.size.join('x')).toBe(size);
      const actual = Number(viewVolume(volume)[Number(voxel)]);
      if (!agree(actual, Number(value))) wrong.push(`${name} at ${voxel}: ${actual} instead of ${value}`);
    }
    expect(wrong).toEqual([]);
  });
});
