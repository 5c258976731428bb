/** When another try is worth it, and how long to wait before it. */

import { asIsovoxError, type ErrorCode, type IsovoxError } from '../errors.js';

const NOT_WORTH_RETRYING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_CANCELLED',
  'ERR_INVALID_ARGUMENT',
  'ERR_CORRUPT_DATA',
  'ERR_UNSUPPORTED',
  'ERR_GEOMETRY',
  'ERR_NOT_FOUND',
  'ERR_MODEL',
]);

/** Cancellation, bad arguments and bad data fail the same way again; everything else may pass. */
export function isWorthRetrying(error: IsovoxError): boolean {
  return !NOT_WORTH_RETRYING.has(error.code);
}

/** Milliseconds to wait after failed attempt 1, 2, …: a random share of `firstMs`, doubled for each attempt. */
export function backOffMs(attempt: number, firstMs: number): number {
  return firstMs * 2 ** (attempt - 1) * Math.random();
}

/** Resolves after `ms` milliseconds, or at once when the signal is aborted; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

const MEMORY_MESSAGE = /out of memory|allocation failed|bad_alloc|cannot allocate memory|ENOMEM/i;

/**
 * Whether less work at a time may help: a budget that is full (ERR_RESOURCE), an allocation that failed, a worker that
 * reached its heap limit or was killed by the system.
 */
export function isOutOfMemory(thrown: unknown): boolean {
  for (let at: unknown = thrown, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as Error & { code?: string };
    if (code === 'ERR_RESOURCE' || code === 'ERR_WORKER_OUT_OF_MEMORY' || code === 'ENOMEM') return true;
    if (MEMORY_MESSAGE.test(at.message)) return true;
  }
  return false;
}

/** ERR_CANCELLED with what the signal was aborted with as its cause. */
export function cancelledBy(signal: AbortSignal | undefined, what: string): IsovoxError {
  const reason: unknown = signal?.reason;
  const error = asIsovoxError(Object.assign(new Error(`${what} was cancelled`), { name: 'AbortError' }));
  error.cause = reason;
  return error;
}
