/**
 * What a run is to do, as files that any process with access to the output folder can work from:
 *
 *   <outdir>/.isovox/plan.json                     settings, files that take no part, the courses' names
 *   <outdir>/.isovox/courses/<patient>/<course>.json   one course
 */

import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Config, getConfig } from '../config/resolve.js';
import { asIsovoxError, IsovoxError } from '../errors.js';
import { packageVersion } from '../runtime/package-root.js';
import { isS3 } from '../runtime/s3.js';
import { sweepTemporaries, writeText } from '../table/atomic.js';
import { openCourse } from './course-mirror.js';
import type { Discovery } from './discover.js';
import { estimateCourse } from './estimate.js';
import { type CourseJob, jobsOf } from './jobs.js';
import { makeFolder } from './make-folder.js';
import type { Course } from './model.js';
import { safeName } from './names.js';
import { OutputMirror } from './output-mirror.js';
import type { RunConfig } from './run-config.js';
import type { Stage } from './stage.js';
import { courseDigest, StageKeys } from './stage-key.js';
import { reasonToSkip, type StageState, storedState } from './stage-state.js';
import { STAGES, selectStages } from './stages/index.js';

export interface RunPlan {
  readonly isovox: string;
  readonly dicomRoot: string;
  readonly config: RunConfig;
  readonly inference: Config['inference'];
  /** How input in an object store is reached. */
  readonly s3?: Config['s3'] | undefined;
  /** Stages to run. */
  readonly stages: readonly string[];
  readonly discovery: Pick<Discovery, 'refusals' | 'findings'>;
  /** `PATIENT/COURSE`. */
  readonly courses: readonly string[];
}

export const courseName = ({ patientId, courseId }: Pick<Course, 'patientId' | 'courseId'>): string =>
  `${patientId}/${courseId}`;

/** Below the output folder, as the address of an object is. */
const PLAN_FILE = '.isovox/plan.json';
const COURSES_FOLDER = '.isovox/courses';

function courseFile(name: string): string {
  const [patient = '', course = ''] = name.split('/');
  return `${COURSES_FOLDER}/${safeName(patient)}/${safeName(course)}.json`;
}

/** Writes the plan; the one that was there is replaced. The file that names the courses comes last. */
export async function writePlan(
  outdir: string,
  plan: Omit<RunPlan, 'isovox' | 'inference' | 's3' | 'courses' | 'discovery'>,
  discovery: Discovery,
  courses: readonly Course[],
): Promise<RunPlan> {
  const kept = new Set<string>();
  for (const course of courses) {
    const path = join(outdir, courseFile(courseName(course)));
    kept.add(path);
    await makeFolder(dirname(path));
    await writeIfChanged(path, `${JSON.stringify(course)}\n`);
  }
  const folder = join(outdir, COURSES_FOLDER);
  const there = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of there) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(path)) await rm(path, { force: true });
  }
  const { refusals, findings } = discovery;
  const whole: RunPlan = {
    ...plan,
    isovox: packageVersion,
    inference: getConfig().inference,
    ...(isS3(plan.dicomRoot) ? { s3: getConfig().s3 } : {}),
    discovery: { refusals, findings },
    courses: courses.map(courseName),
  };
  const path = join(outdir, PLAN_FILE);
  await makeFolder(dirname(path));
  await sweepTemporaries(dirname(path));
  await writeIfChanged(path, `${JSON.stringify(whole)}\n`);
  const mirror = await OutputMirror.of(outdir);
  if (mirror) {
    if (courses.length > 0) await mirror.sendFolder(COURSES_FOLDER);
    await mirror.send([PLAN_FILE]);
  }
  return whole;
}

/** An engine that looks at times sees a plan that is still the same as unchanged. */
async function writeIfChanged(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) await writeText(path, text);
}

/** ERR_NOT_FOUND where nothing was planned, ERR_UNSUPPORTED when another version planned it. */
export async function readPlan(outdir: string): Promise<RunPlan> {
  const mirror = await OutputMirror.of(outdir);
  const address = mirror?.address ?? outdir;
  await mirror?.fetch([PLAN_FILE]);
  const path = join(outdir, PLAN_FILE);
  const absent = `Nothing is planned in ${address}; isovox plan --dicom-root DIR --outdir ${address} does`;
  const plan = (await readJson(path, absent)) as RunPlan;
  if (plan.isovox !== packageVersion) {
    throw new IsovoxError(
      'ERR_UNSUPPORTED',
      `The plan in ${address} was made by isovox ${plan.isovox}, this is ${packageVersion}; plan it anew`,
      { path },
    );
  }
  return plan;
}

/** The courses of a plan, in its order. */
export async function readPlannedCourses(outdir: string, plan: Pick<RunPlan, 'courses'>): Promise<Course[]> {
  const courses: Course[] = [];
  for (const name of plan.courses) courses.push(await readPlannedCourse(outdir, name));
  return courses;
}

