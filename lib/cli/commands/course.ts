/** isovox course run: stages of one planned course. Engines call it; it may be called twice, killed, and called again. */

import { invalidArgument } from '../../errors.js';
import { dieWithParent } from '../../native/process.js';
import { outputFolder } from '../../rt/output-mirror.js';
import { PlannedCourses } from '../../rt/planned-course.js';
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

/** 0 done; 65 bad data, no use in trying again; 75 busy or a failure of the moment, to be tried again. */
export async function course(args: readonly string[], options: CourseCommandOptions): Promise<number> {
  const [action, name = ''] = args;
  if (action !== 'run') throw invalidArgument('action', 'run', action);
  dieWithParent();
  const threads = options.workers ?? automaticWorkers();
  return logged(options, async (log, signal) => {
    const courses = await PlannedCourses.open(await outputFolder(options.outdir), () => threads, options.memory);
    try {
      const { verdict, failed } = await courses.run(name, {
        stages: options.stage,
        force: new Set(options.force),
        keepBadData: true,
        signal,
        log,
      });
      if (options.json) process.stdout.write(`${JSON.stringify({ course: name, verdict, failed })}\n`);
      else for (const { stage, code, reason } of failed) process.stderr.write(`isovox: ${stage} ${code}: ${reason}\n`);
      return { done: EXIT.done, 'bad-data': EXIT.badData, 'try-again': EXIT.tryAgain }[verdict];
    } finally {
      await courses.dispose();
    }
  });
}
