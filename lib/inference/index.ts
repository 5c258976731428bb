/** What `import … from 'isovox/inference'` gives. */

export type { ModelTensor, TensorDescription, TensorType } from '../native/inference-types.js';
export { type Manifest, manifestJsonSchema, parseManifest } from './manifest.js';
export { findModelFolders, type ModelFolder, readModelFolder } from './model-folder.js';
export { Segmenter, type SegmenterOptions } from './segmenter.js';
export { InferenceSession, type SessionOptions } from './session.js';
