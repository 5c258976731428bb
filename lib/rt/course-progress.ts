/** How far the courses of a run are: one line for all of them, whoever runs them. */

import { CourseLabel } from './course-label.js';
import type { StageEvent } from './course-run.js';
import { estimateCourse } from './estimate.js';
import type { RunLog } from './log.js';
import type { Course } from './model.js';
import { courseName } from './plan.js';

export class CourseProgress {
  readonly #running = new Map<string, string>();
  readonly #weights: ReadonlyMap<string, number>;
  readonly #weightTotal: number;
  readonly #stageStates = new Map<string, StageEvent>();
  #weightDone = 0;
  #done = 0;

  constructor(
    courses: readonly Course[],
    private readonly log: RunLog,
  ) {
    this.#weights = new Map(courses.map((course) => [courseName(course), estimateCourse(course).weight]));
    this.#weightTotal = [...this.#weights.values()].reduce((sum, weight) => sum + weight, 0);
  }

  /** How many stages ended in each state. */
  get counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const state of this.#stageStates.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    return counts;
  }

  /** How a stage ended in this run; undefined when it took no part. */
  stateOf(course: string, stage: string): StageEvent | undefined {
    return this.#stageStates.get(`${course} ${stage}`);
  }

  stage(course: string, stage: string, state: StageEvent): void {
    if (state === 'start') this.#running.set(course, stage);
    else this.#stageStates.set(`${course} ${stage}`, state);
    this.#tell();
  }

  /** The course waits, for another try or for the next kind of machine. */
  waits(course: string): void {
    this.#running.delete(course);
    this.#tell();
  }

  ended(course: string): void {
    this.#running.delete(course);
    this.#weightDone += this.#weights.get(course) ?? 0;
    this.#done++;
    this.#tell();
  }

  #tell(): void {
    this.log.progress({
      phase: 'courses',
      done: this.#done,
      total: this.#weights.size,
      weightDone: this.#weightDone,
      weightTotal: this.#weightTotal,
      running: [...this.#running].map(([name, stage]) => ({ course: new CourseLabel(name), stage })),
    });
  }
}
