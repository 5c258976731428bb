/** Perturbations: their grids, what they do to image and outline, and the tables made of them. */

import { describe, expect, it } from 'vitest';

import { getConfig } from '../../../lib/config/resolve.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { extractPyradiomics, perturbedFeatures } from '../../../lib/native/radiomics.js';
import type { PerturbationArgs } from '../../../lib/native/radiomics-types.js';
import { perturbationGrid } from '../../../lib/rt/perturbation-grid.js';
import { labelOf, type RobustnessEntry, robustnessTables } from '../../../lib/rt/robustness.js';
import { runConfigSchema } from '../../../lib/rt/run-config.js';
import { Context } from '../../../lib/runtime/context.js';

const settings = (robustness: object) => runConfigSchema.parse({ robustness }).robustness;

describe('grids', () => {
  it.each([
    ['off', 0],
    ['mild', 12],
    ['standard', 81],
    ['aggressive', 315],
  ])('%s has %i perturbations, each of its own name, the first of which changes nothing', (grid, count) => {
    const list = perturbationGrid(settings({ grid }));
    expect(list).toHaveLength(count);
    expect(new Set(list.map(({ name }) => name)).size).toBe(count);
    if (count > 0) expect(list[0]).toMatchObject({ noise: 0, shiftMm: [0, 0, 0], contour: 0, volume: 0 });
  });

  it('rotations come on top', () => {
    const list = perturbationGrid(settings({ grid: 'mild', rotations: [-1, 3] }));
    expect(list.slice(12).map(({ rotationDeg }) => rotationDeg)).toEqual([-1, 3]);
  });
});

/** A ball of radius 8 mm in a textured image, voxels of 1 x 1 x 2 mm. */
async function ball() {
  const size = [60, 56, 30] as const;
  const voxels = new Float32Array(60 * 56 * 30);
  const inside = new Uint8Array(voxels.length);
  for (let v = 0; v < voxels.length; v++) {
    const [i, j, k] = [v % 60, Math.floor(v / 60) % 56, Math.floor(v / 3360)];
    voxels[v] = 100 + 40 * Math.sin(i / 3) + 30 * Math.cos(j / 4) + 10 * k + ((i * 7 + j * 13 + k * 29) % 11);
    inside[v] = (i - 30) ** 2 + (j - 28) ** 2 + (2 * (k - 15)) ** 2 <= 64 ? 1 : 0;
  }
  const grid = {
    size: [...size] as [number, number, number],
    spacing: [1, 1, 2] as [number, number, number],
    origin: [0, 0, 0] as [number, number, number],
  };
  const image = await makeVolume({ grid, dtype: 'float32', data: voxels });
  const mask = await makeVolume({ grid, dtype: 'uint8', data: inside });
  return { image, mask, label: 1, count: inside.reduce((sum, m) => sum + m, 0) };
}

const pyradiomics = { binWidth: 25, classes: ['shape' as const, 'firstorder' as const, 'glcm' as const] };

async function measure(perturbations: PerturbationArgs[], options: { threads?: number; seed?: number } = {}) {
  const { image, mask, label } = await ball();
  const config = getConfig();
  const context = new Context({ ...config, read: { ...config.read, concurrency: options.threads ?? 2 } });
  const args = { image, mask, label, perturbations, pyradiomics, seed: options.seed ?? 42 };
  const { names, values, failed } = await perturbedFeatures(args, { context });
  expect(failed.filter((code) => code !== '')).toEqual([]);
  return (perturbation: number, name: string): number => {
    expect(names).toContain(name);
    return values[perturbation * names.length + names.indexOf(name)] as number;
  };
}

const VOLUME = 'original_shape_VoxelVolume';
const MEAN = 'original_firstorder_Mean';
const SPREAD = 'original_firstorder_Variance';

