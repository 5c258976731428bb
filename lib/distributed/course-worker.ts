/** A worker process, seen from the supervisor: one course at a time, and it may die at any moment. */

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

import { IsovoxError } from '../errors.js';
import { CourseLabel } from '../rt/course-label.js';
import type { StageEvent } from '../rt/course-run.js';
import type { RunLog } from '../rt/log.js';
import type { CourseVerdict } from '../rt/planned-course.js';
import { packageRoot } from '../runtime/package-root.js';
import type { CourseOrder, FromWorker, ToWorker } from './messages.js';

export interface WorkerOptions {
  readonly outdir: string;
  readonly threads: number;
  readonly memoryMb: number;
  readonly log: RunLog;
}

export interface OrderOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for one stage; then the process is killed. */
  readonly stageTimeoutMs: number;
  readonly onStage: (stage: string, state: StageEvent) => void;
}

/** How long a worker may take to leave its work tidy. */
const PARK_MS = 2000;

/** The worker process is gone, or was ended because it took too long; `stage` is what it was at. */
export class WorkerLost extends Error {
  constructor(
    readonly error: IsovoxError,
    readonly stage: string | undefined,
    /** The system killed it, or it aborted: memory may have run out. */
    readonly wasKilled: boolean,
  ) {
    super(error.message);
  }
}

interface Running {
  readonly options: OrderOptions;
  readonly resolve: (verdict: CourseVerdict & { cpuMs: number }) => void;
  readonly reject: (reason: unknown) => void;
}

export class CourseWorker {
  readonly #child: ChildProcess;
  #running: Running | undefined;
  #stage: string | undefined;
  #clock: NodeJS.Timeout | undefined;
  #timedOut = false;
  #gone = false;
  readonly #ended: Promise<void>;

  constructor(private readonly options: WorkerOptions) {
    this.#child = fork(join(packageRoot, 'dist/cli/main.js'), ['course-worker'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#child.on('message', (message: FromWorker) => this.#hear(message));
    this.#child.on('error', () => {}); // a worker that does not start ends too
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#gone = true;
        resolve();
        this.#lost(code, signal);
      };
      this.#child.once('exit', end);
      this.#child.once('error', () => this.#child.pid === undefined && end(null, null));
    });
    const { outdir, threads, memoryMb } = options;
    this.#say({ type: 'open', outdir, threads, memoryMb });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether it can take an order. */
  get isAlive(): boolean {
    return !this.#gone;
  }

  setThreads(threads: number): void {
    this.#say({ type: 'threads', threads });
  }

  /** Rejects with WorkerLost when the process ends, with ERR_CANCELLED when the signal is aborted. */
  run(order: CourseOrder, options: OrderOptions): Promise<CourseVerdict & { cpuMs: number }> {
    const { signal } = options;
    let kill: NodeJS.Timeout | undefined;
    const park = (): void => {
      this.#say({ type: 'park' });
      kill = setTimeout(() => this.#child.kill('SIGKILL'), PARK_MS);
    };
    return new Promise<CourseVerdict & { cpuMs: number }>((resolve, reject) => {
      this.#running = { options, resolve, reject };
      this.#stage = undefined;
      this.#timedOut = false;
      this.#restartClock();
      this.#say({ type: 'run', order });
      if (signal.aborted) park();
      else signal.addEventListener('abort', park, { once: true });
    }).finally(() => {
      this.#running = undefined;
      clearTimeout(this.#clock);
      clearTimeout(kill);
      signal.removeEventListener('abort', park);
    });
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#gone) return;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #say(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {}); // its end is reported by its own event
  }

  #hear(message: FromWorker): void {
    if (message.type === 'log') {
      const { course, ...facts } = message.facts;
      const label = course === undefined ? {} : { course: new CourseLabel(String(course)) };
      this.options.log[message.level](message.message, { ...facts, ...label });
      return;
    }
    const running = this.#running;
    if (!running) return;
    switch (message.type) {
      case 'stage':
        this.#stage = message.state === 'start' ? message.stage : undefined;
        this.#restartClock();
        running.options.onStage(message.stage, message.state);
        return;
      case 'end':
        running.resolve(message);
        return;
      case 'error':
        running.reject(new IsovoxError(message.code, message.message, message.context));
    }
  }

  #restartClock(): void {
    clearTimeout(this.#clock);
    const limit = this.#running?.options.stageTimeoutMs ?? Number.POSITIVE_INFINITY;
    if (!Number.isFinite(limit)) return;
    this.#clock = setTimeout(() => {
      this.#timedOut = true;
      this.#child.kill('SIGKILL');
    }, limit);
  }

  #lost(code: number | null, signal: NodeJS.Signals | null): void {
    const running = this.#running;
    if (!running) return;
    if (running.options.signal.aborted) {
      running.reject(new IsovoxError('ERR_CANCELLED', 'The run was cancelled'));
      return;
    }
    const where = this.#stage === undefined ? 'before a stage' : `in stage ${this.#stage}`;
    if (this.#timedOut) {
      const limit = String(running.options.stageTimeoutMs / 1000);
      const error = new IsovoxError('ERR_TIMEOUT', `It took longer than ${limit} s ${where}`, { limit });
      running.reject(new WorkerLost(error, this.#stage, false));
      return;
    }
    const aborted = code === 134 || code === 137;
    const error =
      signal === 'SIGKILL' || code === 137
        ? new IsovoxError('ERR_RESOURCE', `The worker was killed ${where}, as the system does when memory runs out`)
        : new IsovoxError('ERR_INTERNAL', `The worker ended ${where} with ${signal ?? `exit code ${code}`}`, {
            where: this.#stage ?? 'worker',
          });
    running.reject(new WorkerLost(error, this.#stage, signal !== null || aborted));
  }
}
