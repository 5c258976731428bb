/** The main job: a folder of mixed radiotherapy DICOM in, one audited set of tables and reports out. */

import { open, rm, stat } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { getConfig } from '../config/resolve.js';
import { asIsovoxError, IsovoxError } from '../errors.js';
import { Context } from '../runtime/context.js';
import { packageVersion } from '../runtime/package-root.js';
import { isS3 } from '../runtime/s3.js';
import { type AggregateSummary, aggregate } from './aggregate.js';
import { type CourseExecutor, type CourseTrouble, runInProcess } from './course-executor.js';
import { sweepLeases } from './course-lease.js';
import { CourseProgress } from './course-progress.js';
import { type CourseResult, type Failure, failuresOf, readCourse, type StageEvent } from './course-run.js';
import { type DiscoverOptions, type Discovery, discoverCourses } from './discover.js';
import { diskFull, isDiskFull } from './disk-space.js';
import { inputRoot, liesIn } from './input-path.js';
import { countingProgress, type RunLog } from './log.js';
import { makeFolder } from './make-folder.js';
import type { Course } from './model.js';
import { ModelPool, segmentationThreads } from './model-pool.js';
import { withOutput } from './output-lock.js';
import { OutputMirror, outputAddress } from './output-mirror.js';
import { courseName, type RunPlan, writePlan } from './plan.js';
import { Pseudonyms } from './pseudonyms.js';
import { matchesAny } from './roi-names.js';
import type { RunConfig } from './run-config.js';
import type { StageState } from './stage-state.js';
import { STAGES, selectStages } from './stages/index.js';

export interface RunOptions {
  /** A folder, or `s3://bucket/prefix`. */
  readonly dicomRoot: string;
  readonly outdir: string;
  readonly config: RunConfig;
  /** Threads of the one pool; cores - 1 when absent. */
  readonly workers?: number;
  /** Most courses at a time; one more than threads when absent, since some wait for their files. */
  readonly coursesAtOnce?: number;
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
  /** How many stages ended in each state. */
  readonly counts: ReadonlyMap<string, number>;
}

/** 60 % of what this process may still take, its control group's limit included; at least 512 MiB. */
export function automaticMemoryMb(): number {
  return Math.max(512, Math.floor(((process.availableMemory?.() ?? freemem()) / 2 ** 20) * 0.6));
}

/** Cores minus one, at least one: what `--workers auto` means. */
export function automaticWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Threads, memory, stages and what is forced, as the options or the machine have it. */
export function settleOptions(options: RunOptions) {
  const workers = options.workers ?? automaticWorkers();
  return {
    workers,
    coursesAtOnce: options.coursesAtOnce ?? workers + 1,
    memoryMb: options.memoryMb ?? automaticMemoryMb(),
    stages: selectStages(options.stages),
    force: new Set(options.force?.includes('all') ? STAGES.map((stage) => stage.id) : options.force),
  };
}

/** The threads and memory of the run. */
function contextOf(options: RunOptions): Context {
  const { workers, memoryMb } = settleOptions(options);
  const config = getConfig();
  return new Context({ ...config, read: { ...config.read, concurrency: workers, memoryBudgetMb: memoryMb } });
}

/** Finds the courses that are asked for. */
export async function findCourses(
  options: RunOptions,
  context: Context = contextOf(options),
): Promise<{ discovery: Discovery; courses: Course[] }> {
  const discovery = await discover(options, context);
  return { discovery, courses: filterCourses(discovery.courses, options.courseFilter) };
}

interface PlannedRun {
  readonly plan: RunPlan;
  readonly discovery: Discovery;
  readonly courses: Course[];
}

/** Finds the courses and writes down what is to be done, for others to do. */
export async function planRun(options: RunOptions): Promise<PlannedRun> {
  await checkWritable(options.outdir);
  return withOutput(options.outdir, () => makePlan(options));
}

