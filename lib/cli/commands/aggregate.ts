/** isovox aggregate: the cohort's tables and report, after engines have run the courses. */

import { readPlan, readPlannedCourse } from '../../rt/plan.js';
import { aggregatePlan } from '../../rt/run.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';

export interface AggregateCommandOptions extends CommonOptions {
  readonly outdir: string;
}

export async function aggregate({ outdir, json }: AggregateCommandOptions): Promise<number> {
  const plan = await readPlan(outdir);
  const courses = [];
  for (const name of plan.courses) courses.push(await readPlannedCourse(outdir, name));
  const { results, failures, tables } = await aggregatePlan(outdir, plan, courses);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ courses: results.length, failures, results: tables.folder, report: tables.report })}\n`,
    );
  } else {
    process.stdout.write(
      `${results.length} courses, ${failures.length} parts failed\ntables: ${tables.folder}\nreport: ${tables.report}\n`,
    );
  }
  if (results.length === 0) return EXIT.nothingFound;
  return failures.some((failure) => failure.roi === undefined) ? EXIT.someFailed : EXIT.done;
}
