/**
 * Takes courses from queues and has worker processes run them. Nothing is computed here: the event loop stays free to
 * renew the locks of its jobs.
 */

import type { Job, Worker } from 'bullmq';

import { IsovoxError } from '../errors.js';
import { CourseLabel } from '../rt/course-label.js';
import { trace } from '../rt/failpoint.js';
import type { JobClass } from '../rt/jobs.js';
import type { RunLog } from '../rt/log.js';
import { outputFolder } from '../rt/output-mirror.js';
import { type AttemptResult, attemptJob } from './attempt.js';
import { bullmq } from './bullmq.js';
import { CourseWorkers } from './course-workers.js';
import type { WorkerMetrics } from './metrics.js';
import { ATTEMPTS, connectionOf, type QueuedJob, queueName, WORKER_OPTIONS } from './queue-names.js';
import { CourseQueues } from './submit.js';

export interface QueueWorkerOptions {
  readonly url: string;
  readonly name: string;
  readonly classes: readonly JobClass[];
  /** Courses at a time, of each class. */
  readonly slots: number;
  /** Threads of one course. */
  readonly threads: number;
  readonly memoryMb: number;
  /** Where the output folder is mounted here; as submitted when absent. */
  readonly outdir?: string | undefined;
  readonly stageTimeoutMs: number;
  /** Ends when the queues have been empty for this long; never when absent. */
  readonly idleMs?: number | undefined;
  readonly metrics: WorkerMetrics;
  readonly signal: AbortSignal;
  readonly log: RunLog;
}

const BUSY_WAIT_MS = 2_000;
/** For the server's first answer: workers and server may be started together. */
const PATIENCE_MS = 10_000;

/** Works until the signal is aborted, or the queues have been empty for `idleMs`. */
export async function workQueues(options: QueueWorkerOptions): Promise<void> {
  const { Worker } = await bullmq();
  const { url, name, classes, slots, signal, log } = options;
  const queues = await CourseQueues.open(url, name, PATIENCE_MS);
  const { threads, memoryMb } = options;
  const pool = new CourseWorkers({ threads, memoryMb, log });
  const workers = classes.map(
    (jobClass) =>
      new Worker<QueuedJob>(
        queueName(name, jobClass),
        (job, token) => process(job, token ?? '', options, queues, pool),
        {
          connection: connectionOf(url),
          concurrency: slots,
          ...WORKER_OPTIONS,
        },
      ),
  );
  let reachable = true;
  for (const worker of workers) {
    worker.on('error', (error) => {
      if (reachable) log.warn(`the queue cannot be reached: ${error.message}; trying again`);
      reachable = false;
    });
    worker.on('ready', () => {
      reachable = true;
    });
  }
  log.info(`working on ${classes.map((one) => queueName(name, one)).join(', ')}, ${slots} courses at a time`);
  try {
    await (options.idleMs === undefined ? aborted(signal) : idle(queues, options.idleMs, signal));
  } finally {
    // Parked jobs go back to their queue first: those that are active are waited for.
    await Promise.all(workers.map((worker: Worker) => worker.close()));
    await pool.stop();
    await queues.close();
  }
}

async function process(
  job: Job<QueuedJob>,
  token: string,
  options: QueueWorkerOptions,
  queues: CourseQueues,
  pool: CourseWorkers,
): Promise<void> {
  const { DelayedError, UnrecoverableError } = await bullmq();
  const { signal, log, metrics, stageTimeoutMs } = options;
  const later = async (ms: number): Promise<never> => {
    await job.moveToDelayed(Date.now() + ms, token);
    throw new DelayedError();
  };
  if (signal.aborted) return later(0);
  const { course, chain, at } = job.data;
  const step = chain[at];
  if (!step) throw new UnrecoverableError('The job has no place in its chain');
  trace(`taken ${course} ${step.stages.join()}`);
  const [patientId = '', courseId = ''] = course.split('/');
  const outdir = await outputFolder(options.outdir ?? job.data.outdir);
  const isLast = job.attemptsMade + 1 >= ATTEMPTS;
  const done = metrics.started(step.class);
  let result: AttemptResult;
  try {
    result = await attemptJob({
      outdir,
      course: { patientId, courseId },
      isLast,
      log,
      onLost: ({ error }) => {
        metrics.workerLost();
        if (!isLast) log.warn(`${error.code}: ${error.message}; trying again`, { course: new CourseLabel(course) });
      },
      order: async (givenUp) => {
        const order = { course, stages: step.stages, force: [], givenUp, keepBadData: true };
        const verdict = await pool.run(outdir, order, { signal, stageTimeoutMs, onStage: () => {} });
        metrics.used(verdict.cpuMs);
        return verdict;
      },
    });
  } catch (thrown) {
    done('lost');
    if (signal.aborted) return later(0);
    throw thrown;
  }
  done(result.verdict);
  if (result.verdict === 'busy') return later(BUSY_WAIT_MS);
  if (result.verdict === 'try-again' && !isLast) throw firstError(result);
  // The next job knows what it needs: it goes on without the stages that failed.
  if (at + 1 < chain.length) await queues.add([{ ...job.data, at: at + 1 }]);
  log.info(`${step.stages.join(', ')}: ${result.verdict}`, { course: new CourseLabel(course) });
  if (result.verdict !== 'done') throw new UnrecoverableError(firstError(result).message);
}

function firstError({ stages, error }: AttemptResult): IsovoxError {
  return error ?? [...stages.values()][0] ?? new IsovoxError('ERR_INTERNAL', 'A stage failed');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function idle(queues: CourseQueues, ms: number, signal: AbortSignal): Promise<void> {
  const POLL_MS = 500;
  let since = Date.now();
  while (!signal.aborted && Date.now() - since < ms) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    const state = await queues.state().catch(() => undefined);
    if (state === undefined || state.waiting + state.active > 0) since = Date.now();
  }
}