async function makePlan(options: RunOptions, context?: Context): Promise<PlannedRun> {
  const { stages } = settleOptions(options);
  const found = await findCourses(options, context);
  const { config } = options;
  const plan = await writePlan(
    options.outdir,
    { dicomRoot: found.discovery.root, config, stages: stages.map((stage) => stage.id) },
    found.discovery,
    found.courses,
  );
  return { plan, ...found };
}

/** ERR_RESOURCE when another run works in the output folder. */
export async function runPipeline(options: RunOptions, execute: CourseExecutor = runInProcess): Promise<RunSummary> {
  await checkWritable(options.outdir);
  return withOutput(options.outdir, () => runAlone(options, execute));
}

async function runAlone(options: RunOptions, execute: CourseExecutor): Promise<RunSummary> {
  const { outdir, config, signal, log } = options;
  const { workers, coursesAtOnce, memoryMb, stages, force } = settleOptions(options);
  const context = contextOf(options);
  const models = new ModelPool(config, context);
  logConfiguration(
    log,
    workers,
    coursesAtOnce,
    memoryMb,
    stages.map((stage) => stage.id),
    await describeSegmentation(config, models),
  );
  const { plan, discovery, courses } = await makePlan(options, context);
  log.info(`${discovery.courses.length} courses, ${discovery.refusals.length} files refused`, {
    courses: courses.length,
    refused: discovery.refusals.length,
  });
  const progress = new CourseProgress(courses, log);
  const work = {
    outdir,
    dicomRoot: plan.dicomRoot,
    config,
    courses,
    stages,
    force,
    workers,
    coursesAtOnce,
    memoryMb,
    context,
    models,
    progress,
    signal,
    log,
  };
  const troubles = await execute(work).finally(() => models.dispose());
  if (signal.aborted) throw new IsovoxError('ERR_CANCELLED', 'The run was cancelled; run it again to go on');
  const summary = await aggregateAlone(outdir, plan, courses, troubles, progress).catch(async (thrown: unknown) => {
    const error = asIsovoxError(thrown);
    throw isDiskFull(error) ? await diskFull(outdir, courses, error) : error;
  });
  const full = [...troubles.values()].flatMap(({ course, stages }) => [course, ...stages.values()]).find(isFull);
  if (full) log.error(`ERR_IO: ${(await diskFull(outdir, courses, full)).message}`);
  log.info(`tables written`, { rows: summary.tables.rows, failures: summary.failures.length });
  return { ...summary, discovery, counts: progress.counts };
}

const isFull = (error: IsovoxError | undefined): error is IsovoxError => error !== undefined && isDiskFull(error);

/** The cohort's tables and report of what the courses' folders hold, whoever ran them. ERR_RESOURCE while a run is at it. */
export function aggregatePlan(
  outdir: string,
  plan: RunPlan,
  courses: readonly Course[],
): ReturnType<typeof aggregateAlone> {
  return withOutput(outdir, () => aggregateAlone(outdir, plan, courses));
}

async function aggregateAlone(
  outdir: string,
  plan: RunPlan,
  courses: readonly Course[],
  troubles: ReadonlyMap<string, CourseTrouble> = new Map(),
  progress?: CourseProgress,
): Promise<Pick<RunSummary, 'results' | 'failures' | 'tables'>> {
  const wanted = new Set(plan.stages);
  const results: CourseResult[] = [];
  const failures: Failure[] = [];
  for (const course of courses) {
    const name = courseName(course);
    const trouble = troubles.get(name);
    const read = await readCourse(course, outdir, plan.config);
    const stages = [...read.stages].map(
      ([id, state]) => [id, completed(state, trouble?.stages.get(id), progress?.stateOf(name, id))] as const,
    );
    const result = { ...read, stages: new Map(stages) };
    if (trouble?.course) {
      const { code, message } = trouble.course;
      failures.push({ patientId: course.patientId, courseId: course.courseId, stage: '', code, reason: message });
    } else results.push(result);
    failures.push(...failuresOf(result, trouble?.course ? new Set() : wanted));
  }
  const { dicomRoot, config, discovery } = plan;
  const tables = await aggregate({ outdir, dicomRoot, config, discovery, results, failures });
  const mirror = await OutputMirror.of(outdir);
  await mirror?.sendFolder(relative(outdir, tables.folder));
  await sweepLeases(outdir);
  return { results, failures, tables: mirror ? withAddresses(tables, mirror) : tables };
}

