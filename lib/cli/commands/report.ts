/** isovox report: the pages and tables of an output folder made again from what its courses hold. */

import { countingProgress } from '../../rt/log.js';
import { outputFolder } from '../../rt/output-mirror.js';
import { readPlannedCourses } from '../../rt/plan.js';
import { PlannedCourses } from '../../rt/planned-course.js';
import { aggregatePlan, automaticWorkers } from '../../rt/run.js';
import { EXIT, exitOfRun } from '../exit.js';
import type { CommonOptions } from '../options.js';
import { printTables } from './aggregate.js';
import { logged } from './common.js';

export async function report(args: readonly string[], options: CommonOptions): Promise<number> {
  return logged(options, async (log, signal) => {
    const outdir = await outputFolder(args[0] as string);
    const threads = options.workers ?? automaticWorkers();
    const planned = await PlannedCourses.open(outdir, () => threads);
    try {
      const { plan } = planned;
      const progress = countingProgress(log, 'report');
      for (const [done, name] of plan.courses.entries()) {
        progress(done, plan.courses.length);
        await planned.run(name, { stages: ['report'], force: new Set(['report']), signal, log });
        signal.throwIfAborted();
      }
      const courses = await readPlannedCourses(outdir, plan);
      const { results, failures, tables } = await aggregatePlan(outdir, plan, courses);
      log.close();
      if (options.json) {
        const document = { courses: results.length, failures, results: tables.folder, report: tables.report };
        process.stdout.write(`${JSON.stringify(document)}\n`);
      } else printTables(results.length, failures.length, tables);
      return results.length === 0 ? EXIT.nothingFound : exitOfRun(failures);
    } finally {
      await planned.dispose();
    }
  });
}
