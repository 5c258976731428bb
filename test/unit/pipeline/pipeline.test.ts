import { describe, expect, it } from 'vitest';

import { IsovoxError } from '../../../lib/errors.js';
import { PipelineBuilder } from '../../../lib/pipeline/builder.js';
import { PipelineError } from '../../../lib/pipeline/failures.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
const numbers = (n: number) => new PipelineBuilder().addSource(range(n));

describe('order and shape', () => {
  it('passes items through functions, async functions, generators and async generators', async () => {
    const pipeline = numbers(3)
      .pipe((value) => value + 1)
      .pipe(async (value) => value * 10)
      .pipe(function* (value) {
        yield value;
        yield value + 1;
      })
      .pipe(async function* (value) {
        yield String(value);
        await sleep(0);
        if (value % 2 === 0) yield null;
      })
      .addSink()
      .build();
    expect(await all(pipeline)).toEqual(['10', '11', '20', '21', '30', '31']);
  });

  it('takes iterables, async iterables and functions that make them', async () => {
    const later = async function* () {
      yield 1;
      yield 2;
    };
    expect(await all(new PipelineBuilder().addSource(new Set([1, 2])).build())).toEqual([1, 2]);
    expect(await all(new PipelineBuilder().addSource(later()).build())).toEqual([1, 2]);
    expect(await all(new PipelineBuilder().addSource(later).build())).toEqual([1, 2]);
    expect(await all(new PipelineBuilder().addSource([]).build())).toEqual([]);
  });

  it('gives results as they complete, or in the order of the input', async () => {
    const wait = async (ms: number) => {
      await sleep(ms);
      return ms;
    };
    const waits = [60, 5, 30, 1];
    const source = () => new PipelineBuilder().addSource(waits);
    expect(await all(source().pipe(wait, { concurrency: 4 }).build())).toEqual([1, 5, 30, 60]);
    expect(await all(source().pipe(wait, { concurrency: 4, outputOrder: 'input' }).build())).toEqual(waits);
  });

  it('keeps the order of generators that run side by side', async () => {
    const pipeline = numbers(6)
      .pipe(
        async function* (value) {
          for (let i = 0; i < 3; i++) {
            await sleep((7 * value + 3 * i) % 5);
            yield `${value}.${i}`;
          }
        },
        { concurrency: 3, outputOrder: 'input' },
      )
      .build();
    expect(await all(pipeline)).toEqual(range(6).flatMap((value) => range(3).map((i) => `${value}.${i}`)));
  });

  it('never runs more of a stage than its concurrency', async () => {
    for (const outputOrder of ['completion', 'input'] as const) {
      let running = 0;
      let most = 0;
      const pipeline = numbers(20)
        .pipe(
          async () => {
            most = Math.max(most, ++running);
            await sleep(1);
            running--;
            return 1;
          },
          { concurrency: 4, outputOrder },
        )
        .build();
      expect(await all(pipeline)).toHaveLength(20);
      expect(most).toBe(4);
    }
  });

  it('drops null and undefined, and nothing else that is falsy', async () => {
    const values = [0, null, '', undefined, false, Number.NaN];
    expect(await all(new PipelineBuilder().addSource(values).build())).toEqual([0, '', false, Number.NaN]);
    expect(
      await all(
        numbers(4)
          .pipe((value) => (value % 2 ? null : value))
          .build(),
      ),
    ).toEqual([0, 2]);
  });

  it('aggregates and disaggregates', async () => {
    expect(await all(numbers(5).aggregate(2).build())).toEqual([[0, 1], [2, 3], [4]]);
    expect(await all(numbers(5).aggregate(2, { dropLast: true }).build())).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(await all(numbers(5).aggregate(2).disaggregate().build())).toEqual(range(5));
    const typed = new PipelineBuilder()
      .addSource([Float32Array.of(1, 2), Float32Array.of(3)])
      .disaggregate()
      .build();
    expect(await all(typed)).toEqual([1, 2, 3]);
  });

  it('sends items down the path that the router names', async () => {
    const pipeline = numbers(8)
      .pathVariants(
        (value) => (value === 7 ? null : value % 3),
        [
          (path) => path.pipe((value) => `a${value}`),
          (path) => path.pipe(async (value) => `b${value}`).aggregate(2),
          (path) => path,
        ],
      )
      .build();
    const items = await all(pipeline);
    expect(items).toHaveLength(6);
    expect(items).toEqual(expect.arrayContaining(['a0', 'a3', 'a6', ['b1', 'b4'], 2, 5]));
    const lost = numbers(2)
      .pathVariants((value) => (value === 0 ? 'there' : 'nowhere'), { there: (path) => path })
      .build();
    expect(await all(lost)).toEqual([0]);
    expect(lost.failures).toMatchObject([
      { stage: 'variants', index: 1, item: 1, error: { code: 'ERR_INVALID_ARGUMENT' } },
    ]);
  });

  it('runs operations on threads and processes, generators to their end', async () => {
    const pipeline = numbers(4)
      .pipe((value: number) => value * 2, { executor: 'thread', concurrency: 2, outputOrder: 'input' })
      .pipe(
        function* (value: number) {
          yield value;
          yield value + 1;
        },
        { executor: 'thread' },
      )
      .pipe((value: number) => ({ many: [value] }), { executor: 'process' })
      .build({ numThreads: 2 });
    expect(await all(pipeline)).toEqual(range(8).map((value) => ({ many: [value] })));
    const left = () => process.getActiveResourcesInfo().filter((name) => /MessagePort|Process/.test(name));
    await expect.poll(left, { timeout: 1000 }).toEqual([]);
  });
});

