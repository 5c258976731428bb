/** isovox course run: stages of planned courses, one after the other. Engines call it; it may be called twice, killed, and called again. */

import { invalidArgument } from '../../errors.js';
import { dieWithParent } from '../../native/process.js';
import { outputFolder } from '../../rt/output-mirror.js';
import { type CourseVerdict, PlannedCourses } from '../../rt/planned-course.js';
import { automaticWorkers } from '../../rt/run.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';
import { logged } from './common.js';

export interface CourseCommandOptions extends CommonOptions {
  readonly outdir: string;
  readonly stage?: string[];
  readonly force?: string[];
  readonly memory?: number;
}

/**
 * 0 done; 65 bad data, no use in trying again; 75 busy or a failure of the moment, to be tried again. Of several courses
 * the last of these that one of them gives.
 */
export async function course(args: readonly string[], options: CourseCommandOptions): Promise<number> {
  const [action, ...names] = args;
  if (action !== 'run') throw invalidArgument('action', 'run', action);
  dieWithParent();
  const threads = options.workers ?? automaticWorkers();
  return logged(options, async (log, signal) => {
    const courses = await PlannedCourses.open(await outputFolder(options.outdir), () => threads, options.memory);
    const results: Array<CourseVerdict & { course: string }> = [];
    try {
      for (const name of names) {
        const force = new Set(options.force);
        const verdict = await courses.run(name, { stages: options.stage, force, keepBadData: true, signal, log });
        results.push({ course: name, ...verdict });
        if (options.json) continue;
        for (const { stage, code, reason } of verdict.failed) {
          process.stderr.write(`isovox: ${name} ${stage} ${code}: ${reason}\n`);
        }
      }
    } finally {
      await courses.dispose();
    }
    if (options.json) process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
    const worst = (['try-again', 'bad-data'] as const).find((one) => results.some(({ verdict }) => verdict === one));
    return { done: EXIT.done, 'bad-data': EXIT.badData, 'try-again': EXIT.tryAgain }[worst ?? 'done'];
  });
}
