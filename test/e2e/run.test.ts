/** The main job on phantom patients, through the command line as a user starts it. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { expectedDose } from '../../lib/phantom/shapes.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';

const main = join(packageRoot, 'dist/cli/main.js');

function isovox(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env: { ...process.env, ...env }, maxBuffer: 2 ** 26, timeout: 300_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

const folder = temporaryFolder();
const root = join(folder, 'in');
const out = join(folder, 'out');
let phantom: Awaited<ReturnType<typeof writePhantom>>;
let first: Awaited<ReturnType<typeof isovox>>;

beforeAll(async () => {
  phantom = await writePhantom(join(root, 'one'), { patientId: 'ONE' });
  await writePhantom(join(root, 'two'), { patientId: 'TWO', sliceMm: 3, date: '20230302' });
  // What a folder from a clinic has besides: notes, empty files, a truncated slice, a duplicate.
  writeFileSync(join(root, 'notes.txt'), 'nothing');
  writeFileSync(join(root, 'empty.dcm'), '');
  mkdirSync(join(root, 'more'));
  cpSync(join(root, 'one', 'RS.dcm'), join(root, 'more', 'RS copy'));
  writeFileSync(join(root, 'more', 'half.dcm'), readFileSync(join(root, 'two', 'RD.dcm')).subarray(0, 3000));
  first = await isovox(['run', '--dicom-root', root, '--outdir', out, '--workers', '2', '--xlsx']);
});

describe('isovox run', () => {
  it('makes one course per patient and says where things are', () => {
    expect(first.stderr).toContain('=== Parallelization Configuration ===');
    expect(first.stdout).toMatch(/2 courses/);
    expect(first.stdout).toContain(join(out, '_RESULTS'));
    expect(first.code).toBe(0);
    for (const course of ['ONE/2024-01', 'TWO/2023-03']) {
      for (const file of ['report.html', 'RS.dcm', 'RD.dcm', 'RP.dcm', 'NIFTI/ct.nii.gz', 'dvh_metrics.csv']) {
        expect(existsSync(join(out, course, file)), `${course}/${file}`).toBe(true);
      }
    }
  });

  it('measures what the closed form says', () => {
    const rows = parseCsv(join(out, '_RESULTS/dvh_metrics.csv')).filter((row) => row.patient_id === 'ONE');
    expect(rows.map((row) => row.ROI_Name)).toEqual(['BODY', ...phantom.shapes.map((shape) => shape.name)]);
    for (const shape of phantom.shapes) {
      const row = rows.find((one) => one.ROI_Name === shape.name);
      const expected = expectedDose(shape, phantom.dose);
      expect(Math.abs(Number(row?.DmeanGy) - expected.meanGy)).toBeLessThan(Math.max(0.1, 0.01 * expected.meanGy));
      expect(Math.abs(Number(row?.D95Gy) - expected.dx(95))).toBeLessThan(Math.max(0.1, 0.01 * expected.dx(95)));
      expect(row?.rx_gy).toBe('40');
      expect(row?.rx_source).toBe('rtplan_dicom');
      expect(row?.Segmentation_Source).toBe('PlanRTSTRUCT');
    }
  });

  it('writes the same rows as CSV and Parquet, every column documented', async () => {
    const documented = JSON.parse(readFileSync(join(out, '_RESULTS/columns.json'), 'utf8')) as Array<{
      table: string;
      name: string;
      definition: string;
    }>;
    for (const table of [
      'dvh_metrics',
      'dvh_curves',
      'tg263_review',
      'constraints',
      'radiomics_ct',
      'radiomics_mr',
      'radiomics_pt',
      'radiomics_dose',
      'qc_reports',
      'case_metadata',
      'fractions',
      'failures',
      'findings',
    ]) {
      const csv = join(out, `_RESULTS/${table}.csv`);
      const header = readFileSync(csv, 'utf8').split('\r\n')[0] ?? '';
      const names = documented.filter((column) => column.table === table).map((column) => column.name);
      expect(
        header.split(',').map((name) => name.replace(/^"|"$/g, '')),
        table,
      ).toEqual(names);
      expect(documented.every((column) => column.definition.length > 3)).toBe(true);
      const rows = parseCsv(csv);
      const parquet = await parquetReadObjects({
        file: await asyncBufferFromFile(join(out, `_RESULTS/${table}.parquet`)),
      });
      expect(parquet.length, table).toBe(rows.length);
    }
    expect(existsSync(join(out, '_RESULTS/isovox.xlsx'))).toBe(true);
  });

  it('measures the features of every structure but the body', () => {
    const rows = parseCsv(join(out, '_RESULTS/radiomics_ct.csv')).filter((row) => row.patient_id === 'ONE');
    expect(rows.map((row) => row.roi_name)).toEqual(phantom.shapes.map((shape) => shape.name));
    for (const row of rows.filter(({ roi_name }) => !['Small', 'Tube'].includes(roi_name ?? ''))) {
      const shape = phantom.shapes.find((one) => one.name === row.roi_name);
      // Voxels of 2 x 2 x 2.5 mm, resampled to 1 mm: the mesh of a solid that is many voxels thick has its volume within
      // 2 %; the wall of the tube is 4.5 voxels.
      expect(
        Math.abs(Number(row.original_shape_MeshVolume) / 1000 / (shape?.volumeCc ?? 0) - 1),
        row.roi_name,
      ).toBeLessThan(0.02);
      expect(Number(row.original_glcm_JointEntropy)).toBeGreaterThan(0);
      // The sets of rtpipeline measure Laplacians of Gaussian and wavelets too.
      expect(Number(row['log-sigma-5-0-mm-3D_glcm_JointEntropy'])).toBeGreaterThan(0);
      expect(row['wavelet-LLH_firstorder_Variance']).not.toBe('');
    }
    // A sphere of 27 voxels is too small to measure, and says so.
    expect(rows.at(-1)).toMatchObject({ roi_name: 'Small', original_shape_MeshVolume: '', findings: 'roi.too_small' });
    const findings = parseCsv(join(out, '_RESULTS/findings.csv'));
    expect(findings.some((row) => row.code === 'roi.too_small' && row.roi === 'Small')).toBe(true);
  });

  it('measures the dose too', () => {
    const rows = parseCsv(join(out, '_RESULTS/radiomics_dose.csv')).filter((row) => row.patient_id === 'ONE');
    expect(rows.map((row) => row.roi_name)).toEqual(phantom.shapes.map((shape) => shape.name));
    for (const row of rows.filter(({ original_firstorder_Mean }) => original_firstorder_Mean !== '')) {
      const shape = phantom.shapes.find((one) => one.name === row.roi_name) as (typeof phantom.shapes)[number];
      const { meanGy } = expectedDose(shape, phantom.dose);
      expect(Math.abs(Number(row.original_firstorder_Mean) - meanGy), row.roi_name).toBeLessThan(
        Math.max(0.5, 0.02 * meanGy),
      );
      expect(Number(row.original_glcm_JointEntropy)).toBeGreaterThanOrEqual(0);
    }
    expect(rows.some((row) => Number(row.original_firstorder_Mean) > 1)).toBe(true);
  });

  it('lists every refused file with its reason', () => {
    const failures = parseCsv(join(out, '_RESULTS/failures.csv'));
    // Of a file and its copy, the first by path takes part.
    for (const path of ['notes.txt', 'empty.dcm', 'one/RS.dcm', 'more/half.dcm']) {
      const row = failures.find((failure) => failure.path === path);
      expect(row?.code, path).toMatch(/^(ERR_|file\.)/);
      expect(row?.reason?.length, path).toBeGreaterThan(10);
    }
  });

  it('does nothing twice and gives the same bytes for any number of threads', async () => {
    const before = treeDigest(out);
    const stamp = statSync(join(out, 'ONE/2024-01/report.html')).mtimeMs;
    const again = await isovox(['run', '--dicom-root', root, '--outdir', out, '--workers', '1', '--xlsx']);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('reused');
    expect(statSync(join(out, 'ONE/2024-01/report.html')).mtimeMs).toBe(stamp);
    expect(treeDigest(out)).toEqual(before);
    const other = join(folder, 'other');
    await isovox(['run', '--dicom-root', root, '--outdir', other, '--workers', '1', '--xlsx']);
    expect(treeDigest(other)).toEqual(before);
  });

  it('redoes what a changed setting touches and nothing else', async () => {
    const config = join(folder, 'config.yaml');
    const sheet = { name: 'own', constraints: [{ roi: ['tube'], metric: 'Dmean', atMost: 24, unit: 'Gy' }] };
    writeFileSync(join(folder, 'sheet.yaml'), JSON.stringify(sheet));
    writeFileSync(config, 'dvh:\n  dx: [90]\n  vx: [38.5]\n  constraints: [sheet.yaml]\n');
    const nifti = statSync(join(out, 'ONE/2024-01/NIFTI/ct.nii.gz')).mtimeMs;
    expect((await isovox(['run', '--dicom-root', root, '--outdir', out, '--config', config])).code).toBe(0);
    expect(statSync(join(out, 'ONE/2024-01/NIFTI/ct.nii.gz')).mtimeMs).toBe(nifti);
    const [row] = parseCsv(join(out, '_RESULTS/dvh_metrics.csv'));
    expect(Number(row?.D90Gy)).toBeGreaterThan(0);
    expect(Number(row?.['V38.5Gy (cm³)'])).toBeGreaterThan(0);
    const constraints = parseCsv(join(out, '_RESULTS/constraints.csv'));
    expect(constraints.map(({ ROI_Name, result }) => [ROI_Name, result])).toEqual([
      ['Tube', 'fail'],
      ['Tube', 'fail'],
    ]);
    expect(readFileSync(join(out, 'ONE/2024-01/report.html'), 'utf8')).toContain('Dmean &lt;= 24 Gy');
  });

  it('writes no name and no birth date to its logs, and JSON lines when asked', async () => {
    const { stderr } = await isovox([
      'run',
      '--dicom-root',
      root,
      '--outdir',
      join(folder, 'logged'),
      '--json-logs',
      '-v',
    ]);
    for (const line of stderr.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    expect(stderr).not.toMatch(/PatientName|PatientBirthDate/);
    expect(stderr).toMatch(/patient-[0-9a-f]{8}\/2024-01/);
    expect(stderr.match(/"(message|msg|course)":"[^"]*\bONE\b/g)).toBe(null);
    const kept = await isovox(['status', join(folder, 'logged'), '--keep-identifiers']);
    expect(kept.stdout).toContain('ONE/2024-01');
  });

  it.each([
    [['run', '--dicom-root', '/nonexistent', '--outdir', join(folder, 'x')], 3, /ERR_NOT_FOUND/],
    [['run', '--dicom-root', root], 2, /outdir/],
    [['run', '--dicom-root', root, '--outdir', '/dev/null/out'], 1, /ERR_IO/],
    [['run', '--dicom-root', root, '--outdir', '/proc/nowhere/out'], 1, /ERR_IO/],
    [['run', '--dicom-root', root, '--outdir', root], 2, /ERR_INVALID_ARGUMENT/],
    [['run', '--dicom-root', root, '--outdir', join(folder, 'x'), '--stages', 'dhv'], 2, /dvh/],
    [['frobnicate'], 2, /unknown command/],
  ])('%j ends with %i', async (args, code, message) => {
    const result = await isovox(args as string[]);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(message as RegExp);
  });

  it('names the line and the nearest key of a mistyped setting', async () => {
    const config = join(folder, 'typo.yaml');
    writeFileSync(config, 'dvh:\n  dx: [90]\n  outsyde: zero\n');
    const result = await isovox(['run', '--dicom-root', root, '--outdir', join(folder, 'x'), '--config', config]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`${config}:3:`);
    expect(result.stderr).toContain('did you mean dvh.outside?');
  });

  it('finds nothing in an empty folder and says so', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const result = await isovox(['run', '--dicom-root', empty, '--outdir', join(folder, 'none')]);
    expect(result.code).toBe(3);
    expect(result.stdout).toContain('No course was found');
  });

  it('plans without writing', async () => {
    const planned = join(folder, 'planned');
    const result = await isovox(['run', '--dicom-root', root, '--outdir', planned, '--dry-run', '--json']);
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toHaveLength(2);
    expect(existsSync(planned)).toBe(false);
  });

  it('tells the state of every course', async () => {
    const result = await isovox(['status', out, '--json']);
    const courses = JSON.parse(result.stdout) as Array<{ stages: Record<string, string> }>;
    expect(courses).toHaveLength(2);
    expect(courses[0]?.stages).toMatchObject({ organize: 'done', dvh: 'done', qc: 'done', report: 'done' });
  });

  it('leaves nothing temporary behind', () => {
    const left = readdirSync(out, { recursive: true })
      .map(String)
      .filter((path) => /tmp|temp/i.test(path));
    expect(left.map((path) => relative(out, path))).toEqual([]);
  });
});

describe('isovox dvh', () => {
  it('gives the columns of the main job for one set', async () => {
    const table = join(folder, 'dvh.csv');
    const curves = join(folder, 'curves.csv');
    const set = join(root, 'one');
    const result = await isovox([
      'dvh',
      '--rtstruct',
      join(set, 'RS.dcm'),
      '--rtdose',
      join(set, 'RD.dcm'),
      '--rtplan',
      join(set, 'RP.dcm'),
      '--ct',
      join(set, 'CT'),
      '--roi',
      'PTV',
      '--out',
      table,
      '--curves',
      curves,
    ]);
    expect(result.stderr).toContain('1 structures');
    expect(result.code).toBe(0);
    const [row] = parseCsv(table);
    const [same] = parseCsv(join(out, '_RESULTS/dvh_metrics.csv')).filter(
      (one) => one.ROI_Name === 'PTV' && one.patient_id === 'ONE',
    );
    for (const column of ['Volume (cm³)', 'DmeanGy', 'D95Gy', 'D2Gy', 'V40Gy (%)', 'Dmean%'])
      expect(row?.[column], column).toBe(same?.[column]);
    expect(parseCsv(curves).length).toBeGreaterThan(100);
  });

  it('refuses a file of another kind by name', async () => {
    const set = join(root, 'one');
    const result = await isovox([
      'dvh',
      '--rtstruct',
      join(set, 'RD.dcm'),
      '--rtdose',
      join(set, 'RD.dcm'),
      '--out',
      join(folder, 'no.csv'),
    ]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/Expected an RTSTRUCT for --rtstruct but .*RD\.dcm is rtdose/);
  });
});
