/** Failed items and how many a stage may have. */

import { asIsovoxError, IsovoxError, invalidArgument } from '../errors.js';

export interface FailedItem {
  readonly stage: string;
  /** Position among the items that the stage was given. */
  readonly index: number;
  /** The item itself, unless the pipeline was told not to keep them. */
  readonly item?: unknown;
  readonly error: IsovoxError;
  readonly attempts: number;
}

/** A stage gave up; `failures` lists every item that failed in any stage, with its reason. */
export class PipelineError extends IsovoxError {
  readonly stage: string;
  readonly failures: readonly FailedItem[];

  constructor(stage: string, message: string, failures: readonly FailedItem[], cause: unknown) {
    const error = asIsovoxError(cause);
    super(error.code, message, { ...error.context, stage }, { cause });
    this.stage = stage;
    this.failures = failures;
  }
}

/** From this many items on a fraction says something. */
const FRACTION_FROM = 100;

export class FailureBudget {
  #calls = 0;
  #failed = 0;

  constructor(readonly limit: number) {}

  passed(): void {
    this.#calls++;
  }

  failed(): void {
    this.#calls++;
    this.#failed++;
  }

  /** Why the budget is spent, in words; undefined while it is not. `last`: no more items follow. */
  spent(last = false): string | undefined {
    const { limit } = this;
    if (limit < 0 || this.#failed === 0) return undefined;
    if (limit > 0 && limit < 1) {
      if (this.#calls < FRACTION_FROM && !last) return undefined;
      if (this.#failed / this.#calls <= limit) return undefined;
      return `${this.#failed} of ${this.#calls} items failed, more than ${100 * limit} %`;
    }
    return this.#failed > limit ? `${this.#failed} items failed, more than ${limit}` : undefined;
  }
}

/** Throws ERR_INVALID_ARGUMENT for what is no budget. */
export function checkBudget(name: string, limit: number | undefined): void {
  if (limit === undefined || limit === Number.POSITIVE_INFINITY || limit === -1) return;
  if ((limit > 0 && limit < 1) || (Number.isInteger(limit) && limit >= 0)) return;
  throw invalidArgument(name, 'a whole number, a fraction between 0 and 1, or -1 for no limit', limit);
}
