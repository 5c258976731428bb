/** The main job: a folder of mixed radiotherapy DICOM in, one audited set of tables and reports out. */

import { open, rm, stat } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { getConfig } from '../config/resolve.js';
import { asIsovoxError, IsovoxError } from '../errors.js';
import { HierarchicalExecutor } from '../graph/executor.js';
import { Context } from '../runtime/context.js';
import { packageVersion } from '../runtime/package-root.js';
import { type AggregateSummary, aggregate } from './aggregate.js';
import { type CourseResult, type Failure, runCourse } from './course-run.js';
import { type Discovery, discoverCourses } from './discover.js';
import { estimateCourse } from './estimate.js';
import { courseFolder } from './layout.js';
import type { RunLog } from './log.js';
import { makeFolder } from './make-folder.js';
import type { Course } from './model.js';
import { ModelPool, segmentationThreads } from './model-pool.js';
import { matchesAny } from './roi-names.js';
import type { RunConfig } from './run-config.js';
import { STAGES, selectStages } from './stages/index.js';

export interface RunOptions {
  readonly dicomRoot: string;
  readonly outdir: string;
  readonly config: RunConfig;
  /** Threads of the one pool; cores - 1 when absent. */
  readonly workers?: number;
  /** Memory for courses in flight; 60 % of what is free when absent. */
  readonly memoryMb?: number;
  readonly stages?: readonly string[];
  /** `PATIENT` or `PATIENT/COURSE`, * stands for anything. */
  readonly courseFilter?: readonly string[];
  /** Stages to run again though nothing changed; `all` for every one. */
  readonly force?: readonly string[];
  readonly signal: AbortSignal;
  readonly log: RunLog;
}

export interface RunSummary {
  readonly discovery: Discovery;
  readonly results: readonly CourseResult[];
  readonly failures: readonly Failure[];
  readonly tables: AggregateSummary;
}

export interface PlannedCourse {
  readonly course: Course;
  readonly memoryMb: number;
  readonly weight: number;
  readonly stages: ReadonlyArray<{ id: string; skip?: string }>;
}

/** Cores minus one, at least one: what `--workers auto` means. */
export function automaticWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Finds the courses and says what would run, without writing anything. */
export async function planRun(options: RunOptions): Promise<{ discovery: Discovery; courses: PlannedCourse[] }> {
  const stages = selectStages(options.stages);
  const discovery = await discover(options);
  const courses = filterCourses(discovery.courses, options.courseFilter).map((course) => ({
    course,
    ...estimateCourse(course),
    stages: stages.map((stage) => {
      const skip = stage.skip?.(course, options.config);
      return skip === undefined ? { id: stage.id } : { id: stage.id, skip };
    }),
  }));
  return { discovery, courses };
}

export async function runPipeline(options: RunOptions): Promise<RunSummary> {
  const { outdir, config, signal, log } = options;
  const workers = options.workers ?? automaticWorkers();
  const memoryMb = options.memoryMb ?? Math.max(512, Math.floor((freemem() / 2 ** 20) * 0.6));
  const stages = selectStages(options.stages);
  const force = new Set(options.force?.includes('all') ? STAGES.map((stage) => stage.id) : options.force);
  await checkWritable(outdir);
  const context = new Context({
    ...getConfig(),
    read: { ...getConfig().read, concurrency: workers, memoryBudgetMb: memoryMb },
  });
  const models = new ModelPool(config, context);
  logConfiguration(
    log,
    workers,
    memoryMb,
    stages.map((stage) => stage.id),
    await describeSegmentation(config, models),
  );
  const discovery = await discover(options, context);
  const courses = filterCourses(discovery.courses, options.courseFilter);
  log.info(`${discovery.courses.length} courses, ${discovery.refusals.length} files refused`, {
    courses: courses.length,
    refused: discovery.refusals.length,
  });
  const executor = new HierarchicalExecutor();
  const running = new Map<string, string>();
  const weights = new Map<string, number>();
  let weightDone = 0;
  let done = 0;
  const report = (): void => {
    const weightTotal = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    log.progress({
      phase: 'courses',
      done,
      total: courses.length,
      weightDone,
      weightTotal,
      running: [...running].map(([name, stage]) => `${name} ${stage}`.trim()),
    });
  };
  for (const course of courses) {
    const name = `${course.patientId}/${course.courseId}`;
    const estimate = estimateCourse(course);
    weights.set(name, estimate.weight);
    executor.addTask(
      name,
      async () => {
        running.set(name, '');
        report();
        try {
          return await runCourse({
            course,
            courseFolder: courseFolder(outdir, course),
            dicomRoot: options.dicomRoot,
            config,
            stages,
            force,
            context,
            models,
            signal,
            log,
            onStage: (stage, state) => {
              running.set(name, state === 'start' ? stage : '');
              report();
            },
          });
        } finally {
          running.delete(name);
          weightDone += estimate.weight;
          done++;
          report();
        }
      },
      { weight: estimate.weight, resources: { course: 1, memoryMb: Math.min(estimate.memoryMb, memoryMb) } },
    );
  }
  // One course more than threads: while one waits for the disk, another computes.
  const { outcomes } = await executor
    .execute({ capacity: { course: workers + 1, memoryMb }, signal })
    .finally(() => models.dispose());
  if (signal.aborted) throw new IsovoxError('ERR_CANCELLED', 'The run was cancelled; run it again to go on');
  const results: CourseResult[] = [];
  const failures: Failure[] = [];
  for (const course of courses) {
    const outcome = outcomes.get(`${course.patientId}/${course.courseId}`);
    if (outcome?.status === 'done') {
      const result = outcome.value as CourseResult;
      results.push(result);
      failures.push(...result.failures);
    } else if (outcome?.status === 'failed') {
      failures.push({
        patientId: course.patientId,
        courseId: course.courseId,
        stage: '',
        code: outcome.error.code,
        reason: outcome.error.message,
      });
    }
  }
  const tables = await aggregate({ outdir, dicomRoot: options.dicomRoot, config, discovery, results, failures });
  log.info(`tables written`, { rows: tables.rows, failures: failures.length });
  return { discovery, results, failures, tables };
}

