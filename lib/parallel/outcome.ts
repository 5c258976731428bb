/** What became of each item of a parallel run. */

import { type ErrorCode, type ErrorContext, IsovoxError } from '../errors.js';

export type ItemOutcome<Result> =
  | { readonly status: 'done'; readonly value: Result; readonly attempts: number }
  | { readonly status: 'failed'; readonly error: IsovoxError; readonly attempts: number }
  /** Nothing was tried, or what was tried was ended from outside: the run stopped before. */
  | { readonly status: 'not-run'; readonly attempts: number };

/** A run that did not come to its end; `outcomes` has every result that did complete, in the order of the input. */
export class ParallelError<Result = unknown> extends IsovoxError {
  readonly outcomes: readonly ItemOutcome<Result>[];

  constructor(
    code: ErrorCode,
    message: string,
    context: ErrorContext,
    outcomes: readonly ItemOutcome<Result>[],
    cause: unknown,
  ) {
    super(code, message, context, { cause });
    this.outcomes = outcomes;
  }

  /** Completed results by their position in the input. */
  get results(): ReadonlyMap<number, Result> {
    const results = new Map<number, Result>();
    this.outcomes.forEach((outcome, index) => {
      if (outcome.status === 'done') results.set(index, outcome.value);
    });
    return results;
  }
}
