/** What a worker did, in the text format that Prometheus reads. */

import { createServer, type Server } from 'node:http';

import type { JobClass } from '../rt/jobs.js';

export class WorkerMetrics {
  readonly #ended = new Map<string, number>();
  readonly #active = new Map<string, number>();
  #lost = 0;
  #cpuMs = 0;

  /** A job begins; the function that it gives is called with how it ended. */
  started(jobClass: JobClass): (verdict: string) => void {
    this.#count(this.#active, jobClass, 1);
    return (verdict) => {
      this.#count(this.#active, jobClass, -1);
      this.#count(this.#ended, `class="${jobClass}",verdict="${verdict}"`, 1);
    };
  }

  workerLost(): void {
    this.#lost++;
  }

  used(cpuMs: number): void {
    this.#cpuMs += cpuMs;
  }

  get text(): string {
    const { rss } = process.memoryUsage();
    return [
      '# HELP isovox_jobs_total Jobs that ended, by class and verdict.',
      '# TYPE isovox_jobs_total counter',
      ...[...this.#ended].map(([labels, count]) => `isovox_jobs_total{${labels}} ${count}`),
      '# HELP isovox_jobs_active Jobs that run now.',
      '# TYPE isovox_jobs_active gauge',
      ...[...this.#active].map(([jobClass, count]) => `isovox_jobs_active{class="${jobClass}"} ${count}`),
      '# HELP isovox_workers_lost_total Worker processes that crashed, were killed or hung.',
      '# TYPE isovox_workers_lost_total counter',
      `isovox_workers_lost_total ${this.#lost}`,
      '# HELP isovox_cpu_seconds_total Processor time of finished jobs.',
      '# TYPE isovox_cpu_seconds_total counter',
      `isovox_cpu_seconds_total ${(this.#cpuMs / 1000).toFixed(3)}`,
      '# HELP process_resident_memory_bytes Resident memory of this process, its workers not counted.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${rss}`,
      '',
    ].join('\n');
  }

  /** Answers GET /metrics. Loopback unless another address is asked for: the numbers tell how much is treated. */
  serve(port: number, host = '127.0.0.1'): Promise<Server> {
    const server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(this.text);
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve(server));
    });
  }

  #count(into: Map<string, number>, key: string, by: number): void {
    into.set(key, (into.get(key) ?? 0) + by);
  }
}
