/** Submits a heavy native call and waits for it: signals, progress, typed errors with the caller's stack. */

import { asIsovoxError, IsovoxError } from '../errors.js';
import { addon } from './addon.js';
import { type Context, defaultContext } from './context.js';
import type { HeavyName, Surface, TaskOptions } from './surface.js';

export interface SubmitOptions {
  readonly context?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called at most every 50 ms, with the steps done and in all (0 when not known yet). */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Runs the native function `name` on the context's pool.
 * Rejects with IsovoxError; an aborted signal gives ERR_CANCELLED as soon as the running chunk has ended.
 */
export async function submit<Name extends HeavyName>(
  name: Name,
  args: Parameters<Surface[Name]>[0],
  options: SubmitOptions = {},
): Promise<Awaited<ReturnType<Surface[Name]>>> {
  const { signal, onProgress } = options;
  if (signal?.aborted) throw cancelled(signal);
  const context = options.context ?? defaultContext();
  const native = addon();
  const task: TaskOptions = { threads: context.threads, budget: context.budget };
  const { isolated } = context;
  if (isolated) Object.assign(task, isolated);
  if (onProgress) task.onProgress = onProgress;
  let stop: (() => void) | undefined;
  if (signal) {
    const token = native.createToken();
    task.token = token;
    stop = () => native.cancelToken(token);
    signal.addEventListener('abort', stop, { once: true });
  }
  try {
    const call = native[name] as (args: unknown, task: TaskOptions) => ReturnType<Surface[Name]>;
    return await call(args, task);
  } catch (thrown) {
    if (signal?.aborted) throw cancelled(signal);
    const error = asIsovoxError(thrown);
    throw new IsovoxError(error.code, error.message, error.context, { cause: thrown });
  } finally {
    if (stop) signal?.removeEventListener('abort', stop);
  }
}

function cancelled(signal: AbortSignal): IsovoxError {
  return new IsovoxError('ERR_CANCELLED', 'The operation was cancelled', {}, { cause: signal.reason });
}
