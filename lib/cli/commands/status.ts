/** isovox status: every course and stage of an output folder, read from the manifests. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError } from '../../errors.js';
import { StageStore } from '../../rt/stage-store.js';
import { STAGES } from '../../rt/stages/index.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';

interface CourseStatus {
  readonly patient_id: string;
  readonly course_id: string;
  readonly stages: Readonly<Record<string, string>>;
}

export async function status(args: readonly string[], options: CommonOptions): Promise<number> {
  const courses = await readStatus(args[0] as string);
  if (options.json) process.stdout.write(`${JSON.stringify(courses)}\n`);
  else {
    for (const course of courses) {
      const stages = Object.entries(course.stages).map(([stage, state]) => `${stage} ${state}`);
      process.stdout.write(`${course.patient_id}/${course.course_id}  ${stages.join(', ') || 'nothing done'}\n`);
    }
    process.stdout.write(`${courses.length} courses\n`);
  }
  return courses.length === 0 ? EXIT.nothingFound : EXIT.done;
}

async function readStatus(outdir: string): Promise<CourseStatus[]> {
  const found: CourseStatus[] = [];
  for (const patient of await folders(outdir)) {
    if (patient.startsWith('_') || patient.startsWith('.')) continue;
    for (const course of await folders(join(outdir, patient))) {
      const store = new StageStore(join(outdir, patient, course));
      const stages: Record<string, string> = {};
      for (const { id } of STAGES) {
        const manifest = await store.manifest(id);
        if (manifest) stages[id] = manifest.status === 'done' ? 'done' : `skipped: ${manifest.reason ?? ''}`;
      }
      found.push({ patient_id: patient, course_id: course, stages });
    }
  }
  return found;
}

async function folders(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}
