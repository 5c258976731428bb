/** isovox robustness: the grid as the pipeline has it, for files. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { robustness } from '../../../lib/cli/commands/robustness.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { writeVolume } from '../../../lib/native/formats.js';
import { extractFeatures } from '../../../lib/native/radiomics.js';
import { parseCsv } from '../../fixtures/csv.js';
import { temporaryFolder } from '../../fixtures/index.js';

const SIZE: [number, number, number] = [40, 40, 40];
const GRID = {
  size: SIZE,
  spacing: [1, 1, 1] as [number, number, number],
  origin: [0, 0, 0] as [number, number, number],
};

const voxels = <T>(value: (i: number, j: number, k: number) => T): T[] =>
  Array.from({ length: 40 ** 3 }, (_, v) => value(v % 40, Math.floor(v / 40) % 40, Math.floor(v / 1600)));

const ball = (at: number, radius: number) =>
  makeVolume({
    grid: GRID,
    dtype: 'uint8',
    data: Uint8Array.from(voxels((i, j, k) => Number((i - at) ** 2 + (j - at) ** 2 + (k - at) ** 2 <= radius ** 2))),
  });

describe('isovox robustness', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);

  it('writes a row per feature over all structures, and every value', async () => {
    const data = Int16Array.from(voxels((i, j, k) => Math.round(100 * Math.sin(i / 3) + 10 * j + 5 * k)));
    const image = await makeVolume({ grid: GRID, dtype: 'int16', data });
    const masks = [await ball(18, 8), await ball(22, 9)];
    await writeVolume({ volume: image, path: path('image.nii.gz') });
    for (const [n, mask] of masks.entries()) await writeVolume({ volume: mask, path: path(`ball${n}.nii.gz`) });
    const config = path('settings.yaml');
    writeFileSync(config, 'families: [statistics, morphology]\n');
    const out = path('summary.csv');
    const code = await robustness({
      image: path('image.nii.gz'),
      mask: [path('ball0.nii.gz'), path('ball1.nii.gz')],
      grid: 'mild',
      config,
      out,
      values: path('values.csv'),
      quiet: true,
    } as never);
    expect(code).toBe(0);
    const rows = parseCsv(out);
    const mean = rows.find((row) => row.scope === 'global' && row.feature_name === 'stat_mean');
    expect(mean).toMatchObject({ n_subjects: '2', n_perturbations: '12' });
    // Shifts of 4 mm along k, where intensities grow by 5 per millimetre, move all means alike.
    expect(Number(mean?.icc)).toBeGreaterThan(0.9);
    const values = parseCsv(path('values.csv'));
    const { features } = await extractFeatures({
      image,
      mask: masks[0] as (typeof masks)[0],
      settings: { families: ['statistics', 'morphology'] },
    });
    expect(values).toHaveLength(features.length * 2 * 12);
    const unperturbed = values.filter(
      (row) => row.structure === 'ball0' && row.perturbation === 'ntcv_n0_t0_0_0_c0_v0',
    );
    expect(unperturbed).toHaveLength(features.length);
    for (const { name, value } of features) {
      const row = unperturbed.find((one) => one.feature_name === name);
      expect(Math.abs(Number(row?.value) - Number(value)), name).toBeLessThanOrEqual(
        1e-9 * Math.abs(Number(value)) + 1e-9,
      );
    }
  });

  it('an incomplete grid is an error that names the file and the perturbation', async () => {
    await writeVolume({
      volume: await makeVolume({ grid: GRID, dtype: 'int16', data: new Int16Array(40 ** 3) }),
      path: path('flat.nii'),
    });
    await writeVolume({ volume: await ball(20, 0), path: path('voxel.nii') });
    const options = {
      image: path('flat.nii'),
      mask: [path('voxel.nii')],
      grid: 'aggressive',
      out: path('x.csv'),
      quiet: true,
    };
    await expect(robustness({ ...options, dialect: 'pyradiomics' } as never)).rejects.toMatchObject({
      code: 'ERR_CORRUPT_DATA',
      message: expect.stringMatching(/voxel\.nii: \d+ of 315 perturbations .*ntcv_/),
    });
  });
});
