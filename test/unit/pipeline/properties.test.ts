/** Rules that hold for every pipeline: checked on random ones against a plain loop over arrays. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PipelineBuilder } from '../../../lib/pipeline/builder.js';

type Stage =
  | {
      kind: 'pipe';
      form: 'sync' | 'async' | 'later' | 'generator' | 'async generator';
      concurrency: number;
      order: 'completion' | 'input';
      drop: number;
      fail: number;
    }
  | { kind: 'group'; size: number; dropLast: boolean }
  | { kind: 'ways'; count: number; inner: Stage[] };

const pipe = fc.record({
  kind: fc.constant('pipe' as const),
  form: fc.constantFrom('sync', 'async', 'later', 'generator', 'async generator'),
  concurrency: fc.integer({ min: 1, max: 4 }),
  order: fc.constantFrom('completion', 'input'),
  // Items whose number leaves this remainder of 7 are dropped, or fail; 7 never happens.
  drop: fc.integer({ min: 0, max: 20 }),
  fail: fc.integer({ min: 0, max: 20 }),
});
const group = fc.record({
  kind: fc.constant('group' as const),
  size: fc.integer({ min: 1, max: 4 }),
  dropLast: fc.boolean(),
});
const ways = fc.record({
  kind: fc.constant('ways' as const),
  count: fc.integer({ min: 1, max: 3 }),
  inner: fc.array(pipe, { maxLength: 2 }),
});
const stages = fc.array(fc.oneof({ weight: 4, arbitrary: pipe }, group, ways), { maxLength: 4 }) as fc.Arbitrary<
  Stage[]
>;
const source = fc.record({
  items: fc.integer({ min: 0, max: 12 }),
  later: fc.boolean(),
  sink: fc.integer({ min: 1, max: 4 }),
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function operation({ form, drop, fail }: Extract<Stage, { kind: 'pipe' }>) {
  const one = (value: number) => {
    if (value % 7 === fail) throw new Error(`fails at ${value}`);
    return value % 7 === drop ? null : value + 1;
  };
  switch (form) {
    case 'sync':
      return one;
    case 'async':
      return async (value: number) => one(value);
    case 'later':
      return async (value: number) => turn().then(() => one(value));
    case 'generator':
      return function* (value: number) {
        yield one(value);
        yield value;
      };
    case 'async generator':
      return async function* (value: number) {
        yield one(value);
        await Promise.resolve();
        yield value;
      };
  }
}

function add(chain: PipelineBuilder<number>, list: readonly Stage[]): PipelineBuilder<number> {
  let last = chain;
  for (const stage of list) {
    if (stage.kind === 'pipe') {
      const { concurrency, order: outputOrder } = stage;
      last = last.pipe(operation(stage) as (value: number) => number, { concurrency, outputOrder });
    } else if (stage.kind === 'group') {
      last = last.aggregate(stage.size, { dropLast: stage.dropLast }).disaggregate();
    } else {
      const path = (inner: unknown) => add(inner as PipelineBuilder<number>, stage.inner) as never;
      last = (last as PipelineBuilder<unknown>).pathVariants(
        (value) => (value as number) % stage.count,
        Array.from({ length: stage.count }, () => path),
      ) as unknown as PipelineBuilder<number>;
    }
  }
  return last;
}

/** The same stages as loops over arrays. */
function expected(values: number[], list: readonly Stage[]): number[] {
  let items = values;
  for (const stage of list) {
    if (stage.kind === 'group') {
      const whole = items.length - (stage.dropLast ? items.length % stage.size : 0);
      items = items.slice(0, whole);
    } else if (stage.kind === 'ways') {
      items = expected(items, stage.inner);
    } else {
      items = items.flatMap((value) => {
        if (value % 7 === stage.fail) return [];
        const one = value % 7 === stage.drop ? [] : [value + 1];
        return stage.form.includes('generator') ? [...one, value] : one;
      });
    }
  }
  return items;
}

/** Whether every stage keeps the order of its input, and whether which items are left depends on the order. */
const ordered = (list: readonly Stage[]): boolean =>
  list.every((stage) =>
    stage.kind === 'pipe'
      ? stage.concurrency === 1 || stage.order === 'input'
      : stage.kind === 'group' || (stage.count === 1 && ordered(stage.inner)),
  );
const countedOnly = (list: readonly Stage[]): boolean =>
  !ordered(list) && list.some((stage) => stage.kind === 'group' && stage.dropLast);