describe('back-pressure', () => {
  it('a slow consumer stops the source within its bound', async () => {
    let given = 0;
    const source = function* () {
      for (;;) yield given++;
    };
    const pipeline = new PipelineBuilder()
      .addSource(source)
      .pipe((value) => value, { concurrency: 2 })
      .pipe(async (value) => value, { concurrency: 3, outputOrder: 'input' })
      .addSink(4)
      .build()
      .start();
    await sleep(50);
    // Sink 4, two queues of 2, 2 + 3 items in the stages, 1 that the source holds.
    const bound = 4 + 2 * 2 + 2 + 3 + 1;
    expect(given).toBeLessThanOrEqual(bound);
    const before = given;
    for (let i = 0; i < 10; i++) await pipeline.next();
    await sleep(20);
    expect(given - before).toBe(10);
    await pipeline.stop();
  });
});

describe('failures', () => {
  const odd = (value: number) => {
    if (value % 2 === 1) throw new IsovoxError('ERR_CORRUPT_DATA', `odd ${value}`);
    return value;
  };

  it('goes on and lists every failed item with its reason', async () => {
    const pipeline = numbers(6).pipe(odd, { name: 'check' }).build();
    expect(await all(pipeline)).toEqual([0, 2, 4]);
    expect(pipeline.failures.map(({ stage, index, item, error }) => [stage, index, item, error.message])).toEqual([
      ['check', 1, 1, 'odd 1'],
      ['check', 3, 3, 'odd 3'],
      ['check', 5, 5, 'odd 5'],
    ]);
    expect(pipeline.report()).toContain('check item 3: odd 3');
    expect(pipeline.error).toBeUndefined();
  });

  it('gives up when a count is exceeded: upstream stops, what is done arrives, then the error', async () => {
    let given = 0;
    let returned = false;
    const source = function* () {
      try {
        for (;;) yield given++;
      } finally {
        returned = true;
      }
    };
    const seen: number[] = [];
    const pipeline = new PipelineBuilder()
      .addSource(source)
      .pipe(odd, { maxFailures: 2, name: 'check' })
      .pipe(async (value) => {
        await sleep(1);
        return value;
      })
      .build();
    const failure = await (async () => {
      for await (const value of pipeline) seen.push(value);
    })().catch((error: PipelineError) => error);
    expect(failure).toBeInstanceOf(PipelineError);
    expect(failure).toMatchObject({ code: 'ERR_CORRUPT_DATA', stage: 'check', context: { stage: 'check' } });
    expect((failure as PipelineError).failures).toHaveLength(3);
    expect(seen).toEqual([0, 2, 4]);
    expect(returned).toBe(true);
    expect(given).toBeLessThan(12);
  });

  it('looks at a fraction from the hundredth item on, and at the end', async () => {
    const bad = (until: number) => (value: number) => {
      if (value < until) throw new Error('bad');
      return value;
    };
    await expect(all(numbers(1000).pipe(bad(60), { maxFailures: 0.5 }).build())).rejects.toThrow(/60 of 100 items/);
    expect(await all(numbers(1000).pipe(bad(50), { maxFailures: 0.5 }).build())).toHaveLength(950);
    await expect(all(numbers(10).pipe(bad(6), { maxFailures: 0.5 }).build())).rejects.toThrow(/6 of 10 items/);
  });

  it('counts each stage by itself; the budget of build is for stages without their own', async () => {
    const first = (value: number) => {
      if (value < 2) throw new Error('first');
      return value;
    };
    const second = (value: number) => {
      if (value < 4) throw new Error('second');
      return value;
    };
    expect(await all(numbers(6).pipe(first).pipe(second).build({ maxFailures: 2 }))).toEqual([4, 5]);
    await expect(all(numbers(6).pipe(first).pipe(second, { maxFailures: 1 }).build())).rejects.toThrow(
      /second gave up/,
    );
    await expect(all(numbers(6).pipe(first).build({ maxFailures: 0 }))).rejects.toThrow(/first/);
  });

  it('retries, and ends an item at its deadline with its signal', async () => {
    let tries = 0;
    let told = 0;
    const pipeline = numbers(2)
      .pipe(
        async (value, { attempt, signal }) => {
          if (value === 0) {
            tries++;
            if (attempt < 3) throw new IsovoxError('ERR_IO', 'busy');
            return value;
          }
          signal.addEventListener('abort', () => told++);
          return new Promise<number>(() => {});
        },
        { retries: 2, backoffMs: 1, timeoutMs: 20 },
      )
      .build();
    expect(await all(pipeline)).toEqual([0]);
    expect(tries).toBe(3);
    expect(told).toBe(3);
    expect(pipeline.failures).toMatchObject([{ item: 1, attempts: 3, error: { code: 'ERR_TIMEOUT' } }]);
  });

  it('a source that fails reaches the iterator after what it gave', async () => {
    const source = function* () {
      yield 1;
      yield 2;
      throw new Error('disk is gone');
    };
    const seen: number[] = [];
    const pipeline = new PipelineBuilder().addSource(source).build();
    await expect(
      (async () => {
        for await (const value of pipeline) seen.push(value);
      })(),
    ).rejects.toThrow('disk is gone');
    expect(seen).toEqual([1, 2]);
  });
});

