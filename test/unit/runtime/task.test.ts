import { describe, expect, it } from 'vitest';
import { getConfig } from '../../../lib/config/resolve.js';
import { Context } from '../../../lib/runtime/context.js';
import { submit } from '../../../lib/runtime/task.js';

const context = (read: Partial<ReturnType<typeof getConfig>['read']>) =>
  new Context({ ...getConfig(), read: { ...getConfig().read, ...read } });

describe('submit', () => {
  it('runs on the pool while the JavaScript thread goes on', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const sum = await submit('spin', { steps: 100, microseconds: 2000 });
    clearInterval(timer);
    expect(sum).toBe(4950);
    // A thread that waited for the work would have had no turn before its answer.
    expect(turns).toBeGreaterThan(0);
  });

  it('reports progress up to the total', async () => {
    const seen: Array<[number, number]> = [];
    await submit('spin', { steps: 200, microseconds: 1000 }, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every(([done, total]) => total === 200 && done <= 200)).toBe(true);
  });

  it('stops at an aborted signal with an AbortError', async () => {
    const controller = new AbortController();
    const begun = performance.now();
    const task = submit('spin', { steps: 100_000, microseconds: 1000 }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(task).rejects.toMatchObject({ code: 'ERR_CANCELLED', name: 'AbortError' });
    expect(performance.now() - begun).toBeLessThan(20_000);
    await expect(submit('spin', { steps: 1 }, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
  });

  it('rejects bad arguments with the name, the range and the value, and the caller on the stack', async () => {
    const error = await submit('spin', { steps: -1 }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'Expected an integer between 1 and 1000000 for steps but received -1',
      context: { name: 'steps', actual: '-1' },
    });
    expect((error as Error).stack).toContain('task.test.ts');
  });

  it('lets tasks wait for the memory budget and refuses what can never fit', async () => {
    const small = context({ memoryBudgetMb: 64 });
    const bytes = 40 * 2 ** 20;
    await Promise.all(
      Array.from({ length: 6 }, () => submit('spin', { steps: 5, microseconds: 500, bytes }, { context: small })),
    );
    expect(small.memory).toEqual({ limitBytes: 64 * 2 ** 20, inUseBytes: 0, peakBytes: bytes });
    await expect(submit('spin', { steps: 1, bytes: 65 * 2 ** 20 }, { context: small })).rejects.toMatchObject({
      code: 'ERR_RESOURCE',
      context: { limit: String(64 * 2 ** 20), requested: String(65 * 2 ** 20) },
    });
  });

  it('gives the same result for any number of threads', async () => {
    for (const concurrency of [1, 2, 8]) {
      expect(await submit('spin', { steps: 500, microseconds: 1 }, { context: context({ concurrency }) })).toBe(
        124_750,
      );
    }
  });
});
