/** isovox worker: takes courses from queues. */

import { WorkerMetrics } from '../../distributed/metrics.js';
import { workQueues } from '../../distributed/queue-worker.js';
import { invalidArgument } from '../../errors.js';
import { JOB_CLASSES, type JobClass } from '../../rt/jobs.js';
import { automaticMemoryMb, automaticWorkers } from '../../rt/run.js';
import { EXIT } from '../exit.js';
import { type MetricsOptions, served } from '../serve-metrics.js';
import { logged } from './common.js';

export interface WorkerCommandOptions extends MetricsOptions {
  readonly queue: string;
  readonly name: string;
  readonly class: string[];
  readonly slots: number;
  readonly outdir?: string;
  readonly memory?: number;
  readonly stageTimeout: number;
  readonly exitWhenIdle?: number;
}

export async function worker(options: WorkerCommandOptions): Promise<number> {
  for (const one of options.class) {
    if (!(JOB_CLASSES as readonly string[]).includes(one)) throw invalidArgument('--class', 'io, cpu or gpu', one);
  }
  const metrics = new WorkerMetrics();
  return logged(options, async (log, signal) => {
    await served(metrics, options, () =>
      workQueues({
        url: options.queue,
        name: options.name,
        classes: options.class as JobClass[],
        slots: options.slots,
        threads: Math.max(1, Math.floor((options.workers ?? automaticWorkers()) / options.slots)),
        memoryMb: options.memory ?? Math.max(256, Math.floor(automaticMemoryMb() / options.slots)),
        outdir: options.outdir,
        stageTimeoutMs: options.stageTimeout * 1000,
        idleMs: options.exitWhenIdle === undefined ? undefined : options.exitWhenIdle * 1000,
        metrics,
        signal,
        log,
      }),
    );
    return EXIT.done;
  });
}
