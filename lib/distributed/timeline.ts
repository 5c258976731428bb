/** Which worker did what and when: a file for chrome://tracing or ui.perfetto.dev, and how busy the machine was. */

import { writeText } from '../table/atomic.js';

interface Span {
  readonly course: string;
  /** Empty for the whole time that a worker has the course, its own start included. */
  readonly stage: string;
  readonly worker: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: string;
  /** Of the course, by which long ones come first. */
  readonly weight?: number;
}

export class Timeline {
  readonly #began = performance.now();
  readonly #given = new Map<string, { worker: number; startMs: number; weight: number }>();
  readonly #open = new Map<string, { stage: string; worker: number; startMs: number }>();
  readonly #spans: Span[] = [];
  #cpuMs = 0;

  constructor(private readonly threads: number) {}

  now(): number {
    return performance.now() - this.#began;
  }

  /** A worker is given the course. */
  give(course: string, worker: number, weight: number): void {
    this.#given.set(course, { worker, startMs: this.now(), weight });
  }

  /** The worker is free again, or gone. */
  take(course: string, verdict: string): void {
    this.end(course, verdict);
    const given = this.#given.get(course);
    if (!given) return;
    this.#given.delete(course);
    this.#spans.push({ course, stage: '', ...given, endMs: this.now(), state: verdict });
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

  /** The Trace Event Format's complete events, in microseconds: courses, and in them their stages. */
  async write(path: string): Promise<void> {
    const events = this.#spans.map(({ course, stage, worker, startMs, endMs, state, weight }) => ({
      name: stage === '' ? course : stage,
      cat: stage === '' ? 'course' : 'stage',
      ph: 'X',
      ts: Math.round(startMs * 1000),
      dur: Math.round((endMs - startMs) * 1000),
      pid: worker,
      tid: worker,
      args: { course, state, ...(weight === undefined ? {} : { weight }) },
    }));
    await writeText(path, `${JSON.stringify({ traceEvents: events, displayTimeUnit: 'ms' })}\n`);
  }
}
