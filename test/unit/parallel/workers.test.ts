import { describe, expect, it } from 'vitest';

import { chunkSize, cpuBoundWorkers, ioBoundWorkers, memoryBoundWorkers } from '../../../lib/parallel/workers.js';

describe('workers and chunks', () => {
  // The formulas of the performance guide: cores - 1, 2 cores, cores / 2; n/(10w), n/(2w), min(100, n/w), floored, >= 1.
  it('numbers of workers follow the cores', () => {
    expect([1, 2, 3, 8, 64].map((cores) => cpuBoundWorkers(cores))).toEqual([1, 1, 2, 7, 63]);
    expect([1, 2, 3, 8, 64].map((cores) => ioBoundWorkers(cores))).toEqual([2, 4, 6, 16, 128]);
    expect([1, 2, 3, 8, 64].map((cores) => memoryBoundWorkers(cores))).toEqual([1, 1, 1, 4, 32]);
    expect(cpuBoundWorkers()).toBeGreaterThanOrEqual(1);
  });

  it.each([
    [1000, 4, 25, 125, 100],
    [399, 4, 9, 49, 99],
    [7, 4, 1, 1, 1],
    [0, 4, 1, 1, 1],
    [10_000, 1, 1000, 5000, 100],
  ])('n = %i on %i workers', (n, workers, small, large, auto) => {
    expect(chunkSize(n, workers, 'small')).toBe(small);
    expect(chunkSize(n, workers, 'large')).toBe(large);
    expect(chunkSize(n, workers, 'auto')).toBe(auto);
    expect(chunkSize(n, workers)).toBe(auto);
  });

  it('refuses numbers that are none', () => {
    expect(() => chunkSize(10, 0)).toThrow(/workers/);
    expect(() => chunkSize(-1, 2)).toThrow(/for n /);
    expect(() => chunkSize(1, 2, 'huge' as 'auto')).toThrow(/rule/);
  });
});
