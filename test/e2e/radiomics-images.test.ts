/**
 * An MR and a PET series beside the CT, through the main job: both are measured, PET in standardised uptake values. Every
 * structure has one signal, so medians are known: of PET the uptake drawn, of MR what normalising makes of the signal.
 */

import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { readSeries } from '../../lib/native/dicom.js';
import { describeVolume, viewVolume } from '../../lib/native/volume.js';
import { MR_SIGNAL, PET_SUV, writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { temporaryFolder } from '../fixtures/index.js';

const folder = temporaryFolder();
const root = join(folder, 'in');
const out = join(folder, 'out');
let phantom: Awaited<ReturnType<typeof writePhantom>>;
let code = -1;

const files = (modality: string): string[] =>
  readdirSync(join(root, modality))
    .sort()
    .map((name) => join(root, modality, name));

/** Structures of many voxels; the others' medians lie at their borders. */
const THICK = ['PTV', 'Box', 'Cylinder', 'Cone'];
const table = (name: string) => parseCsv(join(out, `_RESULTS/${name}.csv`));

beforeAll(async () => {
  phantom = await writePhantom(root, {
    patientId: 'IMAGES',
    beside: ['MR', 'PT'],
  });
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'radiomics:\n  images: original\n  modalities: [MR, PT]\n');
  const args = [
    'run',
    '--dicom-root',
    root,
    '--outdir',
    out,
    '--config',
    config,
    '--stages',
    'organize,radiomics',
    '-q',
  ];
  code = await new Promise<number>((resolve) => {
    execFile(process.execPath, [join(packageRoot, 'dist/cli/main.js'), ...args], { timeout: 120_000 }, (error) =>
      resolve(error ? Number(error.code ?? 1) : 0),
    );
  });
});

describe('MR and PET beside the CT', () => {
  it('are read back as they were drawn', async () => {
    const mr = await readSeries({ paths: files('MR') });
    expect(mr.findings).toEqual([]);
    expect(new Set(viewVolume(mr.volume) as Int16Array)).toEqual(new Set([0, ...Object.values(MR_SIGNAL)]));
    const pet = await readSeries({ paths: files('PT'), suv: 'bw' });
    expect(pet.findings).toEqual([]);
    expect(pet.suv).toMatchObject({ type: 'bw', decaySeconds: 3600 });
    const { unit, slope, intercept } = describeVolume(pet.volume);
    expect(unit).toBe('SUVbw');
    const values = [...new Set(viewVolume(pet.volume) as Int16Array)].map((stored) => slope * stored + intercept);
    for (const suv of Object.values(PET_SUV)) {
      expect(Math.min(...values.map((value) => Math.abs(value / suv - 1)))).toBeLessThan(5e-4);
    }
  });

  it('are measured, PET in uptake values', () => {
    expect(code).toBe(0);
    const rows = table('radiomics_pt');
    expect(rows.map(({ roi_name }) => roi_name)).toEqual(phantom.shapes.map(({ name }) => name));
    for (const name of THICK) {
      const row = rows.find(({ roi_name }) => roi_name === name);
      expect(row?.modality).toBe('PT');
      // Cubic splines ring about edges: by as much as a hundredth in the middle of a box of ten voxels.
      const off = Number(row?.original_firstorder_Median) / (PET_SUV[name] as number) - 1;
      expect(Math.abs(off), name).toBeLessThan(0.01);
      expect(Number(row?.original_glcm_JointEntropy), name).toBeGreaterThanOrEqual(0);
    }
    // The others are too thin for voxels of 3 mm to have their volume.
    const ptv = rows.find(({ roi_name }) => roi_name === 'PTV');
    const { volumeCc } = phantom.shapes.find(({ name }) => name === 'PTV') as (typeof phantom.shapes)[number];
    expect(Math.abs(Number(ptv?.original_shape_MeshVolume) / 1000 / volumeCc - 1)).toBeLessThan(0.03);
  });

  it('are measured, MR normalised by the whole image', async () => {
    const { volume } = await readSeries({ paths: files('MR') });
    const voxels = viewVolume(volume) as Int16Array;
    const mean = voxels.reduce((sum, x) => sum + x, 0) / voxels.length;
    const deviation = Math.sqrt(voxels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (voxels.length - 1));
    const rows = table('radiomics_mr');
    expect(rows.map(({ roi_name }) => roi_name)).toEqual(phantom.shapes.map(({ name }) => name));
    for (const name of THICK) {
      const row = rows.find(({ roi_name }) => roi_name === name);
      const expected = ((MR_SIGNAL[name] as number) - mean) / deviation;
      expect(Number(row?.original_firstorder_Median), name).toBeCloseTo(expected, 2);
    }
    expect(table('radiomics_ct').length).toBe(phantom.shapes.length);
  });
});
