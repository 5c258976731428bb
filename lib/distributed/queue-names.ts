/** The queues of a run, and what BullMQ is told so that work of hours survives: see each value's reason. */

import type { JobClass } from '../rt/jobs.js';

/** What stands in a job. */
export interface QueuedJob {
  /** Tells the jobs of one submission from those of another. */
  readonly run: string;
  readonly outdir: string;
  /** `PATIENT/COURSE`. */
  readonly course: string;
  /** The course's chain of jobs, and which one this is. */
  readonly chain: ReadonlyArray<{ readonly class: JobClass; readonly stages: readonly string[] }>;
  readonly at: number;
  /** 1 is first. */
  readonly priority: number;
}

export const queueName = (name: string, jobClass: JobClass): string => `${name}-${jobClass}`;

/** The job after `job` in its chain has a number of its own, so that it is queued once whoever asks. */
export const jobId = ({ run, course, at }: Pick<QueuedJob, 'run' | 'course' | 'at'>): string =>
  `${run}_${course.replaceAll(':', '_')}_${at}`;

/** BullMQ's highest priority number, which is its lowest priority. */
export const LAST_PRIORITY = 2_097_151;

export const ATTEMPTS = 4;

export const JOB_OPTIONS = {
  attempts: ATTEMPTS,
  backoff: { type: 'exponential', delay: 2_000, jitter: 0.5 },
  removeOnComplete: { count: 10_000 },
  removeOnFail: { count: 10_000 },
} as const;

export const WORKER_OPTIONS = {
  /** A worker that shows no life for so long has lost its job. */
  lockDuration: 30_000,
  /** How often the others look; with the lock it bounds how long a killed worker's course waits. */
  stalledInterval: 10_000,
  /** BullMQ fails a job at the second lost worker; attempts are counted by us, and a lost worker is no fault of the data. */
  maxStalledCount: 10,
} as const;

/** For ioredis: requests wait until the server is back instead of failing. */
export const connectionOf = (url: string) => ({ url, maxRetriesPerRequest: null });
