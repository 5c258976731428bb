/** One planned course, run by whoever was told to: what every executor calls in the end. */

import { configure, getConfig } from '../config/resolve.js';
import { asIsovoxError } from '../errors.js';
import { Context } from '../runtime/context.js';
import { isBusy } from './course-lease.js';
import { isBadData, runCourse, type StageEvent } from './course-run.js';
import type { RunLog } from './log.js';
import { ModelPool } from './model-pool.js';
import { type RunPlan, readPlan, readPlannedCourse } from './plan.js';
import { STAGES, selectStages } from './stages/index.js';

export interface PlannedCourseOptions {
  /** Those of the plan when absent. */
  readonly stages?: readonly string[] | undefined;
  readonly force?: ReadonlySet<string> | undefined;
  /** The noted failures of these stages stand. */
  readonly givenUp?: ReadonlySet<string> | undefined;
  /** The noted failures that bad data caused stand. */
  readonly keepBadData?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly log: RunLog;
  readonly onStage?: ((stage: string, state: StageEvent) => void) | undefined;
}

export interface FailedStage {
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  readonly path?: string | undefined;
}

/**
 * `done`: every stage ran, was up to date, or had nothing to do. `bad-data`: some failed, and would again.
 * `try-again`: some failed for a reason of the moment, or another process has the course.
 */
export interface CourseVerdict {
  readonly verdict: 'done' | 'bad-data' | 'try-again';
  readonly failed: readonly FailedStage[];
}

/** Runs courses of one plan; models are loaded once and stay. */
export class PlannedCourses {
  readonly #models: ModelPool;

  private constructor(
    readonly outdir: string,
    readonly plan: RunPlan,
    readonly context: Context,
  ) {
    this.#models = new ModelPool(plan.config, context);
  }

  /** `threads` is asked before each native operation. */
  static async open(outdir: string, threads: () => number, memoryMb?: number): Promise<PlannedCourses> {
    const plan = await readPlan(outdir);
    configure({ inference: plan.inference });
    const config = getConfig();
    const read = { ...config.read, ...(memoryMb === undefined ? {} : { memoryBudgetMb: memoryMb }) };
    return new PlannedCourses(outdir, plan, new Context({ ...config, read, s3: plan.s3 ?? config.s3 }, threads));
  }

  async run(name: string, options: PlannedCourseOptions): Promise<CourseVerdict> {
    const { outdir, plan, context } = this;
    try {
      const course = await readPlannedCourse(outdir, name);
      const { stages } = await runCourse({
        course,
        outdir,
        dicomRoot: plan.dicomRoot,
        config: plan.config,
        stages: selectStages(options.stages ?? plan.stages),
        force: options.force ?? new Set(),
        givenUp: options.givenUp ?? new Set(),
        keepBadData: options.keepBadData ?? false,
        context,
        models: this.#models,
        signal: options.signal,
        log: options.log,
        ...(options.onStage ? { onStage: options.onStage } : {}),
      });
      const wanted = new Set(options.stages ?? STAGES.map(({ id }) => id));
      const failed = [...stages].flatMap(([stage, state]): FailedStage[] => {
        if (state.state !== 'failed' || !wanted.has(stage)) return [];
        const { code, message, context: facts } = state.error;
        return [{ stage, code, reason: message, path: facts.path }];
      });
      const again = failed.some(({ stage, code }) => !isBadData(code) && !options.givenUp?.has(stage));
      return { verdict: failed.length === 0 ? 'done' : again ? 'try-again' : 'bad-data', failed };
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      if (!isBusy(error)) throw error;
      return { verdict: 'try-again', failed: [{ stage: '', code: error.code, reason: error.message }] };
    }
  }

  dispose(): Promise<void> {
    return this.#models.dispose();
  }
}
