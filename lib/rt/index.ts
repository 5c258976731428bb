/** The radiotherapy pipeline from code: `isovox/rt`. */

export { type CourseExecutor, type CourseTrouble, type CourseWork, runInProcess } from './course-executor.js';
export type { CourseResult, Failure } from './course-run.js';
export { type DiscoverOptions, type Discovery, discoverCourses } from './discover.js';
export { loadRunConfig } from './load-config.js';
export { type LogFacts, type RunLog, type RunProgress, silentLog } from './log.js';
export type { Course, DoseChoice, DoseClass, Finding, ImageSeries, Link, Refusal, Severity } from './model.js';
export { type CoursePlan, planCourse, type RunPlan, readPlan, readPlannedCourse, type StagePlan } from './plan.js';
export { aggregatePlan, automaticWorkers, planRun, type RunOptions, type RunSummary, runPipeline } from './run.js';
export { type RunConfig, runConfigSchema } from './run-config.js';
export type { Stage, StageContext, StageOutcome } from './stage.js';
export type { StageState } from './stage-state.js';
export { STAGES } from './stages/index.js';
