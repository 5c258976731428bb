/** Runs the stages of one course, each only when its key has changed. */

import { asIsovoxError, IsovoxError } from '../errors.js';
import type { Context } from '../runtime/context.js';
import { packageVersion } from '../runtime/package-root.js';
import { CourseLabel } from './course-label.js';
import { type CourseLease, isBusy, withCourse } from './course-lease.js';
import { type CourseMirror, openCourse } from './course-mirror.js';
import { trace } from './failpoint.js';
import { courseFolder } from './layout.js';
import type { RunLog } from './log.js';
import type { Course } from './model.js';
import type { ModelPool } from './model-pool.js';
import type { RunConfig } from './run-config.js';
import type { Stage } from './stage.js';
import { StageKeys } from './stage-key.js';
import { reasonToSkip, type StageState, storedState } from './stage-state.js';
import type { Manifest, StageStore } from './stage-store.js';
import { STAGES } from './stages/index.js';

export interface Failure {
  readonly patientId: string;
  readonly courseId: string;
  readonly stage: string;
  readonly roi?: string;
  readonly path?: string;
  readonly code: string;
  readonly reason: string;
}

export interface CourseResult {
  readonly course: Course;
  readonly folder: string;
  /** Of every stage, in their order. */
  readonly stages: ReadonlyMap<string, StageState>;
}

export type StageEvent = 'start' | StageState['state'];

export interface CourseRunOptions {
  readonly course: Course;
  readonly outdir: string;
  readonly dicomRoot: string;
  readonly config: RunConfig;
  /** Those to run; what the others gave is taken from the course folder. */
  readonly stages: readonly Stage[];
  readonly force: ReadonlySet<string>;
  /** The noted failures of these stages stand. */
  readonly givenUp?: ReadonlySet<string>;
  /** A noted failure that bad data caused stands while the data is the same: for engines that retry everything. */
  readonly keepBadData?: boolean;
  readonly context: Context;
  readonly models: ModelPool;
  readonly signal: AbortSignal;
  readonly log: RunLog;
  readonly onStage?: (stage: string, state: StageEvent) => void;
}

const MOST_ATTEMPTS = 3;
const FIRST_WAIT_MS = 200;
/** Errors of the moment; everything else fails the same way again. */
const TRANSIENT = new Set<string>(['ERR_IO', 'ERR_RESOURCE', 'ERR_INTERNAL']);
const BAD_DATA = new Set<string>(['ERR_CORRUPT_DATA', 'ERR_UNSUPPORTED', 'ERR_GEOMETRY', 'ERR_MODEL']);
const LASTING_ERRNO = new Set<string>(['ENOSPC', 'EROFS', 'EACCES', 'EPERM', 'EDQUOT', 'EISDIR', 'ELOOP']);

/** Runs the stages while nobody else works on the course; ERR_RESOURCE with `busy` when somebody does. */
export function runCourse(options: CourseRunOptions): Promise<CourseResult> {
  return withCourse(options.outdir, options.course, async (lease) => {
    const what = `${options.course.patientId}/${options.course.courseId} ${options.stages.map(({ id }) => id).join()}`;
    trace(`start ${what}`);
    const result = await runStages(options, lease);
    trace(`end ${what}`);
    return result;
  });
}

async function runStages(options: CourseRunOptions, lease: CourseLease): Promise<CourseResult> {
  const { course, outdir, config, signal, log } = options;
  const { store, mirror } = await openCourse(outdir, course, () => lease.check());
  await store.sweep();
  const label = new CourseLabel(course);
  const keys = new StageKeys(course, options.dicomRoot, config, { context: options.context, signal });
  const selected = new Set(options.stages);
  const states = new Map<string, StageState>();
  for (const stage of STAGES) {
    if (signal.aborted) throw new IsovoxError('ERR_CANCELLED', 'The run was cancelled');
    if (!selected.has(stage)) {
      states.set(stage.id, await storedState(stage, store, course, config, states));
      continue;
    }
    const reason = reasonToSkip(stage, course, config, states);
    if (reason !== undefined) {
      await store.discard(stage.id);
      states.set(stage.id, { state: 'skipped', reason });
      options.onStage?.(stage.id, 'skipped');
      log.debug(`${stage.id} skipped: ${reason}`, { course: label });
      continue;
    }
    options.onStage?.(stage.id, 'start');
    let state: StageState = { state: 'pending' };
    try {
      state = await runStage(stage, { store, mirror }, options, keys, states);
      states.set(stage.id, state);
      if (state.state === 'skipped') log.info(`${stage.id} skipped: ${state.reason}`, { course: label });
    } finally {
      options.onStage?.(stage.id, state.state);
    }
  }
  await store.sweep();
  return { course, folder: courseFolder(outdir, course), stages: states };
}

