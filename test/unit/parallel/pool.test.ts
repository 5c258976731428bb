import { afterEach, describe, expect, it } from 'vitest';

import { WorkerPool } from '../../../lib/parallel/pool.js';

const pools: WorkerPool[] = [];
const open = (numWorkers: number, maxQueue?: number) => {
  const pool = new WorkerPool({ numWorkers, maxQueue });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});
const twice = (value: number) => 2 * value;
const forever = (value: number) => {
  for (;;) if (value < 0) return value;
};

describe('WorkerPool', () => {
  it('answers many tasks, short ones together, each with its own', async () => {
    const pool = open(2);
    const values = Array.from({ length: 5000 }, (_, i) => i);
    expect(await Promise.all(values.map((value) => pool.run(twice, value)))).toEqual(values.map(twice));
    expect(pool.queueSize).toBe(0);
  });

  it('ends the worker of a task that is aborted or late, and runs what waited elsewhere', async () => {
    const pool = open(1);
    const controller = new AbortController();
    const late = pool.run(forever, 1, { timeoutMs: 100 });
    const stopped = pool.run(forever, 2, { signal: controller.signal });
    const after = pool.run(twice, 21);
    await expect(late).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    expect(await after).toBe(42);
  });

  it('refuses more than maxQueue, and everything once it is closed', async () => {
    const pool = open(1, 1);
    const running = pool.run(forever, 1);
    const waiting = pool.run(twice, 1);
    await expect(pool.run(twice, 2)).rejects.toMatchObject({ code: 'ERR_RESOURCE' });
    const rejected = Promise.allSettled([running, waiting]);
    await pool.close();
    expect(await rejected).toMatchObject([
      { reason: { code: 'ERR_CANCELLED' } },
      { reason: { code: 'ERR_CANCELLED' } },
    ]);
    await expect(pool.run(twice, 2)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });

  it('rejects only the task that its worker died of', async () => {
    const pool = open(1);
    const die = (value: number) => (value === 3 ? process.exit(1) : value);
    const runs = await Promise.allSettled([1, 2, 3, 4, 5].map((value) => pool.run(die, value)));
    expect(runs.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });
});