describe('life cycle', () => {
  it('leaving the loop stops everything', async () => {
    let returned = 0;
    const source = function* () {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        returned++;
      }
    };
    const aborted: boolean[] = [];
    const pipeline = new PipelineBuilder()
      .addSource(source)
      .pipe(
        async (value, { signal }) => {
          if (value > 3) {
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            aborted.push(true);
          }
          return value;
        },
        { concurrency: 2 },
      )
      .build();
    for await (const value of pipeline) if (value === 2) break;
    expect(returned).toBe(1);
    await sleep(1);
    expect(aborted.length).toBeLessThanOrEqual(2);
    await expect(pipeline.next()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('stops within 100 ms although an operation does not listen, in this thread or a worker', async () => {
    for (const executor of ['main', 'thread'] as const) {
      const controller = new AbortController();
      const op: (value: number) => number | Promise<number> =
        executor === 'main'
          ? () => new Promise<number>(() => {})
          : (value: number) => {
              for (;;) if (value < 0) return value;
            };
      const pipeline = numbers(100)
        .pipe(op, { executor, concurrency: 2 })
        .build({ numThreads: 1, signal: controller.signal });
      const ended = all(pipeline).catch((error: IsovoxError) => error);
      await sleep(executor === 'main' ? 5 : 300);
      const begun = performance.now();
      controller.abort();
      expect(await ended).toMatchObject({ code: 'ERR_CANCELLED' });
      expect(performance.now() - begun).toBeLessThan(100);
    }
  });

  it('an endless synchronous pipeline leaves timers and signals their turn', async () => {
    const controller = new AbortController();
    const source = function* () {
      for (let i = 0; ; i++) yield i;
    };
    const pipeline = new PipelineBuilder()
      .addSource(source)
      .pipe((value) => value)
      .build({ signal: controller.signal });
    const begun = performance.now();
    setTimeout(() => controller.abort(), 20);
    await expect(all(pipeline).then((list) => list.length)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('autoStop stops at the end, and throws what no loop has seen', async () => {
    const builder = numbers(5).pipe(
      (value) => {
        if (value === 1) throw new Error('one');
        return value;
      },
      { maxFailures: 0 },
    );
    const quiet = builder.build();
    await expect(
      quiet.autoStop(async (pipeline) => {
        await sleep(5);
        return pipeline.failures.length;
      }),
    ).rejects.toThrow('gave up');
    const loud = builder.build();
    await expect(loud.autoStop((pipeline) => all(pipeline))).rejects.toThrow('gave up');
    {
      await using _guard = numbers(100).build().autoStop();
    }
  });

  it('next waits no longer than asked', async () => {
    const pipeline = new PipelineBuilder()
      .addSource([30])
      .pipe(async (ms) => sleep(ms).then(() => ms))
      .build();
    await expect(pipeline.next({ timeoutMs: 5 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(await pipeline.next({ timeoutMs: 1000 })).toEqual({ done: false, value: 30 });
    expect((await pipeline.next()).done).toBe(true);
  });

  it('a continuous source gives one pass to each loop', async () => {
    let passes = 0;
    const pipeline = new PipelineBuilder()
      .addSource(
        () => {
          passes++;
          return range(5);
        },
        { continuous: true },
      )
      .pipe(async (value) => sleep(value % 2).then(() => value), { concurrency: 3 })
      .pathVariants(
        (value) => value % 2,
        [(path) => path, (path) => path.pipe(async (value) => value, { concurrency: 2 })],
      )
      .pipe((value) => value, { outputOrder: 'input', concurrency: 2 })
      .aggregate(2)
      .build();
    for (let epoch = 0; epoch < 4; epoch++) {
      const batches = await all(pipeline);
      expect(batches.map(({ length }) => length)).toEqual([2, 2, 1]);
      expect(batches.flat().sort()).toEqual(range(5));
    }
    expect(passes).toBeLessThan(12);
    for await (const batch of pipeline) {
      expect(batch).toHaveLength(2);
      break;
    }
    expect(await all(pipeline)).toHaveLength(2);
    await pipeline.stop();
  });

  it('one definition makes any number of runs', async () => {
    const builder = numbers(3).pipe((value) => value * 2);
    const definition = builder.definition();
    expect(Object.isFrozen(definition) && Object.isFrozen(definition.stages[0])).toBe(true);
    expect(await Promise.all([all(builder.build()), all(builder.build())])).toEqual([
      [0, 2, 4],
      [0, 2, 4],
    ]);
  });
});

describe('arguments', () => {
  it('are named when they are wrong', () => {
    const builder = () => numbers(1);
    const bad = (make: () => unknown, name: string) =>
      expect(make).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', context: expect.objectContaining({ name }) }),
      );
    bad(() => builder().pipe((value) => value, { concurrency: 0 }), 'concurrency');
    bad(() => builder().pipe((value) => value, { outputOrder: 'random' as 'input' }), 'outputOrder');
    bad(() => builder().pipe((value) => value, { maxFailures: 1.5 }), 'maxFailures');
    bad(() => builder().pipe((value) => value, { executor: 'gpu' as 'main' }), 'executor');
    bad(() => builder().pipe({ module: './x.mjs' }, { executor: 'main' }), 'op');
    bad(() => builder().aggregate(0), 'n');
    bad(() => builder().addSink(0), 'bufferSize');
    bad(
      () =>
        builder()
          .addSink(1)
          .pipe((value) => value),
      'pipe',
    );
    bad(() => builder().addSource([1]), 'addSource');
    bad(() => new PipelineBuilder().build(), 'build');
    bad(() => new PipelineBuilder().addSource(5 as never), 'source');
    bad(() => builder().build({ numThreads: 0 }), 'numThreads');
  });
});
