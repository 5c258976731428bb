/** What `import … from 'isovox'` gives. */

export * from './align/index.js';
export * from './cohort/index.js';
export { PRESETS, type PresetName, preset } from './config/presets.js';
export {
  type Config,
  type ConfigChange,
  configure,
  configureFromFile,
  getConfig,
  resetConfig,
} from './config/resolve.js';
export { type BatchServerEvent, type BatchServerOptions, serveBatches } from './dataloader/batch-server.js';
export * from './dataloader/create.js';
export type { Batch, DataLoader } from './dataloader/loader.js';
export * as transforms from './dataloader/transforms.js';
export { ERROR_CODES, type ErrorCode, type ErrorContext, IsovoxError, isIsovoxError } from './errors.js';
export * from './graph/index.js';
export * from './inference/index.js';
export * from './native/dicom.js';
export type * from './native/dicom-types.js';
export * from './native/dose.js';
export type * from './native/filter-types.js';
export * from './native/filters.js';
export * from './native/formats.js';
export * from './native/imaging.js';
export type * from './native/io-types.js';
export * from './native/masks.js';
export * from './native/objects.js';
export * from './native/radiomics.js';
export type * from './native/radiomics-types.js';
export * from './native/stats.js';
export * from './native/store.js';
export type * from './native/store-types.js';
export * from './native/volume.js';
export * from './parallel/index.js';
export { type Phantom, type PhantomOptions, writePhantom } from './phantom/patient.js';
export * from './pipeline/index.js';
export { Context, ctxForProcess, ctxForThreads, defaultContext } from './runtime/context.js';
export { packageVersion as version } from './runtime/package-root.js';
export { setS3Credentials } from './runtime/s3.js';
export type { S3Credentials } from './runtime/s3-credentials.js';
export type { GridDescription, Handle, VolumeDescription, VoxelArray } from './runtime/surface.js';
export type { SubmitOptions } from './runtime/task.js';
export * from './volume/index.js';