const within = async <T>(promise: Promise<T>, ms: number, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no end within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

function make(
  { items, later, sink }: { items: number; later: boolean; sink: number },
  list: readonly Stage[],
  signal?: AbortSignal,
) {
  const given = { count: 0 };
  const sync = function* () {
    for (let i = 0; i < items; i++) {
      given.count++;
      yield i;
    }
  };
  const slow = async function* () {
    for (const value of sync()) {
      if (value % 3 === 0) await turn();
      yield value;
    }
  };
  const builder = new PipelineBuilder().addSource<number>(later ? slow : sync);
  return { pipeline: add(builder, list).addSink(sink).build({ signal }), given };
}

const unhandled: unknown[] = [];
const hear = (reason: unknown) => unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', hear));
afterAll(() => void process.off('unhandledRejection', hear));

describe('random pipelines', () => {
  it('6,000 end, with the items of a plain loop, in its order where the stages keep order', async () => {
    await fc.assert(
      fc.asyncProperty(source, stages, async (from, list) => {
        const { pipeline } = make(from, list);
        const got: number[] = [];
        const run = async () => {
          for await (const item of pipeline) got.push(item);
        };
        await within(run(), 10_000, 'run');
        const want = expected(
          Array.from({ length: from.items }, (_, i) => i),
          list,
        );
        if (ordered(list)) expect(got).toEqual(want);
        else if (!countedOnly(list)) expect(got.sort((a, b) => a - b)).toEqual(want.sort((a, b) => a - b));
        for (const { error } of pipeline.failures) expect(error.message).toMatch(/^fails at/);
      }),
      { numRuns: 6000 },
    );
    expect(unhandled).toEqual([]);
  });

  it('2,000 with failure budgets end: with the error when one is spent, without when none is', async () => {
    await fc.assert(
      fc.asyncProperty(
        source,
        fc.array(pipe, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 3 }),
        async (from, list, budget) => {
          let builder = new PipelineBuilder().addSource<number>(Array.from({ length: from.items }, (_, i) => i));
          for (const stage of list as Extract<Stage, { kind: 'pipe' }>[]) {
            builder = builder.pipe(operation(stage) as (value: number) => number, {
              concurrency: stage.concurrency,
              outputOrder: stage.order,
              maxFailures: budget,
            });
          }
          const pipeline = builder.addSink(from.sink).build();
          const run = async () => {
            for await (const _ of pipeline);
          };
          const error = await within(run(), 10_000, 'run').then(
            () => undefined,
            (thrown: Error) => thrown,
          );
          const most = Math.max(0, ...pipeline.statistics().stages.map(({ failed }) => failed));
          expect(error === undefined).toBe(most <= budget);
          if (error) expect(error.message).toMatch(/gave up/);
          expect(most).toBeLessThanOrEqual(budget + 1);
        },
      ),
      { numRuns: 2000 },
    );
    expect(unhandled).toEqual([]);
  });

  it('2,000 that are left, stopped or cancelled end at once and leave nothing running', async () => {
    await fc.assert(
      fc.asyncProperty(
        source,
        stages,
        fc.integer({ min: 0, max: 8 }),
        fc.constantFrom('break', 'stop', 'abort'),
        async (from, list, after, how) => {
          const controller = new AbortController();
          const { pipeline } = make({ ...from, items: 1000 }, list, controller.signal);
          let seen = 0;
          const run = async () => {
            for await (const _ of pipeline) {
              if (++seen <= after) continue;
              if (how === 'break') break;
              if (how === 'stop') await pipeline.stop();
              else controller.abort();
            }
          };
          await within(
            run().catch((error: Error) => expect(error.name).toBe('AbortError')),
            10_000,
            how,
          );
          await within(pipeline.stop(), 10_000, 'stop');
          const { done } = pipeline.statistics().stages[0] ?? { done: 0 };
          await turn();
          expect(pipeline.statistics().stages[0]?.done ?? 0).toBe(done);
        },
      ),
      { numRuns: 2000 },
    );
    expect(unhandled).toEqual([]);
  });
});

describe('back-pressure in random pipelines', () => {
  it('the source is never more than the room of the pipeline ahead of the consumer', async () => {
    const straight = fc.array(
      fc.record({
        concurrency: fc.integer({ min: 1, max: 4 }),
        order: fc.constantFrom('completion', 'input'),
        wait: fc.boolean(),
      }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(source, straight, async ({ sink }, list) => {
        let given = 0;
        const endless = function* () {
          for (;;) yield given++;
        };
        let builder = new PipelineBuilder().addSource<number>(endless);
        for (const { concurrency, order, wait } of list) {
          builder = builder.pipe(async (value: number) => (wait ? turn().then(() => value) : value), {
            concurrency,
            outputOrder: order as 'input',
          });
        }
        const pipeline = builder.addSink(sink).build();
        // The sink, two between stages, what each stage has in hand, one in the hand of the source.
        const room = sink + 2 * list.length + list.reduce((sum, { concurrency }) => sum + concurrency, 0) + 1;
        for (let taken = 1; taken <= 6; taken++) {
          await pipeline.next();
          for (let i = 0; i < 6; i++) await turn();
          expect(given).toBeLessThanOrEqual(taken + room);
        }
        await pipeline.stop();
      }),
      { numRuns: 500 },
    );
  });
});
