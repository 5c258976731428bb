/**
 * Courses in worker processes of this machine, by the contract that engines use too. A worker that crashes, is killed
 * for memory or hangs costs its own course one attempt; the others go on. The workers share one number of threads.
 */

import { asIsovoxError, type IsovoxError } from '../errors.js';
import { HierarchicalExecutor } from '../graph/executor.js';
import type { CourseExecutor, CourseTrouble, CourseWork } from '../rt/course-executor.js';
import { CourseLabel } from '../rt/course-label.js';
import { estimateCourse } from '../rt/estimate.js';
import { type CourseJob, jobsOf, mergeJobs } from '../rt/jobs.js';
import type { Course } from '../rt/model.js';
import { cpuSegmentations } from '../rt/model-pool.js';
import { courseName } from '../rt/plan.js';
import { attemptJob } from './attempt.js';
import type { CourseWorker } from './course-worker.js';
import { CourseWorkers } from './course-workers.js';
import type { WorkerMetrics } from './metrics.js';
import { type CourseShare, leastThreads, shareThreads } from './thread-shares.js';
import { Timeline } from './timeline.js';
import { CourseWidth } from './width.js';

export interface SuperviseOptions {
  /** Milliseconds for one stage of one course. Default 6 hours. */
  readonly stageTimeoutMs?: number | undefined;
  /** Courses whose models run at a time. Default: what the processor bears. */
  readonly modelLanes?: number | undefined;
  /** Most threads of one course; those that are left when there are few courses lie idle. */
  readonly threadsPerCourse?: number | undefined;
  /** File for the timeline. */
  readonly timeline?: string | undefined;
  /** Told what is done. */
  readonly metrics?: WorkerMetrics | undefined;
}

const MOST_ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;
const SIX_HOURS_MS = 6 * 3_600_000;

/** An executor of courses for `runPipeline`. */
export function supervise(options: SuperviseOptions = {}): CourseExecutor {
  return (work) => new Supervision(work, options).run();
}

class Supervision {
  readonly #executor = new HierarchicalExecutor();
  readonly #workers: CourseWorkers;
  readonly #busy = new Map<string, { worker: CourseWorker } & CourseShare>();
  readonly #troubles = new Map<string, { course?: IsovoxError; stages: Map<string, IsovoxError> }>();
  readonly #width: CourseWidth;
  /** What a course weighs, and the threads that it needs. */
  readonly #shares: ReadonlyMap<string, CourseShare>;
  /** Read by the graph at each start. */
  readonly #capacity: { course: number; threads: number; memoryMb: number; models: number };
  readonly #timeline: Timeline;

