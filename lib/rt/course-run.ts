/** Runs the stages of one course, each only when its key has changed. */

import { asIsovoxError, IsovoxError } from '../errors.js';
import type { Context } from '../runtime/context.js';
import { packageVersion } from '../runtime/package-root.js';
import { digestData, digestFile, type FileDigest } from './digest.js';
import { relativeInput } from './input-path.js';
import type { RunLog } from './log.js';
import type { Course } from './model.js';
import type { ModelPool } from './model-pool.js';
import type { RunConfig } from './run-config.js';
import type { Stage, StageOutcome } from './stage.js';
import { type Manifest, StageStore } from './stage-store.js';

export interface Failure {
  readonly patientId: string;
  readonly courseId: string;
  readonly stage: string;
  readonly roi?: string;
  readonly path?: string;
  readonly code: string;
  readonly reason: string;
}

export type StageState =
  | { readonly state: 'done' | 'reused'; readonly manifest: Manifest }
  | { readonly state: 'skipped'; readonly reason: string }
  | { readonly state: 'failed'; readonly error: IsovoxError };

export interface CourseResult {
  readonly course: Course;
  readonly folder: string;
  readonly stages: ReadonlyMap<string, StageState>;
  readonly failures: readonly Failure[];
}

export interface CourseRunOptions {
  readonly course: Course;
  readonly courseFolder: string;
  readonly dicomRoot: string;
  readonly config: RunConfig;
  /** In an order in which every stage comes after what it needs. */
  readonly stages: readonly Stage[];
  readonly force: ReadonlySet<string>;
  readonly context: Context;
  readonly models: ModelPool;
  readonly signal: AbortSignal;
  readonly log: RunLog;
  readonly onStage?: (stage: string, state: 'start' | 'end') => void;
}

const MOST_ATTEMPTS = 3;
const FIRST_WAIT_MS = 200;
/** Errors of the moment; everything else fails the same way again. */
const TRANSIENT = new Set<string>(['ERR_IO', 'ERR_RESOURCE', 'ERR_INTERNAL']);
const LASTING_ERRNO = new Set<string>(['ENOSPC', 'EROFS', 'EACCES', 'EPERM', 'EDQUOT', 'EISDIR', 'ELOOP']);

export async function runCourse(options: CourseRunOptions): Promise<CourseResult> {
  const { course, courseFolder, stages, signal, log } = options;
  const store = new StageStore(courseFolder);
  await store.sweep();
  const label = `${course.patientId}/${course.courseId}`;
  const digests = new Map<string, Promise<FileDigest>>();
  const courseHash = digestData(describeForKey(course, options.dicomRoot));
  const states = new Map<string, StageState>();
  const failures: Failure[] = [];
  const fail = (stage: string, code: string, reason: string, more: { roi?: string; path?: string } = {}): void => {
    failures.push({ patientId: course.patientId, courseId: course.courseId, stage, code, reason, ...more });
  };
  for (const stage of stages) {
    if (signal.aborted) throw new IsovoxError('ERR_CANCELLED', 'The run was cancelled');
    const broken = stage.needs.find((need) => states.get(need)?.state === 'failed');
    const reason = broken !== undefined ? `stage ${broken} failed` : stage.skip?.(course, options.config);
    if (reason !== undefined) {
      await store.discard(stage.id);
      states.set(stage.id, { state: 'skipped', reason });
      log.debug(`${stage.id} skipped: ${reason}`, { course: label });
      continue;
    }
    options.onStage?.(stage.id, 'start');
    try {
      const state = await runStage(stage, store, options, courseHash, digests, states);
      states.set(stage.id, state);
      if (state.state === 'skipped') log.info(`${stage.id} skipped: ${state.reason}`, { course: label });
      else for (const part of failuresOf(state)) fail(stage.id, part.code, part.reason, part);
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      if (error.code === 'ERR_CANCELLED') throw error;
      await store.sweep();
      states.set(stage.id, { state: 'failed', error });
      fail(stage.id, error.code, error.message, error.context.path ? { path: error.context.path } : {});
      log.error(`${stage.id} failed: ${error.code}`, { course: label });
    } finally {
      options.onStage?.(stage.id, 'end');
    }
  }
  await store.sweep();
  return { course, folder: courseFolder, stages: states, failures };
}

async function runStage(
  stage: Stage,
  store: StageStore,
  options: CourseRunOptions,
  courseHash: string,
  digests: Map<string, Promise<FileDigest>>,
  states: ReadonlyMap<string, StageState>,
): Promise<StageState> {
  const { course, config, dicomRoot, signal, log } = options;
  const inputs = [];
  for (const path of [...stage.inputs(course)].sort()) {
    let digest = digests.get(path);
    if (!digest) {
      digest = digestFile(path);
      digests.set(path, digest);
    }
    inputs.push({ path: relativeInput(dicomRoot, path), ...(await digest) });
  }
  const settings = stage.settings(config);
  const settingsHash = digestData(settings).slice(0, 16);
  const before = [...stage.needs, ...(stage.after ?? [])].map((id) => {
    const state = states.get(id);
    return [id, state && 'manifest' in state ? digestData(state.manifest) : (state?.state ?? 'absent')];
  });
  const key = digestData({
    stage: stage.id,
    version: stage.version,
    isovox: packageVersion,
    settings,
    courseHash,
    inputs,
    before,
  });
  if (!options.force.has(stage.id) && (await store.isValid(stage.id, key))) {
    const manifest = (await store.manifest(stage.id)) as Manifest;
    return manifest.status === 'skipped'
      ? { state: 'skipped', reason: manifest.reason ?? 'nothing to do' }
      : { state: 'reused', manifest };
  }
  const outcome = await withRetries(signal, log, stage.id, async () => {
    const folder = await store.openFolder(stage.id);
    const result = await stage.run({
      course,
      config,
      dicomRoot,
      folder,
      courseFolder: options.courseFolder,
      settingsHash,
      context: options.context,
      models: options.models,
      signal,
      progress: () => {},
    });
    return { result, folder };
  });
  const { result, folder } = outcome;
  const manifest = await store.commit(
    {
      stage: stage.id,
      isovox: packageVersion,
      key,
      settingsHash,
      status: result.status,
      ...(result.reason === undefined ? {} : { reason: result.reason }),
      findings: result.findings,
      inputs,
      ...(result.failures?.length ? { failures: result.failures } : {}),
    },
    folder,
  );
  return result.status === 'skipped'
    ? { state: 'skipped', reason: result.reason ?? 'nothing to do' }
    : { state: 'done', manifest };
}

function failuresOf(state: StageState): NonNullable<StageOutcome['failures']> {
  return 'manifest' in state ? (state.manifest.failures ?? []) : [];
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

function errnoName(error: IsovoxError): string {
  return error.context.errno ?? '';
}

/** The course as plain data without the place where it lies on this machine. */
function describeForKey(course: Course, dicomRoot: string): unknown {
  return JSON.parse(
    JSON.stringify(course, (key, value: unknown) =>
      key === 'path' && typeof value === 'string' ? relativeInput(dicomRoot, value) : value,
    ),
  );
}
