/** An ingest that is killed at any moment leaves a valid cohort, and the next one ends with the same bytes. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';

import { Cohort } from '../../lib/cohort/index.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';

const KILLS = Number(process.env.ISOVOX_KILLS ?? 8);
const folder = temporaryFolder();
const images = join(folder, 'images');

beforeAll(async () => {
  mkdirSync(images);
  for (let n = 0; n < 12; n++) {
    const data = new Int16Array(96 * 96 * 96).map((_, i) => (i * (n + 3)) % 2003);
    const volume = await makeVolume({
      grid: { size: [96, 96, 96], spacing: [1, 1, 1], origin: [0, 0, 0] },
      dtype: 'int16',
      data,
    });
    await writeVolume({ volume, path: join(images, `p${n}.nii.gz`), level: 1 });
  }
});

const SCRIPT = `
  const { Cohort } = await import(process.argv[1]);
  process.stdout.write('begun\\n');
  await Cohort.fromImages(process.argv[2], { ct: process.argv[3] });
  process.stdout.write('done\\n');
`;

function run(store: string, killAfterMs?: number): Promise<boolean> {
  return new Promise((resolve) => {
    const library = join(packageRoot, 'lib/cohort/index.ts');
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', SCRIPT, library, store, join(images, '*.nii.gz')],
      {
        cwd: packageRoot,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let done = false;
    child.stdout.on('data', (text: Buffer) => {
      if (String(text).includes('begun') && killAfterMs !== undefined)
        setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      if (String(text).includes('done')) done = true;
    });
    child.on('close', () => resolve(done));
  });
}

it('a killed ingest is valid at every moment and ends with equal bytes', { timeout: 600_000 }, async () => {
  const whole = join(folder, 'whole');
  const begun = performance.now();
  expect(await run(whole)).toBe(true);
  const duration = performance.now() - begun;
  const expected = treeDigest(whole);
  const store = join(folder, 'killed');
  for (let kill = 0; kill < KILLS; kill++) {
    // Every third run begins anew, the others go on where the last was killed.
    if (kill % 3 === 0) rmSync(store, { recursive: true, force: true });
    await run(store, Math.random() * duration * 0.6);
    if (!existsSync(join(store, 'index.json'))) continue;
    const cohort = await Cohort.open(store);
    expect((await cohort.validate()).filter(({ severity }) => severity === 'fail')).toEqual([]);
  }
  expect(await run(store)).toBe(true);
  expect(treeDigest(store)).toEqual(expected);
});
