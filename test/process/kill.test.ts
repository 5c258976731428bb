/** kill -9 in every stage: the next run ends with the bytes of an undisturbed one. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';

const main = join(packageRoot, 'dist/cli/main.js');
const folder = temporaryFolder();
const root = join(folder, 'in');
const undisturbed = join(folder, 'undisturbed');

/** Runs the job; `killAt` names the point where the process kills itself, as `stage:before` or `stage:after`. */
function run(
  outdir: string,
  killAt = '',
  killAfterMs?: number,
): Promise<{ signal: string | null; code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [main, 'run', '--dicom-root', root, '--outdir', outdir, '--quiet', '--workers', '2', '--isolation', 'none'],
      {
        stdio: 'ignore',
        env: { ...process.env, ISOVOX_TEST_KILL: killAt },
      },
    );
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    });
  });
}

beforeAll(async () => {
  await writePhantom(join(root, 'one'), { patientId: 'ONE', sliceMm: 3, doseMm: 4 });
  await writePhantom(join(root, 'two'), { patientId: 'TWO', sliceMm: 3, doseMm: 4 });
  expect(await run(undisturbed)).toEqual({ code: 0, signal: null });
});

describe('a killed run', () => {
  it.each(
    ['organize', 'dvh', 'qc', 'report'].flatMap((stage) =>
      ['written', 'unmarked', 'moved'].map((point) => `${stage}:${point}`),
    ),
  )('killed at %s, resumes to the same bytes', async (point) => {
    const outdir = join(folder, point.replace(':', '-'));
    expect(await run(outdir, point)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(existsSync(join(outdir, '_RESULTS'))).toBe(false);
    expect(await run(outdir)).toEqual({ code: 0, signal: null });
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });

  it('killed at random times, again and again, resumes to the same bytes', async () => {
    const outdir = join(folder, 'random');
    // Park-Miller: the times are the same in every run of the test.
    let state = 42;
    for (let i = 0; i < 12; i++) {
      state = (state * 48271) % 2147483647;
      await run(outdir, '', 150 + (state % 900));
    }
    expect(await run(outdir)).toEqual({ code: 0, signal: null });
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });
});
