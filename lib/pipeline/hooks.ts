/** Where a user's own code sees what a pipeline does. */

import type { IsovoxError } from '../errors.js';
import type { PipelineStatistics } from './statistics.js';

export interface OperationOutcome {
  /** Milliseconds that the operation took, all tries together. */
  readonly ms: number;
  readonly error?: IsovoxError;
}

export interface PipelineHooks {
  /** When a stage begins; what it returns is called when the stage ends. An error here ends the pipeline. */
  readonly stage?: (stage: string) => (() => void) | undefined;
  /** Before an item; what it returns is called after it. An error here is a failure of the item. */
  readonly task?: (stage: string, item: unknown) => ((outcome: OperationOutcome) => void) | undefined;
  /** Every `reportStatsInterval` seconds, instead of the report on standard error. */
  readonly stats?: (statistics: PipelineStatistics) => void;
}
