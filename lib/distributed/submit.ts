/** Puts the courses of a plan into queues on Redis, and waits for them when asked. */

import { randomBytes } from 'node:crypto';

import { JOB_CLASSES, type JobClass } from '../rt/jobs.js';
import { outputAddress } from '../rt/output-mirror.js';
import type { CoursePlan } from '../rt/plan.js';
import { bullmq, checkRedis } from './bullmq.js';
import { connectionOf, JOB_OPTIONS, jobId, LAST_PRIORITY, type QueuedJob, queueName } from './queue-names.js';

export interface SubmitOptions {
  /** `redis://host:port`. */
  readonly url: string;
  /** First part of the queues' names. */
  readonly name: string;
  readonly outdir: string;
  /** Jobs with models that may run at a time on all machines together. */
  readonly gpus: number;
}

export interface QueueState {
  readonly waiting: number;
  readonly active: number;
  readonly failed: number;
}

/** The queues of one name, one per class. */
export class CourseQueues {
  readonly #queues: ReadonlyMap<JobClass, import('bullmq').Queue>;

  private constructor(queues: ReadonlyMap<JobClass, import('bullmq').Queue>) {
    this.#queues = queues;
  }

  static async open(url: string, name: string, patienceMs = 0): Promise<CourseQueues> {
    const { Queue } = await bullmq();
    await checkRedis(url, patienceMs);
    const queues = JOB_CLASSES.map(
      (jobClass) => [jobClass, new Queue(queueName(name, jobClass), { connection: connectionOf(url) })] as const,
    );
    // A connection that breaks is made again; without a listener its error would end the process.
    for (const [, queue] of queues) queue.on('error', () => {});
    return new CourseQueues(new Map(queues));
  }

  limit(jobClass: JobClass, atOnce: number): Promise<number> {
    return this.#of(jobClass).setGlobalConcurrency(atOnce);
  }

  /** Adds jobs; one that is known already is left as it is. */
  async add(jobs: readonly QueuedJob[]): Promise<void> {
    for (const jobClass of JOB_CLASSES) {
      const here = jobs.filter((job) => job.chain[job.at]?.class === jobClass);
      if (here.length === 0) continue;
      await this.#of(jobClass).addBulk(
        here.map((job) => ({
          name: job.course,
          data: job,
          opts: { ...JOB_OPTIONS, jobId: jobId(job), priority: job.priority },
        })),
      );
    }
  }

  async state(): Promise<QueueState> {
    const counts = await Promise.all(
      [...this.#queues.values()].map((queue) =>
        queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed'),
      ),
    );
    const sum = (...names: string[]): number =>
      counts.reduce((all, count) => all + names.reduce((of, name) => of + (count[name] ?? 0), 0), 0);
    return {
      waiting: sum('waiting', 'prioritized', 'delayed'),
      active: sum('active'),
      failed: sum('failed'),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  #of(jobClass: JobClass): import('bullmq').Queue {
    return this.#queues.get(jobClass) as import('bullmq').Queue;
  }
}

/** Queues the first job of every course, those of `plans` in their order; each job queues the next of its course. */
export async function submitCourses(
  queues: CourseQueues,
  plans: readonly CoursePlan[],
  options: SubmitOptions,
): Promise<string> {
  const run = randomBytes(6).toString('hex');
  const outdir = await outputAddress(options.outdir);
  await queues.limit('gpu', options.gpus);
  const jobs = plans.map(
    ({ id, jobs: chain }, rank): QueuedJob => ({
      run,
      outdir,
      course: id,
      chain,
      at: 0,
      priority: Math.min(rank + 1, LAST_PRIORITY),
    }),
  );
  const TOGETHER = 1000;
  for (let from = 0; from < jobs.length; from += TOGETHER) await queues.add(jobs.slice(from, from + TOGETHER));
  return run;
}

/** Resolves when nothing waits and nothing runs. A job queues its successor before it ends, so there is no gap. */
export async function waitForQueues(
  queues: CourseQueues,
  signal: AbortSignal,
  tell: (state: QueueState) => void,
): Promise<void> {
  const POLL_MS = 1000;
  while (!signal.aborted) {
    const state = await queues.state();
    tell(state);
    if (state.waiting + state.active === 0) return;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}
