/** isovox submit: plans a run and puts its courses into queues. */

import { CourseQueues, submitCourses, waitForQueues } from '../../distributed/submit.js';
import { countingProgress } from '../../rt/log.js';
import { planCourses } from '../../rt/plan.js';
import { aggregatePlan, planRun, settleOptions } from '../../rt/run.js';
import { EXIT, exitOfRun } from '../exit.js';
import { type RunCommandOptions, runOptionsOf } from '../run-options.js';
import { printTables } from './aggregate.js';
import { logged } from './common.js';

export interface SubmitCommandOptions extends RunCommandOptions {
  readonly queue: string;
  readonly name: string;
  readonly gpus: number;
  readonly wait?: boolean;
}

export async function submit(options: SubmitCommandOptions): Promise<number> {
  const { queue: url, name, gpus } = options;
  return logged(options, async (log, signal) => {
    const queues = await CourseQueues.open(url, name);
    try {
      const runOptions = await runOptionsOf(options, signal, log);
      const { outdir } = runOptions;
      const { plan, courses, discovery } = await planRun(runOptions);
      if (courses.length === 0) {
        process.stdout.write('No course was found: no DICOM images or RT objects below the root.\n');
        return EXIT.nothingFound;
      }
      const plans = await planCourses(courses, outdir, { ...plan, force: settleOptions(runOptions).force });
      const run = await submitCourses(queues, plans, { url, name, outdir, gpus });
      log.info(`${courses.length} courses submitted as ${run}, ${discovery.refusals.length} files refused`);
      if (!options.wait) {
        process.stdout.write(
          `${courses.length} courses submitted; when they are done: isovox aggregate --outdir ${options.outdir}\n`,
        );
        return EXIT.done;
      }
      const progress = countingProgress(log, 'jobs');
      await waitForQueues(queues, signal, ({ waiting, active }) => {
        const total = courses.length; // each has one job at a time in the queues
        const done = Math.max(0, total - waiting - active);
        progress(done, total);
      });
      if (signal.aborted) return EXIT.interrupted;
      const { results, failures, tables } = await aggregatePlan(outdir, plan, courses);
      log.close();
      printTables(results.length, failures.length, tables);
      return exitOfRun(failures);
    } finally {
      await queues.close();
    }
  });
}
