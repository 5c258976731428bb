/** Which samples an epoch has, in which order, and which of them are one rank's. */

import { invalidArgument } from '../errors.js';
import { RandomStream } from './random.js';

/** 0 to `count` - 1, shuffled by seed and epoch (Fisher and Yates), or in order. */
export function epochOrder(
  count: number,
  { seed, epoch, shuffle }: { seed: number; epoch: number; shuffle: boolean },
): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  if (!shuffle) return order;
  const random = new RandomStream(seed, epoch, 0x5eed);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Every `worldSize`-th of the order: the shares of all ranks are disjoint and together they are the whole. */
export function shareOf(order: readonly number[], rank: number, worldSize: number): number[] {
  if (!Number.isInteger(worldSize) || worldSize < 1)
    throw invalidArgument('worldSize', 'an integer of at least 1', worldSize);
  if (!Number.isInteger(rank) || rank < 0 || rank >= worldSize) {
    throw invalidArgument('rank', `an integer from 0 to ${worldSize - 1}`, rank);
  }
  return order.filter((_, i) => i % worldSize === rank);
}