async function discover(options: RunOptions, context?: Context): Promise<Discovery> {
  const { dicomRoot, outdir, config, signal, log } = options;
  const root = await stat(dicomRoot).catch((thrown: unknown) => {
    throw asIsovoxError(thrown);
  });
  if (!root.isDirectory()) {
    throw new IsovoxError('ERR_NOT_FOUND', `Expected a folder for --dicom-root but ${dicomRoot} is a file`, {
      path: dicomRoot,
    });
  }
  const inside = relative(resolve(outdir), resolve(dicomRoot));
  if (inside === '' || !(inside.startsWith('..') || isAbsolute(inside))) {
    throw new IsovoxError(
      'ERR_INVALID_ARGUMENT',
      'Expected an output folder outside the DICOM root, or below it, but it holds the root',
      {
        path: outdir,
      },
    );
  }
  return discoverCourses({
    dicomRoot,
    exclude: [outdir],
    config,
    ...(context ? { context } : {}),
    signal,
    onProgress: (done, total) =>
      log.progress({ phase: 'index', done, total, weightDone: done, weightTotal: total, running: [] }),
  });
}

function filterCourses(courses: readonly Course[], filter: readonly string[] | undefined): Course[] {
  if (!filter || filter.length === 0) return [...courses];
  return courses.filter((course) =>
    matchesAny(
      `${course.patientId}/${course.courseId}`,
      filter.map((one) => (one.includes('/') ? one : `${one}/*`)),
    ),
  );
}

/** Fails before hours of work rather than after: makes the folder, writes and removes a file. */
async function checkWritable(outdir: string): Promise<void> {
  // One name for all runs: what a killed run left is removed by the next.
  const probe = join(outdir, '.isovox-write-test');
  try {
    await makeFolder(outdir);
    const handle = await open(probe, 'w');
    try {
      await handle.writeFile('isovox');
      await handle.sync();
    } finally {
      await handle.close();
      await rm(probe, { force: true });
    }
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    throw new IsovoxError('ERR_IO', `The output folder ${outdir} cannot be written: ${error.message}`, error.context, {
      cause: thrown,
    });
  }
}

/** Loads the first model, so that a wrong one is known at once and the device can be told. */
async function describeSegmentation({ segmentation, customModels }: RunConfig, models: ModelPool): Promise<string> {
  const threads = segmentationThreads();
  const folders = [...segmentation.found, ...customModels.found];
  const [first] = folders;
  if (!first) return `threads=${threads}; skipped until a model is given (--models DIR)`;
  const { provider, note, manifest } = await models.get(first);
  const lane = await models.lane(segmentation.found.length > 0 ? 'models' : 'custom', first);
  const names = folders.map((folder) => `${folder.manifest.name} (${folder.manifest.licence})`).join(', ');
  const why = note === '' ? '' : `; ${manifest.name} ${note}`;
  return `${lane.width} courses at once (device: ${provider}, threads=${threads}); models: ${names}${why}`;
}

function logConfiguration(
  log: RunLog,
  workers: number,
  memoryMb: number,
  stages: readonly string[],
  segmentation: string,
): void {
  const cores = availableParallelism();
  log.info('=== Parallelization Configuration ===');
  log.info(`isovox ${packageVersion}, Node ${process.version}, ${process.platform}-${process.arch}`);
  log.info(`CPU cores: ${cores}, using ${workers} workers by default (cores - 1)`, { cores, workers });
  log.info(
    `Courses in flight: up to ${workers + 1} within ${memoryMb} MiB, their structures and slices on one pool of ${workers} threads`,
  );
  log.info(`Segmentation stage: ${segmentation}`);
  log.info(`Stages: ${stages.join(', ')}, aggregate`);
}
