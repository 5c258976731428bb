/** Worker processes that stay: one that has nothing to do takes the next course of its output folder. */

import { CourseWorker, type OrderOptions, type WorkerOptions } from './course-worker.js';
import type { CourseOrder } from './messages.js';

export interface CourseWorkersOptions extends Omit<WorkerOptions, 'outdir'> {}

export class CourseWorkers {
  readonly #idle = new Map<string, CourseWorker[]>();
  readonly #all = new Set<CourseWorker>();

  constructor(private readonly options: CourseWorkersOptions) {}

  /** One that waits, or a new one; nobody else has it until `give`. */
  take(outdir: string): CourseWorker {
    const idle = this.#idle.get(outdir) ?? [];
    this.#idle.set(outdir, idle);
    let worker = idle.pop();
    while (worker && !worker.isAlive) worker = idle.pop();
    worker ??= new CourseWorker({ ...this.options, outdir });
    this.#all.add(worker);
    return worker;
  }

  give(outdir: string, worker: CourseWorker): void {
    if (worker.isAlive) this.#idle.get(outdir)?.push(worker);
    else this.#all.delete(worker);
  }

  async run(outdir: string, order: CourseOrder, options: OrderOptions): ReturnType<CourseWorker['run']> {
    const worker = this.take(outdir);
    try {
      return await worker.run(order, options);
    } finally {
      this.give(outdir, worker);
    }
  }

  /** Ends them all. */
  async stop(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.stop()));
  }
}
