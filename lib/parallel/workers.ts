/** How many workers, and how many items each takes at a time. */

import { availableParallelism } from 'node:os';

import { invalidArgument } from '../errors.js';

/** For work that computes: one core less than there are, so that the caller keeps one; at least 1. */
export function cpuBoundWorkers(cores: number = availableParallelism()): number {
  return Math.max(1, cores - 1);
}

/** For work that waits for disks and networks: twice the cores. */
export function ioBoundWorkers(cores: number = availableParallelism()): number {
  return Math.max(1, 2 * cores);
}

/** For work that needs much memory: half the cores; at least 1. */
export function memoryBoundWorkers(cores: number = availableParallelism()): number {
  return Math.max(1, Math.floor(cores / 2));
}

export type ChunkRule = 'small' | 'large' | 'auto';

/**
 * Items per chunk for `n` items on `workers` workers.
 * `small` tasks: max(1, n / (10 w)); `large` tasks: max(1, n / (2 w)); `auto`: max(1, min(100, n / w)); all floored.
 */
export function chunkSize(n: number, workers: number, rule: ChunkRule = 'auto'): number {
  if (!Number.isInteger(n) || n < 0) throw invalidArgument('n', 'a whole number of items', n);
  if (!Number.isInteger(workers) || workers < 1) throw invalidArgument('workers', 'an integer of at least 1', workers);
  switch (rule) {
    case 'small':
      return Math.max(1, Math.floor(n / (10 * workers)));
    case 'large':
      return Math.max(1, Math.floor(n / (2 * workers)));
    case 'auto':
      return Math.max(1, Math.min(100, Math.floor(n / workers)));
    default:
      throw invalidArgument('rule', "'small', 'large' or 'auto'", rule);
  }
}