/** ERR_NOT_FOUND when the plan has no such course. */
export async function readPlannedCourse(outdir: string, name: string): Promise<Course> {
  const path = courseFile(name);
  const mirror = await OutputMirror.of(outdir);
  await mirror?.fetch([path]);
  const absent = `The plan in ${mirror?.address ?? outdir} has no course ${name}`;
  return (await readJson(join(outdir, path), absent)) as Course;
}

async function readJson(path: string, absent: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    throw error.code === 'ERR_NOT_FOUND' ? new IsovoxError('ERR_NOT_FOUND', absent, { path }) : error;
  }
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new IsovoxError('ERR_CORRUPT_DATA', `${path} is no plan: ${(thrown as Error).message}`, { path });
  }
}

export interface StagePlan {
  readonly id: string;
  readonly action: 'run' | 'reuse' | 'skip';
  readonly reason: string;
}

/** One course as an engine needs to know it. */
export interface CoursePlan {
  /** `PATIENT/COURSE`. */
  readonly id: string;
  readonly jobs: readonly CourseJob[];
  readonly stages: readonly StagePlan[];
  /** Of the job that is hardest to place: gpu before cpu before io. */
  readonly class: CourseJob['class'];
  readonly voxels: number;
  readonly rois: number;
  /** voxels x ROIs: how long courses compare. */
  readonly size: number;
  readonly mem_mb: number;
  /** Threads that a job of this course can use well. */
  readonly threads: number;
  readonly input_digest: string;
}

/** Says what would run for a course and why. Reads its input files only where an earlier run left results. */
export async function planCourse(
  course: Course,
  outdir: string,
  {
    dicomRoot,
    config,
    stages,
    force = new Set(),
  }: Pick<RunPlan, 'dicomRoot' | 'config' | 'stages'> & {
    force?: ReadonlySet<string>;
  },
): Promise<CoursePlan> {
  const selected = selectStages(stages);
  const jobs = jobsOf(course, selected, config);
  const { memoryMb, voxels, rois, threads } = estimateCourse(course);
  return {
    id: courseName(course),
    jobs,
    stages: await planStages(course, outdir, dicomRoot, config, selected, force),
    class: (['gpu', 'cpu', 'io'] as const).find((one) => jobs.some((job) => job.class === one)) ?? 'io',
    voxels,
    rois,
    size: voxels * Math.max(1, rois),
    mem_mb: memoryMb,
    threads,
    input_digest: courseDigest(course, dicomRoot),
  };
}

/** Large courses first: the order in which an engine should start them. */
export async function planCourses(
  courses: readonly Course[],
  outdir: string,
  plan: Parameters<typeof planCourse>[2],
): Promise<CoursePlan[]> {
  const plans: CoursePlan[] = [];
  for (const course of courses) plans.push(await planCourse(course, outdir, plan));
  return plans.sort((a, b) => b.size - a.size || (a.id < b.id ? -1 : 1));
}

async function planStages(
  course: Course,
  outdir: string,
  dicomRoot: string,
  config: RunConfig,
  selected: readonly Stage[],
  force: ReadonlySet<string>,
): Promise<StagePlan[]> {
  const { store } = await openCourse(outdir, course);
  const keys = new StageKeys(course, dicomRoot, config);
  const states = new Map<string, StageState>();
  const plans: StagePlan[] = [];
  const running = new Set<string>();
  for (const stage of STAGES) {
    const state = await storedState(stage, store, course, config, states);
    states.set(stage.id, state);
    if (!selected.includes(stage)) continue;
    const plan = await planStage(stage, state);
    if (plan.action === 'run') running.add(stage.id);
    plans.push({ id: stage.id, ...plan });
  }
  return plans;

  async function planStage(stage: Stage, state: StageState): Promise<Omit<StagePlan, 'id'>> {
    const skip = reasonToSkip(stage, course, config, new Map());
    if (skip !== undefined) return { action: 'skip', reason: skip };
    if (force.has(stage.id)) return { action: 'run', reason: 'forced' };
    if (state.state === 'failed') return { action: 'run', reason: `it failed before: ${state.error.code}` };
    const manifest = await store.manifest(stage.id);
    if (manifest === undefined) return { action: 'run', reason: 'it has not run' };
    const first = [...stage.needs, ...(stage.after ?? [])].find((id) => running.has(id));
    if (first !== undefined) return { action: 'run', reason: `${first} runs before it` };
    const { key } = await keys.of(stage, states);
    if (manifest.key !== key) return { action: 'run', reason: 'its inputs or settings have changed' };
    if (!(await store.isValid(stage.id, key)))
      return { action: 'run', reason: 'a file that it wrote is gone or changed' };
    return { action: 'reuse', reason: 'nothing has changed' };
  }
}
