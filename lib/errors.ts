/** The one error class of Isovox, and the codes it carries. */

export const ERROR_CODES = [
  'ERR_INVALID_ARGUMENT',
  'ERR_NOT_FOUND',
  'ERR_IO',
  'ERR_UNSUPPORTED',
  'ERR_CORRUPT_DATA',
  'ERR_GEOMETRY',
  'ERR_MODEL',
  'ERR_RESOURCE',
  'ERR_TIMEOUT',
  'ERR_CANCELLED',
  'ERR_INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Named facts a handler can use: `path`, `offset`, `tag`, `expected`, `actual`, `limit`, `requested`, `status`. */
export type ErrorContext = Readonly<Record<string, string>>;

/**
 * Thrown by every function of Isovox. `code` says who must act (see the table of codes in the documentation),
 * `context` holds the facts. A cancelled operation has `name` `AbortError`, as Node's own have.
 */
export class IsovoxError extends Error {
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = code === 'ERR_CANCELLED' ? 'AbortError' : 'IsovoxError';
    this.code = code;
    this.context = context;
  }
}

export function isIsovoxError(value: unknown): value is IsovoxError {
  return value instanceof IsovoxError;
}

/** `Expected an integer between 1 and 256 for read.concurrency but received 0`. */
export function invalidArgument(name: string, expected: string, actual: unknown): IsovoxError {
  const shown = typeof actual === 'string' ? JSON.stringify(actual) : describe(actual);
  return new IsovoxError('ERR_INVALID_ARGUMENT', `Expected ${expected} for ${name} but received ${shown}`, {
    name,
    expected,
    actual: shown,
  });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

const ERRNO_NOT_FOUND = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Any thrown value as an IsovoxError, with the caller's stack: what the addon and Node's file system throw become
 * coded errors; an IsovoxError stays as it is.
 */
export function asIsovoxError(thrown: unknown): IsovoxError {
  if (thrown instanceof IsovoxError) return thrown;
  if (thrown instanceof Error) {
    const { code, context, path } = thrown as Error & { code?: string; context?: ErrorContext; path?: string };
    if (code !== undefined && (ERROR_CODES as readonly string[]).includes(code)) {
      return new IsovoxError(code as ErrorCode, thrown.message, context, { cause: thrown });
    }
    if (thrown.name === 'AbortError') return new IsovoxError('ERR_CANCELLED', thrown.message, {}, { cause: thrown });
    if (code !== undefined && /^E[A-Z0-9]+$/.test(code)) {
      const facts: Record<string, string> = { errno: code };
      if (path !== undefined) facts.path = path;
      return new IsovoxError(ERRNO_NOT_FOUND.has(code) ? 'ERR_NOT_FOUND' : 'ERR_IO', thrown.message, facts, {
        cause: thrown,
      });
    }
    return new IsovoxError('ERR_INTERNAL', thrown.message, {}, { cause: thrown });
  }
  return new IsovoxError('ERR_INTERNAL', String(thrown));
}
