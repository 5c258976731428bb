import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { MemoryGate } from '../../../lib/cohort/memory-gate.js';

describe('a memory gate', () => {
  it('lets work in that fits, first come, first served, and work that never fits alone', async () => {
    const gate = new MemoryGate(100);
    const log: string[] = [];
    const releases = new Map<string, () => void>();
    const enter = async (name: string, bytes: number): Promise<void> => {
      releases.set(name, await gate.hold(bytes));
      log.push(name);
    };
    const leave = async (name: string): Promise<void> => {
      releases.get(name)?.();
      await turn();
    };
    void enter('a', 60);
    void enter('b', 40);
    void enter('huge', 1000);
    void enter('c', 1);
    await turn();
    expect(log).toEqual(['a', 'b']);
    await leave('a');
    expect(log).toEqual(['a', 'b']);
    await leave('b');
    expect(log).toEqual(['a', 'b', 'huge']);
    await leave('huge');
    expect(log).toEqual(['a', 'b', 'huge', 'c']);
    expect(gate.peakBytes).toBe(100);
  });

  it('refuses work that must fit and cannot, and gives back what failed work held', async () => {
    const gate = new MemoryGate(2 ** 20);
    await expect(gate.within(2 ** 21, 'x.nii', async () => 1)).rejects.toMatchObject({ code: 'ERR_RESOURCE' });
    await expect(gate.share(2 ** 21, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.within(2 ** 20, 'x.nii', async () => 1)).toBe(1);
  });
});
