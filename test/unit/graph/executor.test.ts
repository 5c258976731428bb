import { describe, expect, it } from 'vitest';

import { IsovoxError } from '../../../lib/errors.js';
import { HierarchicalExecutor } from '../../../lib/graph/executor.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('HierarchicalExecutor', () => {
  it('starts a task when its own dependencies are done, not when its level is', async () => {
    // Expected from the definition of a ready-driven schedule: the child of the short parent does not wait for the
    // unrelated long sibling.
    const order: string[] = [];
    const executor = new HierarchicalExecutor()
      .addTask('long', async () => {
        await sleep(300);
        order.push('long');
      })
      .addTask('short', async () => {
        await sleep(5);
        order.push('short');
      })
      .addTask('child', () => void order.push('child'), { dependencies: ['short'] });
    await executor.execute();
    expect(order).toEqual(['short', 'child', 'long']);
  });

  it('hands results of dependencies to the task', async () => {
    const executor = new HierarchicalExecutor()
      .addTask('two', () => 2)
      .addTask('three', async () => 3)
      .addTask('product', ({ results }) => (results.get('two') as number) * (results.get('three') as number), {
        dependencies: ['two', 'three'],
      });
    const { outcomes } = await executor.execute();
    expect(outcomes.get('product')).toEqual({ status: 'done', value: 6 });
  });

  it('names a circle, an unknown dependency and a name taken twice before anything runs', () => {
    const circle = new HierarchicalExecutor()
      .addTask('a', () => 1, { dependencies: ['c'] })
      .addTask('b', () => 1, { dependencies: ['a'] })
      .addTask('c', () => 1, { dependencies: ['b'] });
    expect(() => circle.plan()).toThrow(/circle: .*a.*->.*b.*->.*c/);
    const unknown = new HierarchicalExecutor().addTask('a', () => 1, { dependencies: ['nobody'] });
    expect(() => unknown.plan()).toThrow(/nobody/);
    expect(() => unknown.addTask('a', () => 1)).toThrow(/not taken/);
  });

  it('fails only the descendants of a failed task', async () => {
    const executor = new HierarchicalExecutor()
      .addTask('bad', () => {
        throw new IsovoxError('ERR_CORRUPT_DATA', 'broken');
      })
      .addTask('child', () => 1, { dependencies: ['bad'] })
      .addTask('grandchild', () => 1, { dependencies: ['child'] })
      .addTask('other', () => 1);
    const { outcomes } = await executor.execute();
    expect(outcomes.get('bad')).toMatchObject({ status: 'failed' });
    expect(outcomes.get('child')).toEqual({ status: 'skipped', because: 'bad' });
    expect(outcomes.get('grandchild')).toEqual({ status: 'skipped', because: 'child' });
    expect(outcomes.get('other')).toMatchObject({ status: 'done' });
  });

  it('keeps resource classes within their capacity and starts the heaviest chain first', async () => {
    let running = 0;
    let most = 0;
    const started: string[] = [];
    const executor = new HierarchicalExecutor();
    for (let i = 0; i < 6; i++) {
      executor.addTask(
        `t${i}`,
        async () => {
          started.push(`t${i}`);
          most = Math.max(most, ++running);
          await sleep(5);
          running--;
        },
        { resources: { gpu: 1 }, weight: i },
      );
    }
    await executor.execute({ capacity: { gpu: 2 } });
    expect(most).toBe(2);
    expect(started).toEqual(['t5', 't4', 't3', 't2', 't1', 't0']);
  });

  it('retries what is worth it and records every attempt', async () => {
    let tries = 0;
    const executor = new HierarchicalExecutor()
      .addTask(
        'flaky',
        () => {
          if (++tries < 3) throw new IsovoxError('ERR_IO', 'busy');
          return 'ok';
        },
        { retries: 3 },
      )
      .addTask(
        'bad data',
        () => {
          throw new IsovoxError('ERR_CORRUPT_DATA', 'broken');
        },
        { retries: 3 },
      );
    const { outcomes, ledger } = await executor.execute({ backoffMs: 1 });
    expect(outcomes.get('flaky')).toEqual({ status: 'done', value: 'ok' });
    expect(ledger.filter((entry) => entry.task === 'flaky')).toHaveLength(3);
    expect(ledger.filter((entry) => entry.task === 'bad data')).toHaveLength(1);
  });

  it('ends a task at its deadline and tells it so', async () => {
    let told = false;
    const executor = new HierarchicalExecutor().addTask(
      'slow',
      ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            told = true;
            resolve(undefined);
          });
        }),
      { timeoutMs: 20 },
    );
    const { outcomes } = await executor.execute();
    expect(outcomes.get('slow')).toMatchObject({ status: 'failed', error: { code: 'ERR_TIMEOUT' } });
    expect(told).toBe(true);
  });

  it('cancels what runs and what waits', async () => {
    const controller = new AbortController();
    const executor = new HierarchicalExecutor()
      .addTask(
        'running',
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      )
      .addTask('later', () => 1, { dependencies: ['running'] })
      .addTask('held back', () => 1, { resources: { gpu: 1 }, dependencies: ['later'] });
    const run = executor.execute({ signal: controller.signal });
    controller.abort(new IsovoxError('ERR_CANCELLED', 'stop'));
    const { outcomes } = await run;
    expect(outcomes.get('running')).toMatchObject({ status: 'failed', error: { code: 'ERR_CANCELLED' } });
    expect(outcomes.size).toBe(3);
    expect([...outcomes.values()].some((outcome) => outcome.status === 'done')).toBe(false);
  });
});
