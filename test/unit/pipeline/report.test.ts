import { describe, expect, it } from 'vitest';

import { PipelineBuilder } from '../../../lib/pipeline/builder.js';
import { Durations } from '../../../lib/pipeline/durations.js';
import { profilePipeline } from '../../../lib/pipeline/profile.js';
import type { PipelineStatistics } from '../../../lib/pipeline/statistics.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const pass = async (value: number) => value;
const slow = async (value: number) => sleep(4).then(() => value);

describe('durations', () => {
  it('quantiles are within 2.2 % of the exact ones', () => {
    const durations = new Durations();
    const values = range(5000).map((i) => 0.01 * 1.002 ** i);
    for (const value of values) durations.add(value);
    const { count, meanMs, p90Ms, p99Ms } = durations.summary();
    expect(count).toBe(5000);
    expect(meanMs).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 5000, 9);
    for (const [got, share] of [
      [p90Ms, 0.9],
      [p99Ms, 0.99],
    ] as const) {
      const exact = values[Math.ceil(share * 5000) - 1] as number;
      expect(Math.abs(got / exact - 1)).toBeLessThan(0.0221);
    }
  });

  it('zeros count', () => {
    const durations = new Durations();
    for (const value of [0, 0, 0, 0, 0, 0, 0, 0, 0, 10]) durations.add(value);
    expect(durations.summary()).toMatchObject({ count: 10, meanMs: 1, p90Ms: 0 });
    expect(durations.summary().p99Ms).toBeCloseTo(10, 0);
    expect(new Durations().summary()).toEqual({ count: 0, meanMs: 0, p90Ms: 0, p99Ms: 0 });
  });
});

describe('statistics', () => {
  it('count what each stage and queue did', async () => {
    const pipeline = new PipelineBuilder()
      .addSource(range(10))
      .pipe(
        (value) => {
          if (value === 3) throw new Error('three');
          return value === 4 ? null : value;
        },
        { name: 'first' },
      )
      .pipe(slow, { name: 'second', concurrency: 2 })
      .addSink(1)
      .build();
    for await (const _ of pipeline);
    const { stages, queues } = pipeline.statistics();
    expect(stages.map(({ name, done, failed, dropped }) => [name, done, failed, dropped])).toEqual([
      ['source', 10, 0, 0],
      ['first', 9, 1, 1],
      ['second', 8, 0, 0],
    ]);
    expect(stages[2]?.meanMs).toBeGreaterThan(3);
    expect(stages[2]?.p99Ms).toBeGreaterThanOrEqual(stages[2]?.p90Ms ?? 0);
    expect(queues.map(({ name, items, capacity }) => [name, items, capacity])).toEqual([
      ['source → first', 10, 2],
      ['first → second', 8, 2],
      ['second → consumer', 8, 1],
    ]);
    expect(queues[0]?.occupancy).toBeGreaterThan(0.3);
    expect(queues[2]?.getWait.meanMs).toBeGreaterThan(0.5);
    expect(queues[1]?.itemsPerSecond).toBeGreaterThan(0);
  });

  it('say in words where the bottleneck is', async () => {
    const source = () => new PipelineBuilder().addSource(range(20));
    const run = async (pipeline: ReturnType<ReturnType<typeof source>['build']>, wait?: number) => {
      for await (const _ of pipeline) if (wait) await sleep(wait);
      return pipeline.report();
    };
    expect(await run(source().pipe(pass).pipe(slow).build())).toMatch(
      /Stage slow is the bottleneck: its 1 task was busy/,
    );
    expect(await run(source().pipe(pass).build(), 3)).toMatch(/The consumer is the bottleneck/);
    const late = async function* () {
      for (const value of range(20)) {
        await sleep(3);
        yield value;
      }
    };
    expect(await run(new PipelineBuilder().addSource(late).pipe(pass).build())).toMatch(
      /The source source is the bottleneck/,
    );
    expect(source().build().report()).toContain('Nothing has run yet.');
  });

  it('are handed over in an interval, and hooks see stages and items', async () => {
    const snapshots: PipelineStatistics[] = [];
    const stages: string[] = [];
    const tasks: unknown[] = [];
    const pipeline = new PipelineBuilder()
      .addSource(range(4))
      .pipe(
        (value) => {
          if (value === 2) throw new Error('two');
          return sleep(30).then(() => value);
        },
        { name: 'work' },
      )
      .build({
        reportStatsInterval: 0.02,
        hooks: {
          stats: (statistics) => snapshots.push(statistics),
          stage: (name) => {
            stages.push(`${name} begins`);
            return () => stages.push(`${name} ends`);
          },
          task: (stage, item) => (outcome) => tasks.push([stage, item, outcome.error?.message]),
        },
      });
    for await (const _ of pipeline);
    expect(snapshots.length).toBeGreaterThanOrEqual(2);
    expect(stages).toEqual(['source begins', 'work begins', 'source ends', 'work ends']);
    expect(tasks).toEqual([
      ['work', 0, undefined],
      ['work', 1, undefined],
      ['work', 2, 'two'],
      ['work', 3, undefined],
    ]);
  });

  it('an error of a task hook fails the item, of a stage hook the pipeline', async () => {
    const build = (hooks: object) => new PipelineBuilder().addSource([1, 2]).pipe(pass).build({ hooks });
    const items = build({
      task: (_: string, item: number) => {
        if (item === 1) throw new Error('hook');
      },
    });
    expect((await items.next()).value).toBe(2);
    expect(items.failures).toMatchObject([{ item: 1, error: { message: 'hook' } }]);
    await items.stop();
    const broken = build({
      stage: () => {
        throw new Error('hook');
      },
    });
    await expect(broken.next()).rejects.toThrow('hook');
  });
});

describe('profilePipeline', () => {
  it('measures each stage alone at each concurrency', async () => {
    let text = '';
    const builder = new PipelineBuilder()
      .addSource(
        function* () {
          for (let i = 0; ; i++) yield i;
        },
        { continuous: true },
      )
      .pipe(slow, { concurrency: 2 })
      .aggregate(4)
      .pipe((batch) => batch.length);
    const rows = await profilePipeline(builder, {
      numInputs: 16,
      concurrency: [1, 4],
      print: (part) => {
        text += part;
      },
    });
    expect(rows.map(({ stage, concurrency, items }) => [stage, concurrency, items])).toEqual([
      ['slow', 1, 16],
      ['slow', 4, 16],
      ['aggregate', 1, 16],
      ['pipe', 1, 4],
      ['pipe', 4, 4],
    ]);
    expect((rows[1]?.itemsPerSecond ?? 0) / (rows[0]?.itemsPerSecond ?? 1)).toBeGreaterThan(1.5);
    expect(text).toMatch(/slow: concurrency 4 is enough \(it has 2\)/);
  });
});
