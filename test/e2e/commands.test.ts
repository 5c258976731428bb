/** Commands around the main job, as a shell calls them: stages by themselves, report, validate, resample, bench. */

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder } from '../fixtures/index.js';

const folder = temporaryFolder();
const root = join(folder, 'dicom');
const outdir = join(folder, 'out');
const isovox = (...args: string[]) =>
  spawnSync(process.execPath, [join(packageRoot, 'dist/cli/main.js'), ...args, '--quiet'], { encoding: 'utf8' });

beforeAll(async () => {
  await writePhantom(root, { sliceMm: 5, doseMm: 5 });
});

describe('on the output of a run', () => {
  it('organize runs its stage alone, run does the rest', () => {
    expect(isovox('organize', '--dicom-root', root, '--outdir', outdir).status).toBe(0);
    const course = join(outdir, 'PHANTOM/2024-01');
    expect(existsSync(join(course, 'RD.dcm'))).toBe(true);
    expect(existsSync(join(course, 'dvh_metrics.csv'))).toBe(false);
    const run = isovox('run', '--dicom-root', root, '--outdir', outdir, '--json');
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout).courses[0].stages).toMatchObject({ organize: 'reused', dvh: 'done' });
  });

  it('report makes the same pages again', () => {
    const pages = ['PHANTOM/2024-01/report.html', '_RESULTS/report.html'].map((name) => join(outdir, name));
    const before = pages.map((page) => readFileSync(page, 'utf8'));
    for (const page of pages) rmSync(page);
    const { status, stdout } = isovox('report', outdir, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ courses: 1, failures: [] });
    expect(pages.map((page) => readFileSync(page, 'utf8'))).toEqual(before);
  });

  it('validate finds what was changed and what is gone', () => {
    const sound = isovox('validate', outdir, root, '--json');
    expect(sound.status).toBe(0);
    expect(JSON.parse(sound.stdout).map(({ kind }: { kind: string }) => kind)).toEqual(['output', 'dicom']);
    appendFileSync(join(outdir, 'PHANTOM/2024-01/dvh_metrics.csv'), '\n');
    rmSync(join(outdir, 'PHANTOM/2024-01/RS.dcm'));
    const { status, stdout } = isovox('validate', outdir, '--json');
    expect(status).toBe(65);
    const { findings } = JSON.parse(stdout)[0];
    expect(findings.map(({ code }: { code: string }) => code)).toEqual(['output.missing', 'output.changed']);
    expect(findings[1].message).toContain('dvh_metrics.csv');
  });
});

describe('validate', () => {
  it('a configuration, by line and nearest key', () => {
    const path = join(folder, 'config.yaml');
    writeFileSync(path, 'dvh:\n  binz: 3\n');
    const { status, stdout } = isovox('validate', path);
    expect(status).toBe(65);
    expect(stdout).toContain('config.yaml:2');
  });

  it('a folder without courses: worth a warning, which counts with --strict', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { status, stdout } = isovox('validate', empty, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)[0].findings[0].code).toBe('dicom.no_course');
    expect(isovox('validate', empty, '--strict').status).toBe(65);
    expect(isovox('validate', join(folder, 'nothing')).status).toBe(3);
  });

  it('an image whose voxels are cut off', () => {
    const path = join(folder, 'cut.nii');
    expect(isovox('convert', join(root, 'CT'), path).status).toBe(0);
    expect(isovox('validate', path).status).toBe(0);
    writeFileSync(path, readFileSync(path).subarray(0, 5000));
    const { status, stdout } = isovox('validate', path);
    expect(status).toBe(65);
    expect(stdout).toContain('cut.nii');
  });
});

describe('resample', () => {
  const fine = join(folder, 'fine.nii.gz');

  it('to a spacing, and onto an image', () => {
    const ct = join(root, 'CT');
    const first = isovox('resample', '--image', ct, '--spacing', '4,4,2.5', '--out', fine, '--json');
    expect(JSON.parse(first.stdout)).toMatchObject({ size: [64, 64, 48], spacing: [4, 4, 2.5] });
    const out = join(folder, 'like.nii.gz');
    const like = isovox('resample', '--image', ct, '--like', fine, '--outside', '-1000', '--out', out, '--json');
    expect(JSON.parse(like.stdout)).toMatchObject({ size: [64, 64, 48], spacing: [4, 4, 2.5] });
    const hashes = [fine, out].map((path) => JSON.parse(isovox('info', path, '--hash', '--json').stdout));
    expect(hashes[0].sha256 ?? hashes[0][0].sha256).toBe(hashes[1].sha256 ?? hashes[1][0].sha256);
  });

  it('wants one of the two', () => {
    expect(isovox('resample', '--image', fine, '--out', join(folder, 'x.nii')).status).toBe(2);
  });
});

describe('bench', () => {
  it('measures a case on one thread and on two', () => {
    const { status, stdout } = isovox('bench', 'masks', '--workers', '2', '--json');
    expect(status).toBe(0);
    const { cases } = JSON.parse(stdout);
    expect(cases.map(({ threads }: { threads: number }) => threads)).toEqual([1, 2]);
    for (const { medianMs, leastMs } of cases) expect(medianMs).toBeGreaterThanOrEqual(leastMs);
  });

  it('names the cases when it knows none of that name', () => {
    const { status, stderr } = isovox('bench', 'speed');
    expect(status).toBe(2);
    expect(stderr).toContain('radiomics');
  });
});
