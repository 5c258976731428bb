/** Where a stage of a course stands, read back from the course folder: the same for whoever ran it. */

import { type ErrorCode, IsovoxError } from '../errors.js';
import type { Course } from './model.js';
import type { RunConfig } from './run-config.js';
import type { Stage } from './stage.js';
import type { Manifest, StageStore } from './stage-store.js';

export type StageState =
  | { readonly state: 'done' | 'reused'; readonly manifest: Manifest }
  | { readonly state: 'skipped'; readonly reason: string }
  | { readonly state: 'failed'; readonly error: IsovoxError }
  /** It has not run, or was stopped. */
  | { readonly state: 'pending' };

/** Why a stage cannot or need not run, before anything is read. */
export function reasonToSkip(
  stage: Stage,
  course: Course,
  config: RunConfig,
  states: ReadonlyMap<string, StageState>,
): string | undefined {
  const broken = stage.needs.find((need) => states.get(need)?.state === 'failed');
  return broken !== undefined ? `stage ${broken} failed` : stage.skip?.(course, config);
}

/** The state that the course folder shows. */
export async function storedState(
  stage: Stage,
  store: StageStore,
  course: Course,
  config: RunConfig,
  states: ReadonlyMap<string, StageState>,
): Promise<StageState> {
  const reason = reasonToSkip(stage, course, config, states);
  if (reason !== undefined) return { state: 'skipped', reason };
  const failure = await store.failure(stage.id);
  if (failure !== undefined) {
    const { code, reason, path } = failure;
    return { state: 'failed', error: new IsovoxError(code as ErrorCode, reason, path === undefined ? {} : { path }) };
  }
  const manifest = await store.manifest(stage.id);
  if (manifest === undefined) return { state: 'pending' };
  return manifest.status === 'skipped'
    ? { state: 'skipped', reason: manifest.reason ?? 'nothing to do' }
    : { state: 'done', manifest };
}
