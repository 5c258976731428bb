/**
 * A phantom course segmented by a tiny model, through the command line: from DICOM to RTSTRUCT, dose and radiomics rows.
 * The model cuts the image at 180 HU and -500 HU, so its structures are the phantom's solids, whose volumes and doses are
 * known in closed form.
 */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { readRtStruct, readSegmentation } from '../../lib/native/dicom.js';
import { writePhantom } from '../../lib/phantom/patient.js';
import { expectedDose } from '../../lib/phantom/shapes.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';
import { writeModelFolder } from '../fixtures/model-folder.js';
import { bandModel } from '../fixtures/onnx.js';

const main = join(packageRoot, 'dist/cli/main.js');

function isovox(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { maxBuffer: 2 ** 26, timeout: 300_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

const folder = temporaryFolder();
const root = join(folder, 'in');
const out = join(folder, 'out');
const course = join(out, 'ONE/2024-01');
const models = join(folder, 'models');
const structures = join(folder, 'structures.yaml');
const run = (...more: string[]) =>
  isovox(
    'run',
    '--dicom-root',
    root,
    '--outdir',
    out,
    '--workers',
    '2',
    '--models',
    models,
    '--device',
    'cpu',
    ...more,
  );

let phantom: Awaited<ReturnType<typeof writePhantom>>;
let first: Awaited<ReturnType<typeof isovox>>;

beforeAll(async () => {
  phantom = await writePhantom(join(root, 'one'), { patientId: 'ONE' });
  // soft_tissue from -500 HU, dense from 180 HU.
  writeModelFolder(join(models, 'bands'), {
    networks: [
      bandModel([
        [0, 0],
        [1, 500],
        [2, 320],
      ]),
    ],
    labels: ['background', 'soft_tissue', 'dense'],
    patch: [64, 64, 24],
    input: { orientation: 'LPS', channels: [{ name: 'CT' }] },
    more: { name: 'bands', task: 'bands', licence: 'CC0-1.0', postprocess: { largestComponent: ['dense'] } },
  });
  writeFileSync(
    structures,
    `structures:
  - { name: dense_wide, of: [dense], marginMm: { left: 10, right: 10, anterior: 4 } }
  - { name: rind, operation: subtract, of: [dense_wide, dense] }
  - { name: both, of: [Box, PTV, absent] }
  - { name: impossible, operation: intersection, of: [Box, absent] }
`,
  );
  first = await run('--custom-structures', structures);
});

const rows = (table: string): Array<Record<string, string>> => parseCsv(join(out, `_RESULTS/${table}.csv`));

describe('isovox run --models', () => {
  it('says what runs where, and ends well', () => {
    expect(first.stderr).toMatch(
      /Segmentation stage: 1 courses at once \(device: cpu, threads=\d+\); models: bands \(CC0-1\.0\)/,
    );
    expect(first.code).toBe(0);
  });

  it('writes RS_auto.dcm, masks and what made them', async () => {
    const { summary } = await readRtStruct({ path: join(course, 'RS_auto.dcm') });
    expect(summary.rois.map(({ ROIName }) => ROIName)).toEqual(['soft_tissue__partial', 'dense']);
    expect(readdirSync(join(course, 'Segmentation_Models')).sort()).toEqual([
      'AutoRTS_bands--dense.nii.gz',
      'AutoRTS_bands--soft_tissue__partial.nii.gz',
    ]);
    const facts = JSON.parse(readFileSync(join(course, 'metadata/segmentation.json'), 'utf8'));
    expect(facts.models).toMatchObject([{ name: 'bands', licence: 'CC0-1.0', provider: 'cpu' }]);
    const custom = await readRtStruct({ path: join(course, 'RS_custom.dcm') });
    expect(custom.summary.rois.map(({ ROIName }) => ROIName)).toEqual(['dense_wide', 'rind', 'both']);
  });

  it('writes the same as a DICOM Segmentation, as large as the masks', async () => {
    const { segments, referencedSeriesUIDs, header } = await readSegmentation({ path: join(course, 'SEG_auto.dcm') });
    const facts = JSON.parse(readFileSync(join(course, 'metadata/segmentation.json'), 'utf8'));
    expect(segments.map(({ SegmentLabel }) => SegmentLabel)).toEqual(['soft_tissue__partial', 'dense']);
    expect(segments.map(({ SegmentAlgorithmName }) => SegmentAlgorithmName)).toEqual([
      'AutoRTS_bands',
      'AutoRTS_bands',
    ]);
    for (const [n, { volumeCc }] of segments.entries()) expect(volumeCc).toBeCloseTo(facts.rois[n].volumeCc, 6);
    const { summary } = await readRtStruct({ path: join(course, 'RS_auto.dcm') });
    expect(header.FrameOfReferenceUID).toBe(summary.header.FrameOfReferenceUID);
    expect(referencedSeriesUIDs).toHaveLength(1);
  });

  it('measures them: volume and dose of the cylinder as in closed form, each row with its source', () => {
    const found = rows('dvh_metrics');
    const of = (name: string) => found.find((row) => row.ROI_Name === name);
    const cylinder = phantom.shapes.find(({ name }) => name === 'Cylinder');
    const dose = expectedDose(cylinder as NonNullable<typeof cylinder>, phantom.dose);
    const dense = of('dense');
    expect(dense?.Segmentation_Source).toBe('AutoRTS_bands');
    expect(dense?.structure_cropped).toBe('false');
    // 12 mm radius in voxels of 2 mm: the area of a disc of voxels is known to about 2 %.
    const volume = (Math.PI * 12 ** 2 * 60) / 1000;
    expect(Math.abs(Number(dense?.['Volume (cm³)']) / volume - 1)).toBeLessThan(0.03);
    expect(Math.abs(Number(dense?.DmeanGy) - dose.meanGy)).toBeLessThan(0.1);
    expect(of('soft_tissue__partial')?.structure_cropped).toBe('true');
    expect(of('rind')?.Segmentation_Source).toBe('Custom');
    const wide = Number(of('dense_wide')?.['Volume (cm³)']);
    expect(Number(of('rind')?.['Volume (cm³)'])).toBeCloseTo(wide - Number(dense?.['Volume (cm³)']), 1);
    const both = Number(of('Box')?.['Volume (cm³)']) + Number(of('PTV')?.['Volume (cm³)']);
    expect(Math.abs(Number(of('both')?.['Volume (cm³)']) / both - 1)).toBeLessThan(0.02);
    const radiomics = rows('radiomics_ct').find((row) => row.roi_name === 'dense');
    expect(radiomics?.segmentation_source).toBe('AutoRTS_bands');
    expect(Number(radiomics?.original_firstorder_Mean)).toBeGreaterThan(240);
    expect(Number(radiomics?.original_firstorder_Mean)).toBeLessThan(260);
  });

  it('says what a definition lacked', () => {
    expect(rows('findings').find((row) => row.code === 'structure.missing_source')?.message).toMatch(/both.*absent/);
    expect(rows('failures').find((row) => row.roi === 'impossible')?.reason).toMatch(/there is no absent/);
  });

  it('does nothing twice, redoes what another model changes, and drops what no model makes', async () => {
    const before = treeDigest(course);
    const again = await run('--custom-structures', structures, '--json');
    const [stages] = (JSON.parse(again.stdout) as { courses: Array<{ stages: Record<string, string> }> }).courses.map(
      (one) => one.stages,
    );
    expect([stages?.segment, stages?.['segment-custom'], stages?.dvh]).toEqual(['reused', 'reused', 'reused']);
    expect(treeDigest(course)).toEqual(before);

    const subset = await run('--roi-subset', 'dense', '--crop-region', 'pelvis', '--json');
    const [after] = (JSON.parse(subset.stdout) as { courses: Array<{ stages: Record<string, string> }> }).courses;
    expect(after?.stages.segment).toBe('done');
    expect(after?.stages['segment-custom']).toBe('skipped: no custom model or structure');
    expect(after?.stages.crop).toBe('skipped: no vertebrae_L1 to crop by');
    expect(existsSync(join(course, 'RS_custom.dcm'))).toBe(false);
    const { summary } = await readRtStruct({ path: join(course, 'RS_auto.dcm') });
    expect(summary.rois.map(({ ROIName }) => ROIName)).toEqual(['dense']);
  });

  it('cuts to a region between structures', async () => {
    const config = join(folder, 'crop.yaml');
    writeFileSync(
      config,
      `crop:
  superior: { roi: [dense], side: superior, marginMm: -10 }
  inferior: { roi: [dense], side: inferior, marginMm: 5 }
`,
    );
    const done = await run('--config', config, '--stages', 'organize,segment,crop');
    expect(done.code).toBe(0);
    const facts = JSON.parse(readFileSync(join(course, 'metadata/cropping_metadata.json'), 'utf8'));
    // The cylinder is 60 mm high about 0: from -35 to 20 mm is 55 mm, 22 slices of 2.5 mm.
    expect([facts.firstSlice, facts.slices]).toEqual([10, 22]);
    const { summary } = await readRtStruct({ path: join(course, 'RS_auto_cropped.dcm') });
    expect(summary.rois.map(({ ROIName }) => ROIName)).toEqual(['soft_tissue__partial', 'dense__partial']);
    expect(existsSync(join(course, 'NIFTI/ct_cropped.nii.gz'))).toBe(true);
  });

  it('refuses a model that is not whole before any course is read', async () => {
    const broken = writeModelFolder(join(folder, 'broken'), { networks: [bandModel([[1, 0]])], labels: ['a', 'b'] });
    const refused = await isovox('run', '--dicom-root', root, '--outdir', join(folder, 'no'), '--models', broken);
    expect(refused.code).toBe(65);
    expect(refused.stderr).toMatch(/ERR_MODEL: The manifest has 2 labels but .* has 1 channels/);
  });
});

describe('isovox model, isovox segment', () => {
  it('shows a model that is right, and what is wrong with another', async () => {
    const right = await isovox('model', 'check', join(models, 'bands'), '--device', 'cpu');
    expect(right.stdout).toMatch(/licence +CC0-1\.0/);
    expect(right.stdout).toMatch(/labels +background, soft_tissue, dense/);
    expect(right.code).toBe(0);
    const wrong = writeModelFolder(join(folder, 'wrong'), {
      networks: [bandModel([[1, 0]])],
      labels: ['a', 'b'],
      window: { overlapp: 0 },
    });
    const refused = await isovox('model', 'check', wrong);
    expect(refused.code).toBe(65);
    expect(refused.stderr).toMatch(/did you mean window\.overlap\?/);
    expect(JSON.parse((await isovox('model', 'schema')).stdout).required).toContain('licence');
  });

  it('labels a folder of slices', async () => {
    const file = join(folder, 'labels.nii.gz');
    const args = ['--model', join(models, 'bands'), '--image', join(root, 'one/CT'), '--out', file, '--json'];
    const done = await isovox('segment', ...args, '--device', 'cpu');
    expect(done.code).toBe(0);
    const document = JSON.parse(done.stdout) as { labels: Array<{ name: string; volumeCc: number }> };
    expect(document.labels.map(({ name }) => name)).toEqual(['soft_tissue', 'dense']);
    expect(existsSync(file)).toBe(true);
  });
});
