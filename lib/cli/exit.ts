/** What the process says when it ends. */

import { asIsovoxError } from '../errors.js';
import type { Failure } from '../rt/course-run.js';

export const EXIT = {
  done: 0,
  internal: 1,
  usage: 2,
  nothingFound: 3,
  someFailed: 4,
  badData: 65,
  /** Another has it, or the moment is bad: try again (sysexits' EX_TEMPFAIL). */
  tryAgain: 75,
  interrupted: 130,
} as const;

/** Parts of a course that could not be done are rows of failures.csv; a stage or a course is what ends with 4. */
export function exitOfRun(failures: readonly Failure[]): number {
  return failures.some((failure) => failure.roi === undefined) ? EXIT.someFailed : EXIT.done;
}

/** Prints the error with its code and remedy, and gives the exit code that goes with it. */
export function reportError(thrown: unknown, json: boolean): number {
  const error = asIsovoxError(thrown);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ error: { code: error.code, message: error.message, context: error.context } })}\n`,
    );
  }
  process.stderr.write(`isovox: ${error.code}: ${error.message}\n`);
  if (error.code === 'ERR_INTERNAL' && error.stack) process.stderr.write(`${error.stack}\n`);
  switch (error.code) {
    case 'ERR_INVALID_ARGUMENT':
      return EXIT.usage;
    case 'ERR_NOT_FOUND':
      return EXIT.nothingFound;
    case 'ERR_CORRUPT_DATA':
    case 'ERR_MODEL':
    case 'ERR_UNSUPPORTED':
    case 'ERR_GEOMETRY':
      return EXIT.badData;
    case 'ERR_CANCELLED':
      return EXIT.interrupted;
    default:
      return EXIT.internal;
  }
}
