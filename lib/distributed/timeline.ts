/** Which worker did what and when: a file for chrome://tracing or ui.perfetto.dev, and how busy the machine was. */

import { writeText } from '../table/atomic.js';

interface Span {
  readonly course: string;
  readonly stage: string;
  readonly worker: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: string;
}

export class Timeline {
  readonly #began = performance.now();
  readonly #open = new Map<string, { stage: string; worker: number; startMs: number }>();
  readonly #spans: Span[] = [];
  #cpuMs = 0;

  constructor(private readonly threads: number) {}

  now(): number {
    return performance.now() - this.#began;
  }

  start(course: string, stage: string, worker: number): void {
    this.#open.set(course, { stage, worker, startMs: this.now() });
  }

  /** Ends what the course is at; nothing when it is at nothing. */
  end(course: string, state: string): void {
    const open = this.#open.get(course);
    if (!open) return;
    this.#open.delete(course);
    this.#spans.push({ course, ...open, endMs: this.now(), state });
  }

  used(cpuMs: number): void {
    this.#cpuMs += cpuMs;
  }

  /** Processor time of the workers as a share of the threads given, 0-1. */
  get utilisation(): number {
    return this.#cpuMs / (this.now() * this.threads);
  }

  get seconds(): number {
    return this.now() / 1000;
  }

  /** The Trace Event Format's complete events, in microseconds. */
  async write(path: string): Promise<void> {
    const events = this.#spans.map(({ course, stage, worker, startMs, endMs, state }) => ({
      name: stage,
      cat: 'stage',
      ph: 'X',
      ts: Math.round(startMs * 1000),
      dur: Math.round((endMs - startMs) * 1000),
      pid: worker,
      tid: worker,
      args: { course, state },
    }));
    await writeText(path, `${JSON.stringify({ traceEvents: events, displayTimeUnit: 'ms' })}\n`);
  }
}
