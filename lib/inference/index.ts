/** What `import … from 'isovox/inference'` gives. */

export type { ModelTensor, TensorDescription, TensorType } from '../native/inference-types.js';
export { InferenceSession, type SessionOptions } from './session.js';
