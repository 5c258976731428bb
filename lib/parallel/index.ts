/** What `import … from 'isovox/parallel'` gives: a function over many items, on threads or processes. */

export { executeParallel, type ParallelOptions } from './execute.js';
export type { ModuleFunction, WorkerCall, WorkerFunction } from './function-ref.js';
export { type ItemOutcome, ParallelError } from './outcome.js';
export { backOffMs, isOutOfMemory, isWorthRetrying } from './retry.js';
export type { PoolType } from './worker-host.js';
export { type ChunkRule, chunkSize, cpuBoundWorkers, ioBoundWorkers, memoryBoundWorkers } from './workers.js';
