/** What a supervisor and its worker processes say to each other. */

import type { ErrorCode } from '../errors.js';
import type { StageEvent } from '../rt/course-run.js';
import type { CourseVerdict } from '../rt/planned-course.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One piece of work: stages of one course. */
export interface CourseOrder {
  /** `PATIENT/COURSE`. */
  readonly course: string;
  readonly stages: readonly string[];
  readonly force: readonly string[];
  /** The noted failures of these stages stand. */
  readonly givenUp: readonly string[];
  readonly keepBadData: boolean;
}

/** What a log line says, with the course's name: it stays between these processes. */
export type WorkerFacts = Readonly<Record<string, string | number | boolean>>;

export type ToWorker =
  | { readonly type: 'open'; readonly outdir: string; readonly threads: number; readonly memoryMb: number }
  | { readonly type: 'run'; readonly order: CourseOrder }
  | { readonly type: 'threads'; readonly threads: number }
  /** Stop what runs, leaving nothing half-written, and answer. */
  | { readonly type: 'park' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'stage'; readonly stage: string; readonly state: StageEvent }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly facts: WorkerFacts }
  | ({ readonly type: 'end'; readonly cpuMs: number } & CourseVerdict)
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly context: Readonly<Record<string, string>>;
    };
