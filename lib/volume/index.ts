export type { Box, Range, Ranges } from './box.js';
export { type Interpolation, type OpenOptions, type ResampleOptions, type SaveOptions, Volume } from './volume.js';
