/** Loaders for training and inference: patches, slices and whole volumes as batches. */

export { type BatchServerEvent, type BatchServerOptions, serveBatches } from './batch-server.js';
export * from './create.js';
export type { Batch, DataLoader } from './loader.js';
export type { FileCollection, LoaderCollection } from './subjects.js';
export {
  affine,
  biasField,
  flip,
  gamma,
  intensityWindow,
  noise,
  normalise,
  type Transform,
} from './transforms.js';
