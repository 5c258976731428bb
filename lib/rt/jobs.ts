/** A course as jobs: its stages in their order, cut where they need another kind of machine. */

import type { Course } from './model.js';
import type { RunConfig } from './run-config.js';
import type { Stage } from './stage.js';

export const JOB_CLASSES = ['io', 'cpu', 'gpu'] as const;
/** What a job needs most: the disk, the processor, a GPU or the lane of models. */
export type JobClass = (typeof JOB_CLASSES)[number];

export interface CourseJob {
  readonly class: JobClass;
  /** Each comes after what it needs. */
  readonly stages: readonly string[];
}

/** The chain of jobs of a course. A stage with nothing to do goes with its neighbours, to say so. */
export function jobsOf(course: Course, stages: readonly Stage[], config: RunConfig): CourseJob[] {
  const jobs: Array<{ class: JobClass; stages: string[] }> = [];
  for (const stage of stages) {
    const last = jobs.at(-1);
    if (last && (last.class === stage.lane || stage.skip?.(course, config) !== undefined)) last.stages.push(stage.id);
    else jobs.push({ class: stage.lane, stages: [stage.id] });
  }
  return jobs;
}

/** The chain where copying and computing are done at one place: they are one job, models are their own. */
export function mergeJobs(chain: readonly CourseJob[]): CourseJob[] {
  const jobs: Array<{ class: JobClass; stages: string[] }> = [];
  for (const job of chain) {
    const last = jobs.at(-1);
    if (last && last.class !== 'gpu' && job.class !== 'gpu') {
      last.stages.push(...job.stages);
      last.class = 'cpu';
    } else jobs.push({ class: job.class, stages: [...job.stages] });
  }
  return jobs;
}
