/** Batches of patches, filled on the native pool. */

import type { HeavyName, Surface } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';

type ArgsOf<Name extends HeavyName> = Parameters<Surface[Name]>[0];
type ResultOf<Name extends HeavyName> = Promise<Awaited<ReturnType<Surface[Name]>>>;

/** Cuts, bends and changes patches into one block of memory. */
export function fillBatch(args: ArgsOf<'fillBatch'>, options?: SubmitOptions): ResultOf<'fillBatch'> {
  return submit('fillBatch', args, options);
}

/** Foreground voxels of a label volume, the same for the same seed. */
export function sampleForeground(
  args: ArgsOf<'sampleForeground'>,
  options?: SubmitOptions,
): ResultOf<'sampleForeground'> {
  return submit('sampleForeground', args, options);
}

/** Room for `values` numbers; with a path in a new file, which other processes may map too. */
export function makeBatchMemory(args: ArgsOf<'makeBatchMemory'>, options?: SubmitOptions): ResultOf<'makeBatchMemory'> {
  return submit('makeBatchMemory', args, options);
}
