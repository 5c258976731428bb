/** How many courses run at a time: fewer when memory runs out, more again when it is there. */

import type { RunLog } from '../rt/log.js';
import { memoryPressure } from './memory-pressure.js';

/** Share of the last ten seconds in which some process waited for memory, percent, above which nothing is added. */
const PRESSURE_PERCENT = 5;

export class CourseWidth {
  #width: number;
  #since = 0;

  constructor(
    readonly most: number,
    private readonly log: RunLog,
    private readonly pressure: () => number = () => memoryPressure(),
  ) {
    this.#width = most;
  }

  get width(): number {
    return this.#width;
  }

  /** A worker was killed: half as many at a time. `began` is the width when that worker's course started. */
  halve(began: number): void {
    this.#since = 0;
    // Those that fall together are one shortage.
    if (began > this.#width || this.#width === 1) return;
    this.#width = Math.max(1, Math.floor(this.#width / 2));
    this.log.warn(`a worker was killed: courses at a time from now on: ${this.#width}`, { width: this.#width });
  }

  /** A course ended well. After as many as run at a time, one more is tried, unless memory is short. */
  succeeded(): void {
    if (this.#width === this.most || ++this.#since < this.#width || this.pressure() > PRESSURE_PERCENT) return;
    this.#since = 0;
    this.#width++;
    this.log.info(`memory allows more courses at a time: ${this.#width}`, { width: this.#width });
  }
}
