/** isovox radiomics in the dialect of PyRadiomics: feature maps as files, and the columns beside the features. */

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { radiomics } from '../../../lib/cli/commands/radiomics.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { readVolume, writeVolume } from '../../../lib/native/formats.js';
import { describeVolume, viewVolume } from '../../../lib/native/volume.js';
import { parseCsv } from '../../fixtures/csv.js';
import { temporaryFolder } from '../../fixtures/index.js';

const N = 12;
const GRID = { size: [N, N, N], spacing: [1, 2, 3], origin: [10, 20, 30] } as Parameters<typeof makeVolume>[0]['grid'];

const at = (v: number): [number, number, number] => [v % N, Math.floor(v / N) % N, Math.floor(v / (N * N))];
const inside = (v: number): boolean => at(v).every((x) => x >= 4 && x < 8);

describe('isovox radiomics --dialect pyradiomics', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const base = { image: path('image.nii.gz'), mask: path('mask.nii.gz'), dialect: 'pyradiomics', quiet: true };

  beforeAll(async () => {
    const image = Int16Array.from({ length: N ** 3 }, (_, v) => at(v)[0] ** 2 + 3 * at(v)[1] - at(v)[2]);
    const mask = Uint8Array.from({ length: N ** 3 }, (_, v) => Number(inside(v)));
    await writeVolume({ volume: await makeVolume({ grid: GRID, dtype: 'int16', data: image }), path: base.image });
    await writeVolume({ volume: await makeVolume({ grid: GRID, dtype: 'uint8', data: mask }), path: base.mask });
  });

  it('writes a volume per feature that the file asks for', async () => {
    const config = path('maps.yaml');
    writeFileSync(
      config,
      'featureClass: {firstorder: [Mean], glcm: [Contrast]}\nvoxelSetting: {kernelRadius: 2, initValue: -1}\n',
    );
    const out = path('maps');
    expect(await radiomics({ ...base, config, voxelMaps: out } as never)).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['original_firstorder_Mean.nii.gz', 'original_glcm_Contrast.nii.gz']);
    const { volume } = await readVolume({ path: join(out, 'original_firstorder_Mean.nii.gz') });
    const { grid } = describeVolume(volume);
    expect(grid).toMatchObject({ size: [8, 8, 8], spacing: [1, 2, 3], origin: [12, 24, 36] });
    const values = viewVolume(volume);
    expect(values[0]).toBe(-1);
    // The corner voxel (4, 4, 4) sees the structure's first three voxels along each axis.
    const mean = (16 + 25 + 36) / 3 + 3 * 5 - 5;
    expect(values[(2 * 8 + 2) * 8 + 2]).toBeCloseTo(mean, 12);
  });

  it('a wide table has the diagnostics', async () => {
    const out = path('wide.csv');
    expect(await radiomics({ ...base, out, wide: true } as never)).toBe(0);
    const [row] = parseCsv(out);
    expect(row).toMatchObject({
      'diagnostics_Image-original_Size': '(12, 12, 12)',
      'diagnostics_Mask-original_BoundingBox': '(4, 4, 4, 4, 4, 4)',
      'diagnostics_Mask-original_VoxelNum': '64',
    });
    expect(row?.['diagnostics_Image-original_Hash']).toMatch(/^[0-9a-f]{40}$/);
  });

  it.each([
    [{ ...base }, /--out/],
    [{ ...base, dialect: 'ibsi', voxelMaps: 'x' }, /--dialect pyradiomics/],
  ])('refuses what cannot be meant', async (options, message) => {
    await expect(radiomics(options as never)).rejects.toThrow(message);
  });
});
