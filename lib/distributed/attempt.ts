/** One attempt of a job by a worker process, for whichever executor counts the attempts. */

import { type ErrorCode, IsovoxError } from '../errors.js';
import { CourseLabel } from '../rt/course-label.js';
import { openCourse } from '../rt/course-mirror.js';
import type { RunLog } from '../rt/log.js';
import type { Course } from '../rt/model.js';
import type { CourseVerdict } from '../rt/planned-course.js';
import { WorkerLost } from './course-worker.js';

export interface AttemptOptions {
  readonly outdir: string;
  readonly course: Pick<Course, 'patientId' | 'courseId'>;
  /** After this one there is none: a stage that ends its worker is given up, and those after it go without. */
  readonly isLast: boolean;
  readonly order: (givenUp: readonly string[]) => Promise<CourseVerdict>;
  readonly onLost: (lost: WorkerLost) => void;
  readonly log: RunLog;
}

export interface AttemptResult {
  readonly verdict: CourseVerdict['verdict'] | 'busy' | 'lost';
  readonly stages: ReadonlyMap<string, IsovoxError>;
  /** Why there is no verdict of the stages. */
  readonly error?: IsovoxError;
}

/** Rejects with ERR_CANCELLED, or as WorkerLost does, when there are attempts left. */
export async function attemptJob(options: AttemptOptions): Promise<AttemptResult> {
  const { course, isLast, log } = options;
  const stages = new Map<string, IsovoxError>();
  for (;;) {
    try {
      const { verdict, failed } = await options.order([...stages.keys()]);
      const [first] = failed;
      if (first?.stage === '') {
        return { verdict: 'busy', stages, error: new IsovoxError(first.code as ErrorCode, first.reason) };
      }
      for (const { stage, code, reason, path } of failed) {
        stages.set(stage, new IsovoxError(code as ErrorCode, reason, path === undefined ? {} : { path }));
      }
      return { verdict, stages };
    } catch (thrown) {
      if (!(thrown instanceof WorkerLost)) throw thrown;
      options.onLost(thrown);
      const { stage, error } = thrown;
      if (!isLast) throw error;
      if (stage === undefined || stages.has(stage)) return { verdict: 'lost', stages, error };
      stages.set(stage, error);
      log.error(`${stage} failed: ${error.code}`, { course: new CourseLabel(course) });
      await openCourse(options.outdir, course)
        .then(({ store }) => store.fail({ stage, key: '', code: error.code, reason: error.message }))
        .catch(() => {}); // the disk refuses: the result of this attempt says it
    }
  }
}
