import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { IsovoxError } from '../../../lib/errors.js';
import { type AdaptiveContext, runAdaptive } from '../../../lib/parallel/adaptive.js';
import { isOutOfMemory } from '../../../lib/parallel/retry.js';

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('runAdaptive', () => {
  it('halves the tasks at a time when memory runs out, and tries only the failed ones again', async () => {
    // A model of memory: more than two tasks at a time do not fit.
    let running = 0;
    const calls = new Array<number>(8).fill(0);
    const tasks = calls.map((_, index) => async () => {
      calls[index] = (calls[index] ?? 0) + 1;
      running++;
      const over = running > 2;
      await tick();
      running--;
      if (over) throw new IsovoxError('ERR_RESOURCE', 'no memory');
      return index;
    });
    const { outcomes, ledger, workers } = await runAdaptive(tasks, { numWorkers: 8, backoffMs: 1 });
    expect(outcomes.map((outcome) => outcome.status === 'done' && outcome.value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(workers).toBeLessThanOrEqual(4);
    expect(calls.slice(0, 2)).toEqual([1, 1]);
    expect(ledger).toHaveLength(calls.reduce((sum, count) => sum + count, 0));
    expect(ledger.filter(({ outOfMemory }) => outOfMemory).every(({ error }) => error?.code === 'ERR_RESOURCE')).toBe(
      true,
    );
  });

  it('halves once for tasks that ran out together, gives up after three attempts', async () => {
    const seen: number[] = [];
    const tasks = [0, 1, 2, 3].map(() => async ({ attempt }: AdaptiveContext) => {
      seen.push(attempt);
      await tick();
      throw new RangeError('Array buffer allocation failed');
    });
    const { outcomes, ledger, workers } = await runAdaptive(tasks, { numWorkers: 16, backoffMs: 1 });
    expect(outcomes.every((outcome) => outcome.status === 'failed' && outcome.attempts === 3)).toBe(true);
    expect(ledger.filter(({ attempt }) => attempt === 1).every((entry) => entry.workers === 16)).toBe(true);
    // At most one halving for each attempt of each task that began after the last halving.
    expect(workers).toBeGreaterThanOrEqual(1);
    expect(ledger.some((entry) => entry.workers === 8)).toBe(true);
    expect(Math.max(...seen)).toBe(3);
  });

  it('retries other errors by policy only', async () => {
    let flaky = 0;
    const { outcomes } = await runAdaptive<number>(
      [
        () => {
          if (++flaky < 2) throw new IsovoxError('ERR_IO', 'busy');
          return 1;
        },
        () => {
          throw new IsovoxError('ERR_CORRUPT_DATA', 'broken');
        },
      ],
      { numWorkers: 1, retries: 2, backoffMs: 1 },
    );
    expect(outcomes).toMatchObject([
      { status: 'done', attempts: 2 },
      { status: 'failed', attempts: 1 },
    ]);
  });

  it('takes a worker that the system killed for want of memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isovox-adaptive-'));
    const module = join(import.meta.dirname, 'worker', 'functions.mjs');
    const items = [0, 1, 2].map((value) => ({
      value,
      how: 'kill',
      marker: value === 1 ? join(folder, 'm') : undefined,
    }));
    const { outcomes, ledger, workers } = await runAdaptive(items, {
      fn: { module, export: 'crashOnce' },
      numWorkers: 2,
      backoffMs: 1,
    });
    rmSync(folder, { recursive: true });
    expect(outcomes.map((outcome) => outcome.status === 'done' && outcome.value)).toEqual([0, 1, 2]);
    expect(workers).toBe(1);
    expect(ledger.filter(({ outOfMemory }) => outOfMemory)).toMatchObject([{ index: 1, attempt: 1 }]);
  });

  it('cancels what runs and what waits', async () => {
    const controller = new AbortController();
    const tasks = [0, 1, 2].map(() => () => new Promise<void>(() => {}));
    const run = runAdaptive(tasks, { numWorkers: 1, signal: controller.signal });
    controller.abort();
    const { outcomes } = await run;
    expect(outcomes.map((outcome) => outcome.status === 'failed' && outcome.error.code)).toEqual(
      Array(3).fill('ERR_CANCELLED'),
    );
  });

  it('knows what want of memory looks like', () => {
    expect(isOutOfMemory(new RangeError('Array buffer allocation failed'))).toBe(true);
    expect(isOutOfMemory(Object.assign(new Error('x'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }))).toBe(true);
    expect(isOutOfMemory(new Error('outer', { cause: new Error('std::bad_alloc') }))).toBe(true);
    expect(isOutOfMemory(new RangeError('Invalid array length'))).toBe(false);
    expect(isOutOfMemory('out of memory')).toBe(false);
  });
});
