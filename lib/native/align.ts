/** Sequence files and pairwise alignment. */

import type { HeavyName, Surface } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';

type ArgsOf<Name extends HeavyName> = Parameters<Surface[Name]>[0];
type ResultOf<Name extends HeavyName> = Promise<Awaited<ReturnType<Surface[Name]>>>;

/** All sequences of a FASTA, FASTQ or GenBank file, plain or in gzip. */
export function readSequences(args: ArgsOf<'readSequences'>, options?: SubmitOptions): ResultOf<'readSequences'> {
  return submit('readSequences', args, options);
}

/** Aligns pairs on the native pool; the results are in the order of `queries`. */
export function alignPairs(args: ArgsOf<'alignPairs'>, options?: SubmitOptions): ResultOf<'alignPairs'> {
  return submit('alignPairs', args, options);
}
