/** Rules that hold for every graph, checked on random ones. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ExecutorOptions, HierarchicalExecutor } from '../../../lib/graph/executor.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Task i depends on some of those before it, so that there is no circle; they are added in a random order. */
const graphs = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(30), { maxLength: 3 }),
      weight: fc.nat(9),
      form: fc.constantFrom('sync', 'async', 'later', 'fails', 'fails once'),
      gpu: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 12 },
  )
  .chain((tasks) =>
    fc.record({
      tasks: fc.constant(tasks),
      order: fc.shuffledSubarray(
        tasks.map((_, i) => i),
        { minLength: tasks.length, maxLength: tasks.length },
      ),
    }),
  );

const unhandled: unknown[] = [];
const hear = (reason: unknown) => unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', hear));
afterAll(() => void process.off('unhandledRejection', hear));

describe('random graphs', () => {
  it('10,000 end: order, resources, descendants of failures, cancellation', async () => {
    await fc.assert(
      fc.asyncProperty(
        graphs,
        fc.option(fc.integer({ min: 1, max: 3 })),
        fc.option(fc.nat(12), { freq: 4 }),
        async ({ tasks, order }, concurrency, cancelAfter) => {
          const controller = new AbortController();
          const done: number[] = [];
          let [gpu, most, running, mostRunning, ended] = [0, 0, 0, 0, 0];
          const executor = new HierarchicalExecutor();
          for (const i of order) {
            const task = tasks[i];
            if (task === undefined) continue;
            const dependencies = i === 0 ? [] : task.needs.map((need) => `${need % i}`);
            const run = (attempt: number) => {
              if (task.form === 'fails' || (task.form === 'fails once' && attempt === 1)) throw new Error('no');
              done.push(i);
              return i;
            };
            executor.addTask(
              `${i}`,
              async ({ attempt, results }) => {
                gpu += task.gpu;
                most = Math.max(most, gpu);
                mostRunning = Math.max(mostRunning, ++running);
                try {
                  for (const dependency of dependencies) expect(results.get(dependency)).toBe(Number(dependency));
                  if (task.form === 'later') await turn();
                  return run(attempt);
                } finally {
                  gpu -= task.gpu;
                  running--;
                  if (++ended === cancelAfter) controller.abort();
                }
              },
              { dependencies, weight: task.weight, resources: { gpu: task.gpu }, retries: 1 },
            );
          }
          const options: ExecutorOptions = { capacity: { gpu: 2 }, backoffMs: 0.01, signal: controller.signal };
          let timer: NodeJS.Timeout | undefined;
          const late = new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(new Error('no end')), 10_000);
          });
          const run = executor.execute({ ...options, concurrency: concurrency ?? undefined });
          const { outcomes, ledger } = await Promise.race([run, late]).finally(() => clearTimeout(timer));
          expect(outcomes.size).toBe(tasks.length);
          expect(most).toBeLessThanOrEqual(2);
          if (concurrency !== null) expect(mostRunning).toBeLessThanOrEqual(concurrency);
          expect(ledger.filter(({ error }) => error === undefined).map(({ task }) => task)).toHaveLength(done.length);
          tasks.forEach((task, i) => {
            const outcome = outcomes.get(`${i}`);
            const needs = i === 0 ? [] : task.needs.map((need) => need % i);
            const good = needs.every((need) => outcomes.get(`${need}`)?.status === 'done');
            if (outcome?.status === 'skipped') expect(outcomes.get(outcome.because)?.status).not.toBe('done');
            expect(outcome?.status === 'skipped').toBe(!good);
            if (outcome?.status === 'done') {
              for (const need of needs) expect(done.indexOf(need)).toBeLessThan(done.indexOf(i));
            }
            if (!controller.signal.aborted && good)
              expect(outcome?.status).toBe(task.form === 'fails' ? 'failed' : 'done');
          });
        },
      ),
      { numRuns: 10_000 },
    );
    expect(unhandled).toEqual([]);
  });
});