/** The same, where others find it. */
function withAddresses(tables: AggregateSummary, { folder, address }: OutputMirror): AggregateSummary {
  const at = (path: string): string => `${address}/${relative(folder, path).split(sep).join('/')}`;
  return { ...tables, folder: at(tables.folder), report: at(tables.report) };
}

/** What the course folder cannot tell: that the disk refused even the note of a failure, and that nothing was redone. */
function completed(state: StageState, error: IsovoxError | undefined, event: StageEvent | undefined): StageState {
  if (state.state === 'pending' && error) return { state: 'failed', error };
  return state.state === 'done' && event === 'reused' ? { ...state, state: 'reused' } : state;
}

async function discover(options: RunOptions, context: Context): Promise<Discovery> {
  const { dicomRoot, outdir, config, signal, log } = options;
  if (!isS3(dicomRoot)) await checkFolder(dicomRoot);
  const output = isS3(dicomRoot) ? await outputAddress(outdir) : resolve(outdir);
  if (liesIn(output, inputRoot(dicomRoot))) {
    throw new IsovoxError(
      'ERR_INVALID_ARGUMENT',
      'Expected an output folder outside the DICOM root, or below it, but it holds the root',
      { path: output },
    );
  }
  return discoverCourses({
    dicomRoot,
    disguise: await disguiseOf(options),
    exclude: [output],
    config,
    context,
    signal,
    onProgress: countingProgress(log, 'index'),
  });
}

async function checkFolder(dicomRoot: string): Promise<void> {
  const root = await stat(dicomRoot).catch((thrown: unknown) => {
    throw asIsovoxError(thrown);
  });
  if (!root.isDirectory()) {
    throw new IsovoxError('ERR_NOT_FOUND', `Expected a folder for --dicom-root but ${dicomRoot} is a file`, {
      path: dicomRoot,
    });
  }
}

/** Where a run that was asked for pseudonyms keeps them, and the links that hide where its input lies. */
async function disguiseOf({ dicomRoot, outdir, config }: RunOptions): Promise<DiscoverOptions['disguise']> {
  const { pseudonymise, pseudonyms } = config.output;
  if (!pseudonymise) return undefined;
  const inStore = isS3(dicomRoot) ? '--dicom-root' : (await OutputMirror.of(outdir)) ? '--outdir' : undefined;
  if (inStore !== undefined) {
    const message = `Expected a folder for ${inStore} with --pseudonymise: the links that it makes are of this machine`;
    throw new IsovoxError('ERR_UNSUPPORTED', message, { name: inStore });
  }
  const file = pseudonyms ?? join(outdir, '.isovox/pseudonyms.json');
  return { pseudonyms: await Pseudonyms.open(file), links: resolve(outdir, '.isovox/inputs') };
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
  coursesAtOnce: number,
  memoryMb: number,
  stages: readonly string[],
  segmentation: string,
): void {
  const cores = availableParallelism();
  log.info('=== Parallelization Configuration ===');
  log.info(`isovox ${packageVersion}, Node ${process.version}, ${process.platform}-${process.arch}`);
  log.info(`CPU cores: ${cores}, using ${workers} workers by default (cores - 1)`, { cores, workers });
  log.info(
    `Courses in flight: up to ${coursesAtOnce} within ${memoryMb} MiB, their structures and slices on one pool of ${workers} threads`,
  );
  log.info(`Segmentation stage: ${segmentation}`);
  log.info(`Stages: ${stages.join(', ')}, aggregate`);
}
