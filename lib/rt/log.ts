/** How a run tells what it does: events with facts, never with names of persons or paths of input files. */

import type { CourseLabel } from './course-label.js';

/** A course is named by its label, which keeps the patient's identifier to itself, and in no message. */
export type LogFacts = Readonly<Record<string, string | number | boolean | CourseLabel | undefined>> & {
  readonly course?: CourseLabel | undefined;
};

export interface RunLog {
  debug(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
  /** How far the run is; `weightDone` of `weightTotal` is what the ETA is made of. */
  progress(state: RunProgress): void;
}

export interface RunProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly weightDone: number;
  readonly weightTotal: number;
  /** What runs at the moment. */
  readonly running: readonly { readonly course: CourseLabel; readonly stage: string }[];
}

/** Tells how far work is whose parts weigh the same. */
export function countingProgress(log: RunLog, phase: string): (done: number, total: number) => void {
  return (done, total) => log.progress({ phase, done, total, weightDone: done, weightTotal: total, running: [] });
}

export const silentLog: RunLog = { debug() {}, info() {}, warn() {}, error() {}, progress() {} };
