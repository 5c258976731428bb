/** What a stage of the pipeline is. To add one: a file in `stages/`, and a row in `stages/index.ts`. */

import type { Context } from '../runtime/context.js';
import type { RunConfig } from './run-config.js';
import type { Course, Finding } from './model.js';

export interface StageContext {
  readonly course: Course;
  readonly config: RunConfig;
  /** Where this stage writes: a temporary folder. Its entries are moved into the course folder when the stage ends. */
  readonly folder: string;
  /** The course folder, with the finished outputs of the stages that this one needs. */
  readonly courseFolder: string;
  readonly context: Context;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

export interface StageOutcome {
  readonly status: 'done' | 'skipped';
  /** Why it was skipped: `no model`, `no dose`. */
  readonly reason?: string;
  readonly findings: readonly Finding[];
}

export interface Stage {
  readonly id: string;
  readonly title: string;
  /** Stages whose outputs this one reads. */
  readonly needs: readonly string[];
  readonly lane: 'cpu' | 'gpu' | 'io';
  /** Raise it when the same inputs and settings give other bytes. */
  readonly version: number;
  /** The part of the configuration that decides the result: part of the stage's key. */
  settings(config: RunConfig): unknown;
  /** Absolute paths of the input files outside the course folder; their content is part of the key. */
  inputs(course: Course): readonly string[];
  /** Why there is nothing to do for this course, or undefined. */
  skip?(course: Course, config: RunConfig): string | undefined;
  run(stage: StageContext): Promise<StageOutcome>;
}
