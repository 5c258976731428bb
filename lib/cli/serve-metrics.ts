/** Numbers for Prometheus while a command works. */

import type { WorkerMetrics } from '../distributed/metrics.js';
import type { CommonOptions } from './options.js';

export interface MetricsOptions extends CommonOptions {
  readonly metricsPort?: number;
  readonly metricsHost: string;
}

/** Does `work` with `/metrics` served where a port was asked for. */
export async function served<T>(metrics: WorkerMetrics, options: MetricsOptions, work: () => Promise<T>): Promise<T> {
  if (options.metricsPort === undefined) return work();
  const server = await metrics.serve(options.metricsPort, options.metricsHost);
  try {
    return await work();
  } finally {
    server.close();
  }
}
