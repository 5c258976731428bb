/** What goes wrong outside the data: folders that cannot be read or written, disks that fill, lengths that lie. */

import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';

const main = join(packageRoot, 'dist/cli/main.js');
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

/** Tells the most memory that the process had, in KiB, when it ends. */
const PEAK = `data:text/javascript,process.on('exit',()=>process.stderr.write('peak '+process.resourceUsage().maxRSS))`;

function isovox(args: string[], options: { uid?: number } = {}): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const user = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
    execFile(
      process.execPath,
      ['--import', PEAK, main, ...args],
      { ...user, timeout: 300_000, killSignal: 'SIGKILL' },
      (error, _, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stderr }),
    );
  });
}

const folder = temporaryFolder();
const root = join(folder, 'in');

beforeAll(async () => {
  await writePhantom(root, { sliceMm: 3, doseMm: 4 });
  // An element that says it is 4 GB long, in a file of a kilobyte: PatientID, then (0008,103E) of that length.
  const head = readFileSync(join(root, 'RP.dcm')).subarray(0, 900);
  const element = Buffer.from([0x20, 0x00, 0x0d, 0x00, 0x55, 0x4e, 0, 0, 0xf0, 0xff, 0xff, 0xff]);
  writeFileSync(join(root, 'liar.dcm'), Buffer.concat([head.subarray(0, 132), element, Buffer.alloc(880)]));
});

describe('a lying length', () => {
  it('costs one file its place and little memory', async () => {
    const out = join(folder, 'liar');
    const { stderr } = await isovox(['run', '--dicom-root', root, '--outdir', out, '-q']);
    expect(Number(/peak (\d+)/.exec(stderr)?.[1])).toBeLessThan(600 * 1024);
    const failure = parseCsv(join(out, '_RESULTS/failures.csv')).find((row) => row.path === 'liar.dcm');
    expect(failure?.code).toBe('ERR_CORRUPT_DATA');
    expect(parseCsv(join(out, '_RESULTS/dvh_metrics.csv')).length).toBe(7);
  });
});

describe.skipIf(!isRoot)('folders of other users', () => {
  it('an unreadable folder in the input is a row of failures.csv; the rest is done', async () => {
    const input = join(folder, 'locked-in');
    mkdirSync(input);
    await writePhantom(join(input, 'open'), { sliceMm: 3, doseMm: 4 });
    const locked = join(input, 'locked');
    mkdirSync(locked);
    writeFileSync(join(locked, 'file.dcm'), 'x');
    chmodSync(locked, 0o700);
    const out = join(folder, 'locked-out');
    mkdirSync(out);
    chownSync(out, NOBODY, NOBODY);
    for (const path of [folder, input]) chmodSync(path, 0o755);
    const { code } = await isovox(['run', '--dicom-root', input, '--outdir', out, '-q'], { uid: NOBODY });
    expect(code).toBe(0);
    const failure = parseCsv(join(out, '_RESULTS/failures.csv')).find((row) => row.path === 'locked');
    expect(failure?.code).toBe('ERR_IO');
    expect(parseCsv(join(out, '_RESULTS/dvh_metrics.csv')).length).toBe(7);
  });

  it('an unreadable root and an unwritable output are errors with their codes, before any work', async () => {
    const locked = join(folder, 'locked-root');
    mkdirSync(locked, { mode: 0o700 });
    const out = join(folder, 'nobody-out');
    mkdirSync(out);
    chownSync(out, NOBODY, NOBODY);
    const unreadable = await isovox(['run', '--dicom-root', locked, '--outdir', out, '-q'], { uid: NOBODY });
    expect(unreadable.code).not.toBe(0);
    expect(unreadable.stderr).toMatch(/ERR_IO|ERR_NOT_FOUND/);
    const unwritable = await isovox(['run', '--dicom-root', root, '--outdir', join(folder, 'not-yours'), '-q'], {
      uid: NOBODY,
    });
    expect(unwritable.code).toBe(1);
    expect(unwritable.stderr).toMatch(/ERR_IO: The output folder .*not-yours cannot be written/);
    expect(existsSync(join(folder, 'not-yours'))).toBe(false);
  });
});

/** Whether a small file system can be mounted here; containers often forbid it. */
function mount(path: string, options: string): boolean {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const small = join(folder, 'small');
const canMount = isRoot && mount(small, 'size=3m');
if (!canMount)
  process.stderr.write('No file system can be mounted here: the full and the read-only disk are not tested.\n');

describe.skipIf(!canMount)('disks', () => {
  afterAll(() => execFileSync('umount', [small]));

  it('a full disk fails the course with ERR_IO, leaves nothing half-written, and the run goes on when there is room', async () => {
    const full = await isovox(['run', '--dicom-root', root, '--outdir', join(small, 'out'), '-q']);
    expect(full.code).toBe(4);
    const failures = parseCsv(join(small, 'out/_RESULTS/failures.csv')).filter(
      (row) => row.severity === 'fail' && row.course_id !== '',
    );
    expect(failures[0]?.code).toBe('ERR_IO');
    expect(failures[0]?.reason).toContain('ENOSPC');
    expect(failures[0]?.reason).not.toContain(folder);
    const left = readdirSync(join(small, 'out'), { recursive: true }).map(String);
    expect(left.filter((path) => /\.dcm$|\.nii|tmp/.test(path))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=80m', small]);
    expect((await isovox(['run', '--dicom-root', root, '--outdir', join(small, 'out'), '-q'])).code).toBe(0);
    const undisturbed = join(folder, 'undisturbed');
    expect((await isovox(['run', '--dicom-root', root, '--outdir', undisturbed, '-q'])).code).toBe(0);
    expect(treeDigest(join(small, 'out'))).toEqual(treeDigest(undisturbed));
  });

  it('a read-only disk is an error before any work', async () => {
    execFileSync('mount', ['-o', 'remount,ro', small]);
    const result = await isovox(['run', '--dicom-root', root, '--outdir', join(small, 'other'), '-q']);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/ERR_IO: The output folder .* cannot be written: EROFS/);
  });
});
