/** What `import … from 'isovox/parallel'` gives: a function over many items, on threads or processes. */

export {
  type AdaptiveContext,
  type AdaptiveEntry,
  type AdaptiveOptions,
  type AdaptiveRun,
  type AdaptiveTask,
  type AdaptiveWorkerOptions,
  runAdaptive,
} from './adaptive.js';
export { executeParallel, type ParallelOptions } from './execute.js';
export type { ModuleFunction, WorkerCall, WorkerFunction } from './function-ref.js';
export { type ItemOutcome, ParallelError } from './outcome.js';
export { type PoolRunOptions, WorkerPool, type WorkerPoolOptions } from './pool.js';
export { formatSpeedup, profileSpeedup, type Speedup, type SpeedupOptions, type SpeedupRow } from './profile.js';
export { isOutOfMemory, isWorthRetrying } from './retry.js';
export type { PoolType } from './worker-host.js';
export { type ChunkRule, chunkSize, cpuBoundWorkers, ioBoundWorkers, memoryBoundWorkers } from './workers.js';
