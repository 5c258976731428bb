/** isovox run: the main job. */

import { WorkerMetrics } from '../../distributed/metrics.js';
import { supervise } from '../../distributed/supervise.js';
import { runInProcess } from '../../rt/course-executor.js';
import { planCourses } from '../../rt/plan.js';
import { findCourses, type RunOptions, type RunSummary, runPipeline, settleOptions } from '../../rt/run.js';
import { EXIT, exitOfRun } from '../exit.js';
import { keepHeapSmall } from '../heap.js';
import { STAGE_TIMEOUT_S } from '../options.js';
import { type RunCommandOptions, runOptionsOf } from '../run-options.js';
import { type MetricsOptions, served } from '../serve-metrics.js';
import { logged } from './common.js';
import { printPlans } from './plan.js';

export interface RunCommand extends RunCommandOptions, MetricsOptions {
  readonly isolation: 'process' | 'none';
  readonly stageTimeout: number;
  readonly threadsPerCourse?: number;
  readonly timeline?: string;
  readonly dryRun?: boolean;
}

export async function run(options: RunCommand): Promise<number> {
  keepHeapSmall();
  return logged(options, async (log, signal) => {
    const runOptions = await runOptionsOf(options, signal, log);
    if (options.dryRun) return await dryRun(runOptions, options.json ?? false);
    const { stageTimeout, timeline, threadsPerCourse } = options;
    const metrics = new WorkerMetrics();
    const summary = await served(metrics, options, () =>
      runPipeline(
        runOptions,
        options.isolation === 'none'
          ? runInProcess
          : supervise({ stageTimeoutMs: stageTimeout * 1000, timeline, threadsPerCourse, metrics }),
      ),
    );
    log.close();
    print(summary, options.json ?? false);
    return exitCode(summary);
  });
}

/** One stage of every course, as `run --stages` has it. */
export async function runStage(stage: string, options: RunCommandOptions): Promise<number> {
  return run({ ...options, stages: [stage], isolation: 'process', stageTimeout: STAGE_TIMEOUT_S, metricsHost: '' });
}

/** Refused files are listed but are no failure: a mixed folder always has some. */
function exitCode({ results, failures, discovery }: RunSummary): number {
  if (discovery.courses.length === 0) return EXIT.nothingFound;
  return results.length === 0 ? EXIT.someFailed : exitOfRun(failures);
}

function print(summary: RunSummary, json: boolean): void {
  const { results, failures, tables, discovery } = summary;
  if (json) {
    const document = {
      courses: results.map(({ course, folder, stages }) => ({
        patient_id: course.patientId,
        course_id: course.courseId,
        folder,
        stages: Object.fromEntries(
          [...stages].map(([id, state]) => [id, state.state === 'skipped' ? `skipped: ${state.reason}` : state.state]),
        ),
      })),
      failures,
      refused: discovery.refusals.length,
      results: tables.folder,
      report: tables.report,
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  if (discovery.courses.length === 0)
    process.stdout.write('No course was found: no DICOM images or RT objects below the root.\n');
  const stagesDone = [...summary.counts].map(([state, count]) => `${count} ${state}`).join(', ');
  process.stdout.write(
    `${results.length} courses (stages: ${stagesDone || 'none'}), ${failures.length} parts failed, ${discovery.refusals.length} files took no part; each with its reason in failures.csv\n`,
  );
  process.stdout.write(`tables: ${tables.folder}\nreport: ${tables.report}\n`);
}

async function dryRun(options: RunOptions, json: boolean): Promise<number> {
  const { courses, discovery } = await findCourses(options);
  const { stages, force } = settleOptions(options);
  const plans = await planCourses(courses, options.outdir, {
    dicomRoot: discovery.root,
    config: options.config,
    stages: stages.map(({ id }) => id),
    force,
  });
  printPlans(plans, discovery.refusals.length, json);
  return courses.length === 0 ? EXIT.nothingFound : EXIT.done;
}
