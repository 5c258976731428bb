/** isovox plan: what would run for each course and why, and the files that workers take courses from. */

import { type CoursePlan, planCourses } from '../../rt/plan.js';
import { planRun, settleOptions } from '../../rt/run.js';
import { EXIT } from '../exit.js';
import { type RunCommandOptions, runOptionsOf } from '../run-options.js';
import { logged } from './common.js';

export async function plan(options: RunCommandOptions): Promise<number> {
  return logged(options, async (log, signal) => {
    const runOptions = await runOptionsOf(options, signal, log);
    const { plan, discovery, courses } = await planRun(runOptions);
    const plans = await planCourses(courses, runOptions.outdir, { ...plan, force: settleOptions(runOptions).force });
    log.close();
    printPlans(plans, discovery.refusals.length, options.json ?? false);
    return courses.length === 0 ? EXIT.nothingFound : EXIT.done;
  });
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
