/** How many features travel together. */

/**
 * Features per batch: 100 below 1 kb, 50 below 10 kb, 20 above (by the mean length), and fewer when there are too few
 * features to give every worker two batches, down to 50, 20 and 5; at least 1.
 */
export function batchSizeFor(features: ReadonlyArray<{ readonly sequence: string }>, workers: number): number {
  if (features.length === 0) return 1;
  const letters = features.reduce((sum, { sequence }) => sum + sequence.length, 0) / features.length;
  const [least, most] = letters < 1_000 ? [50, 100] : letters < 10_000 ? [20, 50] : [5, 20];
  const even = Math.ceil(features.length / (2 * workers));
  // Too few for the smallest batch: sharing them out matters more than the cost of a batch.
  return Math.max(1, even < least ? even : Math.min(most, even));
}
