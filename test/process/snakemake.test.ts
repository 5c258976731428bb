/** Courses through Snakemake, on one machine and on Slurm: the results are those of one process. */

import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';
import { SlurmCluster, slurmAvailable, snakemakeInstalled } from '../fixtures/slurm-cluster.js';

const main = join(packageRoot, 'dist/cli/main.js');
const folder = temporaryFolder();
const root = join(folder, 'in');
const undisturbed = join(folder, 'undisturbed');

function isovox(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, said: stdout + stderr }),
    );
  });
}

describe.skipIf(!snakemakeInstalled)('isovox export snakemake', () => {
  let cluster: SlurmCluster | undefined;

  beforeAll(async () => {
    for (const id of ['ONE', 'TWO']) await writePhantom(join(root, id), { patientId: id, sliceMm: 3, doseMm: 4 });
    expect((await isovox(['run', '--dicom-root', root, '--outdir', undisturbed, '--quiet'])).code).toBe(0);
    if (slurmAvailable) cluster = await SlurmCluster.start(join(folder, 'slurm'));
  });

  afterAll(() => cluster?.stop());

  async function exported(name: string): Promise<{ outdir: string; to: string }> {
    const [outdir, to] = [join(folder, name), join(folder, `${name}-workflow`)];
    expect((await isovox(['plan', '--dicom-root', root, '--outdir', outdir])).code).toBe(0);
    expect((await isovox(['export', 'snakemake', '--outdir', outdir, '--to', to, '--workers', '2'])).code).toBe(0);
    return { outdir, to };
  }

  it('one machine: killed in the middle and resumed, it gives the bytes of isovox run', async () => {
    const { outdir, to } = await exported('local');
    const child = spawn(process.execPath, [main, 'resume', to], { stdio: 'ignore', detached: true });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (!existsSync(join(outdir, 'ONE/2024-01/.isovox/organize.json'))) {
      await new Promise((done) => setTimeout(done, 20));
    }
    process.kill(-(child.pid as number), 'SIGKILL'); // Snakemake and all that it started
    await ended;
    const { code, said } = await isovox(['resume', to]);
    expect(code, said).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
    const again = await isovox(['resume', to]);
    expect(again.said).toContain('Nothing to be done');
  });

  it('a folder without a workflow, and an unknown profile, are errors that say what to do', async () => {
    const nothing = await isovox(['resume', root]);
    expect(nothing.code).toBe(3);
    expect(nothing.said).toContain('isovox export snakemake makes one');
    const { to } = await exported('unknown-profile');
    expect((await isovox(['resume', to, '--profile', 'lsf'])).said).toMatch(/no profile lsf: local or slurm/);
  });

  it.skipIf(!slurmAvailable)('Slurm: the bytes of isovox run', async () => {
    const { outdir, to } = await exported('on-slurm');
    const { code, said } = await isovox(['resume', to, '--profile', 'slurm'], cluster?.env);
    const log = join(folder, 'slurm/slurmctld.log');
    expect(code, said + (existsSync(log) ? readFileSync(log, 'utf8').slice(-4000) : '')).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });
});
