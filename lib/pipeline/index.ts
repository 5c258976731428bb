/** What `import … from 'isovox/pipeline'` gives: stages with bounded queues between them. */

export { type BuildOptions, buildPipeline, PipelineBuilder, type Source } from './builder.js';
export type { Element, Emitted, PipeOperation, PipeOptions, StageChain, VariantsOptions } from './chain.js';
export type {
  Executor,
  Operation,
  OperationContext,
  PipelineDefinition,
  StageDefinition,
  StageExecutor,
} from './definition.js';
export type { DurationSummary } from './durations.js';
export { type FailedItem, PipelineError } from './failures.js';
export type { OperationOutcome, PipelineHooks } from './hooks.js';
export type { Pipeline } from './pipeline.js';
export { type ProfileOptions, profilePipeline, type StageProfile } from './profile.js';
export type { QueueStatistics } from './queue.js';
export { bottleneck, formatReport } from './report.js';
export type { PipelineStatistics, StageStatistics } from './statistics.js';
