/** isovox aggregate: the cohort's tables and report, after engines have run the courses. */

import type { AggregateSummary } from '../../rt/aggregate.js';
import { outputFolder } from '../../rt/output-mirror.js';
import { readPlan, readPlannedCourses } from '../../rt/plan.js';
import { aggregatePlan } from '../../rt/run.js';
import { EXIT, exitOfRun } from '../exit.js';
import { keepHeapSmall } from '../heap.js';
import type { CommonOptions } from '../options.js';

export interface AggregateCommandOptions extends CommonOptions {
  readonly outdir: string;
}

export async function aggregate({ outdir: address, json }: AggregateCommandOptions): Promise<number> {
  keepHeapSmall();
  const outdir = await outputFolder(address);
  const plan = await readPlan(outdir);
  const courses = await readPlannedCourses(outdir, plan);
  const { results, failures, tables } = await aggregatePlan(outdir, plan, courses);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ courses: results.length, failures, results: tables.folder, report: tables.report })}\n`,
    );
  } else printTables(results.length, failures.length, tables);
  if (results.length === 0) return EXIT.nothingFound;
  return exitOfRun(failures);
}

/** Where the tables of the cohort are, after courses that engines ran. */
export function printTables(courses: number, failed: number, { folder, report }: AggregateSummary): void {
  process.stdout.write(`${courses} courses, ${failed} parts failed\ntables: ${folder}\nreport: ${report}\n`);
}
