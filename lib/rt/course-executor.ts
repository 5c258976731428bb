/** Who runs the courses of a run: this process, or worker processes that another room starts. */

import type { IsovoxError } from '../errors.js';
import { HierarchicalExecutor } from '../graph/executor.js';
import type { Context } from '../runtime/context.js';
import type { CourseProgress } from './course-progress.js';
import { runCourse } from './course-run.js';
import { estimateCourse } from './estimate.js';
import type { RunLog } from './log.js';
import type { Course } from './model.js';
import type { ModelPool } from './model-pool.js';
import { courseName } from './plan.js';
import type { RunConfig } from './run-config.js';
import type { Stage } from './stage.js';

export interface CourseWork {
  readonly outdir: string;
  readonly dicomRoot: string;
  readonly config: RunConfig;
  readonly courses: readonly Course[];
  readonly stages: readonly Stage[];
  readonly force: ReadonlySet<string>;
  /** Threads in all. */
  readonly workers: number;
  /** Most courses at a time. */
  readonly coursesAtOnce: number;
  /** Memory for courses in flight. */
  readonly memoryMb: number;
  /** The threads and memory of this process. */
  readonly context: Context;
  /** The models of this process: those that were looked at before the run are loaded. */
  readonly models: ModelPool;
  readonly progress: CourseProgress;
  readonly signal: AbortSignal;
  readonly log: RunLog;
}

/** What the course folder cannot tell: it may be the disk that failed. */
export interface CourseTrouble {
  /** The course could not be run at all. */
  readonly course?: IsovoxError;
  readonly stages: ReadonlyMap<string, IsovoxError>;
}

/** Runs every course to its end; troubles by `PATIENT/COURSE`. Rejects with ERR_CANCELLED only. */
export type CourseExecutor = (work: CourseWork) => Promise<ReadonlyMap<string, CourseTrouble>>;

/** All courses in this process, on one pool of threads. */
export const runInProcess: CourseExecutor = async (work) => {
  const { coursesAtOnce, memoryMb, signal, progress } = work;
  const executor = new HierarchicalExecutor();
  const troubles = new Map<string, CourseTrouble>();
  for (const course of work.courses) {
    const name = courseName(course);
    const estimate = estimateCourse(course);
    const run = async (): Promise<void> => {
      try {
        const { stages } = await runCourse({
          ...work,
          course,
          onStage: (stage, state) => progress.stage(name, stage, state),
        });
        const failed = [...stages].flatMap(([id, state]) =>
          state.state === 'failed' ? [[id, state.error] as const] : [],
        );
        if (failed.length > 0) troubles.set(name, { stages: new Map(failed) });
      } finally {
        progress.ended(name);
      }
    };
    executor.addTask(name, run, {
      weight: estimate.weight,
      resources: { course: 1, memoryMb: Math.min(estimate.memoryMb, memoryMb) },
    });
  }
  // One course more than threads: while one waits for the disk, another computes.
  const { outcomes } = await executor.execute({ capacity: { course: coursesAtOnce, memoryMb }, signal });
  for (const [name, outcome] of outcomes) {
    if (outcome.status === 'failed') troubles.set(name, { course: outcome.error, stages: new Map() });
  }
  return troubles;
};
