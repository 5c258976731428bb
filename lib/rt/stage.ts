/** What a stage of the pipeline is. To add one: a file in `stages/`, and a row in `stages/index.ts`. */

import type { Context } from '../runtime/context.js';
import type { Course, Finding } from './model.js';
import type { ModelPool } from './model-pool.js';
import type { RunConfig } from './run-config.js';

export interface StageContext {
  readonly course: Course;
  readonly config: RunConfig;
  /** Input paths are shown and stored relative to this folder. */
  readonly dicomRoot: string;
  /** Where this stage writes: a temporary folder. Its files are moved into the course folder when the stage ends. */
  readonly folder: string;
  /** The course folder, with the finished outputs of the stages that this one needs. */
  readonly courseFolder: string;
  /** Hash of the settings that decide this stage's result, for provenance columns. */
  readonly settingsHash: string;
  readonly context: Context;
  /** The models of the run, loaded when a stage asks for them. */
  readonly models: ModelPool;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** One structure, or other part of a course, that could not be done: a row of failures.csv. */
export interface PartFailure {
  readonly roi?: string;
  readonly code: string;
  readonly reason: string;
}

export interface StageOutcome {
  readonly status: 'done' | 'skipped';
  /** Why it was skipped: `no model`, `no dose`. */
  readonly reason?: string;
  readonly findings: readonly Finding[];
  readonly failures?: readonly PartFailure[];
}

export interface Stage {
  readonly id: string;
  readonly title: string;
  /** Stages that must have succeeded. */
  readonly needs: readonly string[];
  /** Stages whose outputs are read when they are there: this one waits for them, but not for their success. */
  readonly after?: readonly string[];
  readonly lane: 'cpu' | 'gpu' | 'io';
  /** Raise it when the same inputs and settings give other bytes. */
  readonly version: number;
  /** The part of the configuration that decides the result: part of the stage's key. */
  settings(config: RunConfig): unknown;
  /** Absolute paths of the input files; their content is part of the key. */
  inputs(course: Course): readonly string[];
  /** Why there is nothing to do for this course, or undefined. */
  skip?(course: Course, config: RunConfig): string | undefined;
  run(stage: StageContext): Promise<StageOutcome>;
}
