import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { executeParallel } from '../../../lib/parallel/execute.js';
import { ParallelError } from '../../../lib/parallel/outcome.js';

const functions = join(import.meta.dirname, 'worker', 'functions.mjs');
const folder = mkdtempSync(join(tmpdir(), 'isovox-parallel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const caught = async (run: Promise<unknown>): Promise<ParallelError> =>
  run.then(
    () => expect.fail('it did not reject'),
    (error: ParallelError) => error,
  );
/** Threads and child processes that this process has. */
const workers = () => process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Process/.test(name)).length;

describe.each(['thread', 'process'] as const)('executeParallel with poolType %s', (poolType) => {
  const two = { poolType, numWorkers: 2 };

  it('gives results in the order of the items, whatever order they end in', async () => {
    const wait = async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return ms;
    };
    const items = [40, 5, 20, 1, 0, 15];
    expect(await executeParallel(wait, items, { ...two, chunkSize: 1 })).toEqual(items);
    expect(await executeParallel((value: number) => value * value, [1, 2, 3, 4, 5], { ...two, chunkSize: 2 })).toEqual([
      1, 4, 9, 16, 25,
    ]);
    expect(await executeParallel((value: number) => value, [], two)).toEqual([]);
  });

  it('runs a function of a module', async () => {
    expect(await executeParallel<number, number>({ module: functions, export: 'double' }, [1, 2, 3], two)).toEqual([
      2, 4, 6,
    ]);
    const error = await caught(executeParallel({ module: functions, export: 'notAFunction' }, [1], two));
    expect(error.message).toContain('notAFunction');
  });

  it('carries every completed result when an item fails, and says which', async () => {
    const run = executeParallel(
      (value: number) => {
        if (value === 3) throw Object.assign(new Error('three is bad'), { code: 'ERR_CORRUPT_DATA' });
        return value * 10;
      },
      [0, 1, 2, 3, 4, 5],
      { poolType, numWorkers: 1, chunkSize: 6 },
    );
    const error = await caught(run);
    expect(error).toBeInstanceOf(ParallelError);
    expect(error).toMatchObject({ code: 'ERR_CORRUPT_DATA', context: { index: '3' } });
    expect([...error.results].filter(([index]) => index < 3)).toEqual([
      [0, 0],
      [1, 10],
      [2, 20],
    ]);
    expect(error.outcomes[3]).toMatchObject({ status: 'failed', attempts: 1 });
  });

  it('with settle gives every outcome', async () => {
    const outcomes = await executeParallel(
      (value: number) => {
        if (value % 2 === 1) throw new Error(`odd ${value}`);
        return value;
      },
      [0, 1, 2, 3],
      { ...two, settle: true },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['done', 'failed', 'done', 'failed']);
    expect(outcomes[3]).toMatchObject({ error: { message: 'odd 3' } });
  });

  it('stops the work of an item that takes too long, and nothing else', async () => {
    const begun = performance.now();
    const outcomes = await executeParallel(
      (value: number) => {
        if (value === 1) for (;;);
        return value;
      },
      [0, 1, 2, 3, 4, 5],
      { ...two, chunkSize: 3, timeoutMs: 150, settle: true },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['done', 'failed', 'done', 'done', 'done', 'done']);
    expect(outcomes[1]).toMatchObject({ error: { code: 'ERR_TIMEOUT', context: { limit: '150' } } });
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('counts a worker that ended as one failed attempt of the item it was at', async () => {
    const items = [0, 1, 2, 3, 4, 5].map((value) => ({
      value,
      how: 'exit',
      marker: value === 2 ? join(folder, `${poolType}-exit`) : undefined,
    }));
    const outcomes = await executeParallel({ module: functions, export: 'crashOnce' }, items, {
      ...two,
      chunkSize: 3,
      retries: 1,
      backoffMs: 1,
      settle: true,
    });
    expect(outcomes).toEqual(
      [0, 1, 2, 3, 4, 5].map((value) => ({ status: 'done', value, attempts: value === 2 ? 2 : 1 })),
    );
    const always = await executeParallel((value: number) => (value === 1 ? process.exit(9) : value), [0, 1, 2], {
      ...two,
      chunkSize: 3,
      settle: true,
    });
    expect(always.map(({ status }) => status)).toEqual(['done', 'failed', 'done']);
    expect(always[1]).toMatchObject({ error: { code: 'ERR_INTERNAL', context: { exitCode: '9' } } });
  });

  it('ends what runs within 100 ms of an abort and keeps what was done', async () => {
    const cancelled = async () => {
      const controller = new AbortController();
      let aborted = 0;
      const run = executeParallel(
        (value: number) => {
          if (value > 0) for (;;);
          return value;
        },
        [0, 1, 2, 3],
        {
          poolType,
          numWorkers: 1,
          chunkSize: 1,
          signal: controller.signal,
          onProgress() {
            setTimeout(() => {
              aborted = performance.now();
              controller.abort();
            }, 20);
          },
        },
      );
      const error = await caught(run);
      expect(error).toMatchObject({ code: 'ERR_CANCELLED', name: 'AbortError' });
      expect([...error.results]).toEqual([[0, 0]]);
      return performance.now() - aborted;
    };
    // The best of three: a machine that is busy with other things says nothing about us.
    let best = await cancelled();
    for (let i = 0; i < 2 && best >= 100; i++) best = Math.min(best, await cancelled());
    expect(best).toBeLessThan(100);
  });

  it('moves typed arrays without loss, and leaves no worker', async () => {
    const items = [new Float32Array(100_000).fill(1.5), new Float32Array(3).fill(2)];
    const results = await executeParallel((array: Float32Array) => array.map((value) => value * 2), items, two);
    expect(results[0]).toBeInstanceOf(Float32Array);
    expect(results.map((result) => [result.length, result[0], result.at(-1)])).toEqual([
      [100_000, 3, 3],
      [3, 4, 4],
    ]);
    expect(items[0]?.length).toBe(100_000);
    await expect.poll(workers, { timeout: 1000 }).toBe(0);
  });

  it('sees shared memory: in a thread the same, in a process its content', async () => {
    const shared = new Int32Array(new SharedArrayBuffer(16));
    shared[0] = 7;
    const [seen] = await executeParallel(
      (array: Int32Array) => {
        array[1] = 5;
        return array[0];
      },
      [shared],
      two,
    );
    expect(seen).toBe(7);
    expect(shared[1]).toBe(poolType === 'thread' ? 5 : 0);
  });

  it('fails the item whose result cannot be sent, not its neighbours', async () => {
    const outcomes = await executeParallel(
      (value: number): unknown => (value === 1 ? Symbol('no') : value),
      [0, 1, 2],
      { ...two, chunkSize: 3, settle: true },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['done', 'failed', 'done']);
  });
});

describe('executeParallel', () => {
  it('takes a child process that was killed for one attempt, and for want of memory', async () => {
    const items = [0, 1, 2].map((value) => ({
      value,
      how: 'kill',
      marker: value === 1 ? join(folder, 'killed') : undefined,
    }));
    const options = { poolType: 'process', numWorkers: 1, chunkSize: 3, settle: true, backoffMs: 1 } as const;
    const [, first] = await executeParallel({ module: functions, export: 'crashOnce' }, items, options);
    expect(first).toMatchObject({ status: 'failed', error: { code: 'ERR_RESOURCE' } });
    rmSync(join(folder, 'killed'));
    const again = await executeParallel({ module: functions, export: 'crashOnce' }, items, { ...options, retries: 1 });
    expect(again[1]).toEqual({ status: 'done', value: 1, attempts: 2 });
  });

  it('moves items when asked to', async () => {
    const array = new Float64Array(10_000).fill(1);
    const run = executeParallel((values: Float64Array) => values.length, [array], { moveItems: true });
    expect(await run).toEqual([10_000]);
    expect(array.length).toBe(0);
  });

  it('fails an item that cannot be cloned, and not its neighbours', async () => {
    const outcomes = await executeParallel((value: unknown) => typeof value, [1, () => 1, 'x'], {
      numWorkers: 1,
      chunkSize: 3,
      settle: true,
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['done', 'failed', 'done']);
    expect(outcomes[1]).toMatchObject({ error: { code: 'ERR_INVALID_ARGUMENT' } });
  });

  it('says what a function that looks around it misses', async () => {
    const outside = 5;
    const error = await caught(executeParallel((value: number) => value + outside, [1], {}));
    expect(error.message).toMatch(/outside is not defined.*sees nothing of the file/);
  });

  it('reports progress to the end', async () => {
    const seen: number[] = [];
    await executeParallel((value: number) => value, [1, 2, 3, 4, 5, 6, 7], {
      chunkSize: 2,
      numWorkers: 2,
      onProgress: (done, total) => {
        expect(total).toBe(7);
        seen.push(done);
      },
    });
    expect(seen.at(-1)).toBe(7);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('names a wrong argument before anything starts', async () => {
    const bad = (options: object, fn: unknown = (value: number) => value) =>
      expect(executeParallel(fn as (value: number) => number, [1], options)).rejects;
    await bad({ numWorkers: 0 }).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', context: { name: 'numWorkers' } });
    await bad({ poolType: 'fibre' }).toMatchObject({ context: { name: 'poolType' } });
    await bad({ retries: -1 }).toMatchObject({ context: { name: 'retries' } });
    await bad({ timeoutMs: 0 }).toMatchObject({ context: { name: 'timeoutMs' } });
    await bad({}, Math.max).toMatchObject({ context: { name: 'fn' } });
    await bad({}, 5).toMatchObject({ context: { name: 'fn' } });
  });
});
