/** Whether the files of an output folder are still those that the stages wrote. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError } from '../errors.js';
import { courseFolders } from './course-folders.js';
import { digestFile } from './digest.js';
import type { Finding } from './model.js';
import { StageStore } from './stage-store.js';
import { STAGES } from './stages/index.js';

export interface OutputCheck {
  readonly courses: number;
  readonly files: number;
  readonly findings: readonly Finding[];
}

/**
 * Hashes every file that a stage's manifest lists. Missing and changed files and failed stages are findings of severity
 * fail, skipped stages of severity info, a course without any manifest is one of severity warn.
 */
export async function validateOutput(
  outdir: string,
  signal: AbortSignal,
  onCourse: (done: number, total: number) => void = () => {},
): Promise<OutputCheck> {
  const courses: string[] = [];
  for (const name of await courseFolders(outdir)) {
    const inside = await readdir(join(outdir, name)).catch((): string[] => []);
    if (inside.includes('.isovox')) courses.push(name);
  }
  const findings: Finding[] = [];
  let files = 0;
  for (const [done, name] of courses.entries()) {
    onCourse(done, courses.length);
    const folder = join(outdir, name);
    const store = new StageStore(folder);
    let stages = 0;
    for (const { id } of STAGES) {
      const add = (severity: Finding['severity'], code: string, message: string): void => {
        findings.push({ severity, code, message: `${name}: ${message}`, context: { stage: id } });
      };
      const failure = await store.failure(id);
      if (failure) add('fail', 'output.stage_failed', `${id} failed: ${failure.reason} (${failure.code})`);
      const manifest = await store.manifest(id);
      if (!manifest) continue;
      stages += 1;
      if (manifest.status === 'skipped') add('info', 'output.stage_skipped', `${id} was skipped: ${manifest.reason}`);
      for (const { path, size, sha256 } of manifest.outputs) {
        signal.throwIfAborted();
        files += 1;
        try {
          const here = await digestFile(join(folder, path));
          if (here.size !== size || here.sha256 !== sha256)
            add('fail', 'output.changed', `${path} is not what ${id} wrote; isovox run --force ${id} makes it again`);
        } catch (thrown) {
          add('fail', 'output.missing', `${path}, which ${id} wrote: ${asIsovoxError(thrown).message}`);
        }
      }
    }
    if (stages === 0)
      findings.push({ severity: 'warn', code: 'output.no_stage', message: `${name}: no stage has run` });
  }
  return { courses: courses.length, files, findings };
}
