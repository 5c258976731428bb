/** Sequences: files, alignment of many features with a reference. */

export { alignPairs, readSequences } from '../native/align.js';
export type * from '../native/align-types.js';
export * from './aligner.js';
export { batchSizeFor } from './batch-size.js';