describe('perturbed features', () => {
  it('are the plain ones when nothing changes', async () => {
    const { image, mask, label } = await ball();
    const plain = await extractPyradiomics({ image, mask, label, settings: pyradiomics });
    const of = await measure([{}]);
    for (const { name, value } of plain.features) expect(of(0, name)).toBeCloseTo(value as number, 9);
  });

  it('noise adds its variance and leaves the outline', async () => {
    const of = await measure([{}, { noise: 10 }, { noise: 20 }]);
    expect(of(1, VOLUME)).toBe(of(0, VOLUME));
    // 1066 voxels: the variance of a sum of independent parts, to about four standard errors.
    expect(of(1, SPREAD) - of(0, SPREAD)).toBeGreaterThan(0);
    expect(Math.abs(of(1, SPREAD) - of(0, SPREAD) - 100)).toBeLessThan(150);
    expect(Math.abs(of(2, SPREAD) - of(0, SPREAD) - 400)).toBeLessThan(300);
  });

  it('a shift along k moves the mean by the slope of the image', async () => {
    const of = await measure([{}, { shiftMm: [0, 0, 4] }, { shiftMm: [0, 0, -4] }]);
    expect(of(1, MEAN) - of(0, MEAN)).toBeCloseTo(20, 0);
    expect(of(2, MEAN) - of(0, MEAN)).toBeCloseTo(-20, 0);
    expect(of(1, VOLUME)).toBeCloseTo(of(0, VOLUME), 6);
  });

  it('volumes change by what is asked, contours by 50 to 100 % of the offset', async () => {
    const of = await measure([
      {},
      { volume: 0.15 },
      { volume: -0.15 },
      { contour: 1, offsetMm: 2 },
      { contour: 2, offsetMm: 2 },
    ]);
    const voxel = 2;
    expect(Math.abs(of(1, VOLUME) - 1.15 * of(0, VOLUME))).toBeLessThanOrEqual(voxel);
    expect(Math.abs(of(2, VOLUME) - 0.85 * of(0, VOLUME))).toBeLessThanOrEqual(voxel);
    for (const contour of [3, 4]) {
      const radius = Math.cbrt((3 * of(contour, VOLUME)) / (4 * Math.PI));
      expect(Math.abs(radius - 8)).toBeGreaterThan(0.5);
      expect(Math.abs(radius - 8)).toBeLessThan(2.5);
    }
  });

  it('a ball keeps its size when it is turned', async () => {
    const of = await measure([{}, { rotationDeg: 3 }]);
    expect(of(1, VOLUME)).toBeCloseTo(of(0, VOLUME), -2);
    expect(of(1, MEAN)).not.toBe(of(0, MEAN));
  });

  it('are the same for any number of threads, and others for another seed', async () => {
    const grid = [{}, { noise: 10 }, { noise: 10, contour: 1, offsetMm: 2 }, { contour: 2, offsetMm: 2, volume: 0.1 }];
    const one = await measure(grid, { threads: 1 });
    const two = await measure(grid, { threads: 2 });
    const other = await measure(grid, { seed: 7 });
    for (const p of grid.keys()) {
      for (const name of [VOLUME, MEAN, SPREAD, 'original_glcm_Contrast']) expect(two(p, name)).toBe(one(p, name));
    }
    expect(other(1, MEAN)).not.toBe(one(1, MEAN));
  });

  it('an emptied structure is said of its perturbation', async () => {
    const { image, mask, label } = await ball();
    const { failed } = await perturbedFeatures({
      ...{ image, mask, label, pyradiomics },
      perturbations: [{}, { contour: 1, offsetMm: 2, volume: -0.9999 }],
    });
    expect(failed).toEqual(['', 'roi.empty']);
  });
});

describe('robustness tables', () => {
  const entry = (subject: number, noise: number): RobustnessEntry => ({
    patient_id: `P${subject}`,
    course_id: '2024-01',
    modality: 'CT',
    segmentation_source: 'Manual',
    roi_number: 1,
    roi_name: 'GTV',
    settings_hash: 'h',
    perturbations: ['a', 'b', 'c', 'd'],
    outlineOnly: [true, true, false, false],
    features: ['steady', 'copy', 'shaky', 'signed'],
    values: [
      [0, 1, 2, 3].map((t) => 100 + 20 * subject + t * 0.1),
      [0, 1, 2, 3].map((t) => 10 + 2 * subject + t * 0.01),
      [0, 1, 2, 3].map((t) => 100 + subject + noise * ((t * 7 + subject * 3) % 5)),
      [0, 1, 2, 3].map((t) => subject - 2 + t),
    ],
  });

  it('labels features, and selects one of those that say the same', async () => {
    const [summary] = await robustnessTables([0, 1, 2, 3, 4].map((subject) => entry(subject, 40)));
    const rows = (summary?.rows ?? []).filter(({ scope }) => scope === 'structure');
    const of = (key: string) => Object.fromEntries(rows.map((row) => [row.feature_name, row[key]]));
    expect(of('robustness_label')).toEqual({
      steady: 'robust',
      copy: 'robust',
      shaky: 'poor',
      signed: 'not_evaluable',
    });
    const selected = of('selected');
    expect([selected.steady, selected.copy].filter(Boolean)).toHaveLength(1);
    expect(selected.shaky).toBe(false);
    for (const row of rows) {
      expect(Object.keys(row).every((key) => summary?.columns.some(({ name }) => name === key))).toBe(true);
    }
  });

  it('the limits are those of rtpipeline', () => {
    const rest = { icc: 1, iccHigh: 1, covQ1Pct: 0, covQ3Pct: 0, qcd: 0 };
    expect(labelOf({ ...rest, iccLow: 0.9, covPct: 10 })).toBe('robust');
    expect(labelOf({ ...rest, iccLow: 0.9, covPct: 10.1 })).toBe('acceptable');
    expect(labelOf({ ...rest, iccLow: 0.74, covPct: 1 })).toBe('poor');
    expect(labelOf({ ...rest, iccLow: null, covPct: 1 })).toBe('not_evaluable');
  });
});