  constructor(
    private readonly work: CourseWork,
    private readonly options: SuperviseOptions,
  ) {
    // One course more than threads: while one waits for the disk, another computes.
    this.#width = new CourseWidth(Math.max(1, Math.min(work.coursesAtOnce, work.courses.length)), work.log);
    const weights = work.courses.map((course) => [courseName(course), estimateCourse(course).weight] as const);
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    const shares = weights.map(
      ([name, weight]) => [name, { weight, least: leastThreads(weight, total, work.workers) }] as const,
    );
    this.#shares = new Map(shares);
    const long = shares.filter(([, { least }]) => least > 1);
    this.#capacity = {
      course: this.#width.width,
      // Those that need several threads may be rounded up, all of them together.
      threads: work.workers + Math.max(1, long.length),
      memoryMb: work.memoryMb,
      models: options.modelLanes ?? work.config.segmentation.workers ?? cpuSegmentations(),
    };
    this.#workers = new CourseWorkers({ threads: 1, memoryMb: work.memoryMb, log: work.log });
    this.#timeline = new Timeline(work.workers);
  }

  async run(): Promise<ReadonlyMap<string, CourseTrouble>> {
    const { courses, models, signal, log } = this.work;
    await models.dispose(); // the workers load their own
    for (const course of courses) this.#add(course);
    try {
      await this.#executor.execute({ capacity: this.#capacity, backoffMs: FIRST_WAIT_MS, signal });
    } finally {
      await this.#workers.stop();
    }
    const { utilisation, seconds } = this.#timeline;
    log.info(
      `workers used ${(100 * utilisation).toFixed(0)} % of ${this.work.workers} threads over ${seconds.toFixed(1)} s`,
      { utilisation: Number(utilisation.toFixed(3)), seconds: Number(seconds.toFixed(1)) },
    );
    if (this.options.timeline !== undefined) await this.#timeline.write(this.options.timeline);
    return this.#troubles;
  }

  /** The chain of a course's jobs. A job that fails for good does not stop those after it: they know what they need. */
  #add(course: Course): void {
    const { stages, config, memoryMb, progress } = this.work;
    const name = courseName(course);
    const estimate = estimateCourse(course);
    const jobs = mergeJobs(jobsOf(course, stages, config));
    jobs.forEach((job, n) => {
      this.#executor.addTask(
        taskName(name, n),
        async ({ attempt, signal }) => {
          await this.#attempt(course, job, attempt, signal);
          if (n === jobs.length - 1) progress.ended(name);
        },
        {
          dependencies: n === 0 ? [] : [taskName(name, n - 1)],
          weight: estimate.weight,
          retries: MOST_ATTEMPTS - 1,
          retryable: (error) => error.code !== 'ERR_CANCELLED',
          resources: {
            course: 1,
            threads: this.#shareOf(name).least,
            memoryMb: Math.min(estimate.memoryMb, memoryMb),
            ...(job.class === 'gpu' ? { models: 1 } : {}),
          },
        },
      );
    });
  }

  async #attempt(course: Course, job: CourseJob, attempt: number, signal: AbortSignal): Promise<void> {
    const name = courseName(course);
    const { outdir, log, progress } = this.work;
    const began = this.#width.width;
    try {
      const { verdict, stages, error } = await attemptJob({
        outdir,
        course,
        isLast: attempt === MOST_ATTEMPTS,
        log,
        order: (givenUp) => this.#order(course, job, givenUp, signal),
        onLost: ({ error, wasKilled }) => {
          log.warn(error.message, { course: new CourseLabel(name), attempt });
          this.options.metrics?.workerLost();
          if (wasKilled) this.#width.halve(began);
          this.#capacity.course = this.#width.width;
        },
      });
      if (verdict === 'busy' && error && attempt < MOST_ATTEMPTS) throw error;
      for (const [stage, why] of stages) this.#trouble(name).stages.set(stage, why);
      if (error) this.#trouble(name).course = error;
      else this.#width.succeeded();
      this.#capacity.course = this.#width.width;
    } catch (thrown) {
      progress.waits(name);
      const { code } = asIsovoxError(thrown);
      if (code !== 'ERR_CANCELLED') log.warn(`${code}, trying again`, { course: new CourseLabel(name), attempt });
      throw thrown;
    }
  }

  #trouble(name: string): { course?: IsovoxError; stages: Map<string, IsovoxError> } {
    let trouble = this.#troubles.get(name);
    if (!trouble) {
      trouble = { stages: new Map() };
      this.#troubles.set(name, trouble);
    }
    return trouble;
  }

  async #order(course: Course, job: CourseJob, givenUp: readonly string[], signal: AbortSignal) {
    const { outdir, workers, force, progress } = this.work;
    const name = courseName(course);
    const worker = this.#workers.take(outdir);
    this.#busy.set(name, { worker, ...this.#shareOf(name) });
    this.#share(workers);
    const { pid } = worker;
    this.#timeline.give(name, pid, this.#shareOf(name).weight);
    const { metrics } = this.options;
    const done = metrics?.started(job.class);
    let ended = 'lost';
    try {
      const verdict = await worker.run(
        {
          course: name,
          stages: job.stages,
          force: job.stages.filter((stage) => force.has(stage)),
          givenUp,
          keepBadData: false,
        },
        {
          signal,
          stageTimeoutMs: this.options.stageTimeoutMs ?? SIX_HOURS_MS,
          onStage: (stage, state) => {
            if (state === 'start') this.#timeline.start(name, stage, pid);
            else this.#timeline.end(name, state);
            progress.stage(name, stage, state);
          },
        },
      );
      ended = verdict.verdict;
      this.#timeline.used(verdict.cpuMs);
      metrics?.used(verdict.cpuMs);
      return verdict;
    } finally {
      this.#timeline.take(name, ended);
      done?.(ended);
      this.#busy.delete(name);
      this.#workers.give(outdir, worker);
      this.#share(workers);
    }
  }

  #shareOf(course: string): CourseShare {
    return this.#shares.get(course) ?? { weight: 1, least: 1 };
  }

  #share(threads: number): void {
    const shares = shareThreads(threads, this.#busy, this.options.threadsPerCourse);
    for (const [name, { worker }] of this.#busy) worker.setThreads(shares.get(name) ?? 1);
  }
}

const taskName = (course: string, job: number): string => `${course} ${job}`;
