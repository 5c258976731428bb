/** isovox plan: what would run for each course and why, and the files that workers take courses from. */

import type { Course } from '../../rt/model.js';
import { type CoursePlan, planCourse, type RunPlan } from '../../rt/plan.js';
import { planRun, settleOptions } from '../../rt/run.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import { createLog } from '../log.js';
import { type RunCommandOptions, runOptionsOf } from '../run-options.js';

export async function plan(options: RunCommandOptions): Promise<number> {
  const log = await createLog({ json: options.jsonLogs, quiet: options.quiet, verbose: options.verbose });
  try {
    return await interruptible(async (signal) => {
      const runOptions = await runOptionsOf(options, signal, log);
      const { plan, discovery, courses } = await planRun(runOptions);
      const plans = await planCourses(courses, options.outdir, { ...plan, force: settleOptions(runOptions).force });
      log.close();
      printPlans(plans, discovery.refusals.length, options.json ?? false);
      return courses.length === 0 ? EXIT.nothingFound : EXIT.done;
    });
  } finally {
    log.close();
  }
}

/** Large courses first: the order in which an engine should start them. */
export async function planCourses(
  courses: readonly Course[],
  outdir: string,
  plan: Pick<RunPlan, 'dicomRoot' | 'config' | 'stages'> & { force: ReadonlySet<string> },
): Promise<CoursePlan[]> {
  const plans: CoursePlan[] = [];
  for (const course of courses) plans.push(await planCourse(course, outdir, plan));
  return plans.sort((a, b) => b.size - a.size || (a.id < b.id ? -1 : 1));
}

export function printPlans(plans: readonly CoursePlan[], refused: number, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(plans)}\n`);
    return;
  }
  for (const { id, mem_mb, rois, voxels, stages } of plans) {
    const size = `${(voxels / 1e6).toFixed(1)} million voxels, ${rois} structures, about ${mem_mb} MiB`;
    process.stdout.write(`${id}  ${size}\n`);
    for (const stage of stages)
      process.stdout.write(`  ${stage.id.padEnd(15)} ${stage.action.padEnd(6)} ${stage.reason}\n`);
  }
  process.stdout.write(`${plans.length} courses, ${refused} files refused\n`);
}
