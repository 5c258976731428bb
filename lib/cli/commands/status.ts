/** isovox status: every course and stage of an output folder, read from the manifests. */

import { courseFolders } from '../../rt/course-folders.js';
import { type LeaseState, leaseOf } from '../../rt/course-lease.js';
import { openCourse } from '../../rt/course-mirror.js';
import { outputFolder } from '../../rt/output-mirror.js';
import { readPlan } from '../../rt/plan.js';
import { STAGES } from '../../rt/stages/index.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';

interface CourseStatus {
  readonly patient_id: string;
  readonly course_id: string;
  readonly stages: Readonly<Record<string, string>>;
  /** Who works on it now. */
  readonly running?: LeaseState;
}

export async function status(args: readonly string[], options: CommonOptions): Promise<number> {
  const courses = await readStatus(await outputFolder(args[0] as string));
  if (options.json) process.stdout.write(`${JSON.stringify(courses)}\n`);
  else {
    for (const course of courses) {
      const stages = Object.entries(course.stages).map(([stage, state]) => `${stage} ${state}`);
      process.stdout.write(`${course.patient_id}/${course.course_id}  ${stages.join(', ') || 'nothing done'}\n`);
      if (course.running) {
        const { pid, host, secondsAgo } = course.running;
        process.stdout.write(`  process ${pid} on ${host} has it, alive ${Math.round(secondsAgo)} s ago\n`);
      }
    }
    process.stdout.write(`${courses.length} courses\n`);
  }
  return courses.length === 0 ? EXIT.nothingFound : EXIT.done;
}

/** Of every course that was planned or has a folder: what its folder says, and who holds it. */
async function readStatus(outdir: string): Promise<CourseStatus[]> {
  const names = new Set(await courseFolders(outdir));
  const plan = await readPlan(outdir).catch(() => undefined);
  for (const name of plan?.courses ?? []) names.add(name);
  const found: CourseStatus[] = [];
  for (const name of [...names].sort()) {
    const [patientId = '', courseId = ''] = name.split('/');
    const { store } = await openCourse(outdir, { patientId, courseId });
    const stages: Record<string, string> = {};
    for (const { id } of STAGES) {
      const failure = await store.failure(id);
      const manifest = await store.manifest(id);
      if (failure) stages[id] = `failed: ${failure.code}`;
      else if (manifest) stages[id] = manifest.status === 'done' ? 'done' : `skipped: ${manifest.reason ?? ''}`;
    }
    const running = await leaseOf(outdir, { patientId, courseId });
    found.push({ patient_id: patientId, course_id: courseId, stages, ...(running ? { running } : {}) });
  }
  return found;
}