/** The result of a course as its folder shows it, whoever ran it. */
export async function readCourse(course: Course, outdir: string, config: RunConfig): Promise<CourseResult> {
  const { store, mirror } = await openCourse(outdir, course);
  await mirror?.bring((path) => path.endsWith('.json'));
  const states = new Map<string, StageState>();
  for (const stage of STAGES) states.set(stage.id, await storedState(stage, store, course, config, states));
  return { course, folder: courseFolder(outdir, course), stages: states };
}

/** What could not be done: stages that failed or, of those wanted, never ran; and parts of those that did. */
export function failuresOf({ course, stages }: CourseResult, wanted: ReadonlySet<string>): Failure[] {
  const { patientId, courseId } = course;
  return [...stages].flatMap(([stage, state]): Failure[] => {
    if (state.state === 'failed') {
      const { code, message, context } = state.error;
      const path = context.path === undefined ? {} : { path: context.path };
      return [{ patientId, courseId, stage, code, reason: message, ...path }];
    }
    if (state.state === 'pending') {
      const reason = 'The stage has not run; run isovox again to go on';
      return wanted.has(stage) ? [{ patientId, courseId, stage, code: 'stage.not_run', reason }] : [];
    }
    const parts = 'manifest' in state ? (state.manifest.failures ?? []) : [];
    return parts.map((part) => ({ patientId, courseId, stage, ...part }));
  });
}

async function runStage(
  stage: Stage,
  { store, mirror }: { readonly store: StageStore; readonly mirror: CourseMirror | undefined },
  options: CourseRunOptions,
  keys: StageKeys,
  states: ReadonlyMap<string, StageState>,
): Promise<StageState> {
  const { course, config, dicomRoot, signal, log } = options;
  let key = '';
  try {
    const made = await keys.of(stage, states);
    key = made.key;
    if (!options.force.has(stage.id)) {
      const stored = await stillValid(stage, store, key, options);
      if (stored) return stored;
    }
    await mirror?.bring();
    const { result, folder } = await withRetries(signal, log, stage.id, async () => {
      const folder = await store.openFolder(stage.id);
      const result = await stage.run({
        course,
        config,
        dicomRoot,
        folder,
        courseFolder: store.courseFolder,
        settingsHash: made.settingsHash,
        context: options.context,
        models: options.models,
        signal,
        progress: () => {},
      });
      return { result, folder };
    });
    const manifest = await store.commit(
      {
        stage: stage.id,
        isovox: packageVersion,
        key,
        settingsHash: made.settingsHash,
        status: result.status,
        ...(result.reason === undefined ? {} : { reason: result.reason }),
        findings: result.findings,
        inputs: made.inputs,
        ...(result.failures?.length ? { failures: result.failures } : {}),
      },
      folder,
    );
    return result.status === 'skipped'
      ? { state: 'skipped', reason: result.reason ?? 'nothing to do' }
      : { state: 'done', manifest };
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (error.code === 'ERR_CANCELLED' || isBusy(error)) throw error;
    await store.sweep();
    const { path } = error.context;
    await store.fail({
      stage: stage.id,
      key,
      code: error.code,
      reason: error.message,
      ...(path === undefined ? {} : { path }),
    });
    log.error(`${stage.id} failed: ${error.code}`, { course: new CourseLabel(course) });
    return { state: 'failed', error };
  }
}

/** What an earlier run left, when it is the result of the same key. */
async function stillValid(
  stage: Stage,
  store: StageStore,
  key: string,
  options: CourseRunOptions,
): Promise<StageState | undefined> {
  if (await store.isValid(stage.id, key)) {
    const manifest = (await store.manifest(stage.id)) as Manifest;
    return manifest.status === 'skipped'
      ? { state: 'skipped', reason: manifest.reason ?? 'nothing to do' }
      : { state: 'reused', manifest };
  }
  const failure = await store.failure(stage.id);
  if (failure === undefined) return undefined;
  const stands =
    options.givenUp?.has(stage.id) || (options.keepBadData && failure.key === key && isBadData(failure.code));
  return stands ? storedState(stage, store, options.course, options.config, new Map()) : undefined;
}

async function withRetries<T>(signal: AbortSignal, log: RunLog, stage: string, attempt: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      const lasting = !TRANSIENT.has(error.code) || LASTING_ERRNO.has(errnoName(error));
      if (n >= MOST_ATTEMPTS || lasting || signal.aborted) throw error;
      const wait = FIRST_WAIT_MS * 2 ** (n - 1) * (0.5 + Math.random());
      log.warn(`${stage}: ${error.code}, trying again`, { attempt: n });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Whether the same input gives the same failure. */
export const isBadData = (code: string): boolean => BAD_DATA.has(code);

function errnoName(error: IsovoxError): string {
  return error.context.errno ?? '';
}
