/** kill -9 at every rename and every fsync of a run, one after the other: the resumed run has the bytes of an undisturbed one. */

import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';

const main = join(packageRoot, 'dist/cli/main.js');
const folder = temporaryFolder();
const root = join(folder, 'in');
const undisturbed = join(folder, 'undisturbed');
const killer = join(folder, 'killer.mjs');

/** Counts the calls that make something visible or durable; before the one that KILL_AT names, the process dies. */
const KILLER = `
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
const at = Number(process.env.KILL_AT ?? 0);
let calls = 0;
const count = () => {
  calls++;
  if (calls === at) process.kill(process.pid, 'SIGKILL');
};
process.on('exit', () => process.env.KILL_COUNT && fs.writeFileSync(process.env.KILL_COUNT, String(calls)));
const { rename } = promises;
promises.rename = async (...paths) => {
  count();
  return rename(...paths);
};
const probe = await promises.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(probe);
await probe.close();
const { sync } = prototype;
prototype.sync = async function () {
  count();
  return sync.call(this);
};
syncBuiltinESMExports();
`;

function run(outdir: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; signal: string | null }> {
  const flags = ['--dicom-root', root, '--outdir', outdir, '--quiet', '--isolation', 'none', '--workers', '2'];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', killer, main, 'run', ...flags], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
}

beforeAll(async () => {
  writeFileSync(killer, KILLER);
  await writePhantom(root, { patientId: 'ONE', sliceMm: 10, doseMm: 10 });
});

it('every rename and fsync', async () => {
  const counted = join(folder, 'count');
  expect(await run(undisturbed, { KILL_COUNT: counted })).toEqual({ code: 0, signal: null });
  const calls = Number(readFileSync(counted, 'utf8'));
  expect(calls).toBeGreaterThan(50);
  const expected = treeDigest(undisturbed);
  const outdir = join(folder, 'killed');
  for (let at = 1; at <= calls; at++) {
    rmSync(outdir, { recursive: true, force: true });
    expect((await run(outdir, { KILL_AT: String(at) })).signal, `call ${at}`).toBe('SIGKILL');
    expect(await run(outdir), `call ${at}`).toEqual({ code: 0, signal: null });
    expect(treeDigest(outdir), `call ${at}`).toEqual(expected);
  }
  process.stdout.write(`killed at each of ${calls} renames and fsyncs\n`);
});

it('200 random times', async () => {
  const expected = treeDigest(undisturbed);
  const began = performance.now();
  await run(join(folder, 'timed'));
  const usual = performance.now() - began;
  const outdir = join(folder, 'random');
  // Park-Miller: the times are the same in every run of the test.
  let state = 42;
  let kills = 0;
  while (kills < 200) {
    rmSync(outdir, { recursive: true, force: true });
    for (let tries = 0; tries < 4 && kills < 200; tries++) {
      state = (state * 48_271) % 2_147_483_647;
      const ms = (state % 1000) * (usual / 1000);
      const child = spawn(
        process.execPath,
        [main, 'run', '--dicom-root', root, '--outdir', outdir, '--quiet', '--workers', '2'],
        { stdio: 'ignore' },
      );
      const ended = new Promise<string | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
      const timer = setTimeout(() => child.kill('SIGKILL'), ms);
      if ((await ended) === 'SIGKILL') kills++;
      clearTimeout(timer);
    }
    expect(await run(outdir)).toEqual({ code: 0, signal: null });
    expect(treeDigest(outdir)).toEqual(expected);
  }
});
