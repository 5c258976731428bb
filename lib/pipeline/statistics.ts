/** Figures of a run: what each stage did and how long each queue made somebody wait. */

import type { DurationSummary } from './durations.js';
import type { QueueStatistics } from './queue.js';

export interface StageStatistics extends DurationSummary {
  readonly name: string;
  readonly concurrency: number;
  /** Size of the pool that its operations run on; undefined when they run in this thread. */
  readonly threads?: number | undefined;
  /** Items whose operation succeeded, dropped ones included. */
  readonly done: number;
  readonly failed: number;
  /** Results that were `null` or `undefined`. */
  readonly dropped: number;
  /** Share of its slots' time in which operations ran, 0 to 1. */
  readonly busy: number;
}

export interface PipelineStatistics {
  readonly elapsedMs: number;
  /** The source first: its items are what it gave, its times how long each took to come. */
  readonly stages: readonly StageStatistics[];
  readonly queues: readonly QueueStatistics[];
  /** Share of the time in which the consumer did not wait for an item, 0 to 1. */
  readonly consumerBusy: number;
}
