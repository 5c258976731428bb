/** isovox resume: starts a Snakemake workflow, or goes on with one that was stopped, without its user knowing two flags. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { IsovoxError } from '../../errors.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';

export interface ResumeOptions extends CommonOptions {
  readonly profile: string;
}

/** Flags that follow `--` go to Snakemake. */
export async function resume(args: readonly string[], options: ResumeOptions): Promise<number> {
  const [given = '.', ...more] = args;
  const folder = resolve(given);
  const profile = join(folder, 'profiles', options.profile);
  if (!existsSync(join(folder, 'Snakefile'))) {
    throw new IsovoxError(
      'ERR_NOT_FOUND',
      `${folder} holds no workflow; isovox export snakemake makes one. A run without an engine goes on with isovox run`,
      { path: folder },
    );
  }
  if (!existsSync(profile)) {
    throw new IsovoxError('ERR_NOT_FOUND', `${folder} has no profile ${options.profile}: local or slurm`, {
      path: profile,
    });
  }
  const place = ['--snakefile', join(folder, 'Snakefile'), '--directory', folder];
  // A killed Snakemake leaves its lock; one that still runs would be started twice.
  if (await isSnakemakeRunning(folder)) {
    throw new IsovoxError('ERR_RESOURCE', `Snakemake runs in ${folder} already`, { path: folder });
  }
  await snakemake([...place, '--unlock', '--quiet', 'all']);
  const code = await snakemake([...place, '--profile', profile, '--rerun-incomplete', ...more]);
  return code === 0 ? EXIT.done : EXIT.someFailed;
}

function snakemake(args: readonly string[]): Promise<number> {
  return new Promise((done, reject) => {
    const child = spawn('snakemake', args, { stdio: 'inherit' });
    child.once('error', (error) =>
      reject(
        new IsovoxError(
          'ERR_NOT_FOUND',
          'snakemake is not installed; on Debian: apt-get install snakemake',
          {},
          { cause: error },
        ),
      ),
    );
    child.once('exit', (code) => done(code ?? 1));
  });
}

/** Looks for its command line; where there is no /proc, the user is trusted. */
async function isSnakemakeRunning(folder: string): Promise<boolean> {
  const entries = await readdir('/proc').catch(() => []);
  for (const pid of entries.filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const words = line.split('\0');
    if (words.some((word) => word.endsWith('/snakemake')) && words.includes(folder)) return true;
  }
  return false;
}
