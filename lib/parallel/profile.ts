/** How much faster a function is on several workers, measured and checked. */

import { isDeepStrictEqual } from 'node:util';

import { executeParallel, type ParallelOptions } from './execute.js';
import { functionRef, type WorkerFunction } from './function-ref.js';
import { cpuBoundWorkers } from './workers.js';

export interface SpeedupOptions<Result> extends Omit<ParallelOptions, 'numWorkers'> {
  /** Numbers of workers to measure. Default `[cpuBoundWorkers()]`. */
  readonly numWorkers?: number | readonly number[] | undefined;
  /** When two results of one item agree. Default: deeply equal, every number to the last bit. */
  readonly equals?: ((serial: Result, parallel: Result) => boolean) | undefined;
  /** Where the report goes. Default standard output. */
  readonly print?: ((text: string) => void) | undefined;
}

export interface SpeedupRow {
  readonly numWorkers: number;
  readonly ms: number;
  /** Serial time over parallel time. */
  readonly speedup: number;
  /** Speed-up per worker. */
  readonly efficiency: number;
  /** Positions of items whose results differ from the serial ones. */
  readonly differing: readonly number[];
}

export interface Speedup {
  readonly items: number;
  readonly serialMs: number;
  readonly rows: readonly SpeedupRow[];
  readonly agrees: boolean;
}

/**
 * Runs `fn` over the items in this thread and then on workers, compares the results item by item, and prints times,
 * speed-up and efficiency. The time to start the workers is part of the parallel time.
 */
export async function profileSpeedup<Item, Result>(
  fn: WorkerFunction<Item, Result>,
  items: Iterable<Item>,
  options: SpeedupOptions<Result> = {},
): Promise<Speedup> {
  const { numWorkers = cpuBoundWorkers(), equals = isDeepStrictEqual, print, ...parallel } = options;
  const list = [...items];
  const call = await here(fn);
  const expected: Result[] = [];
  const begun = performance.now();
  for (const [index, item] of list.entries()) expected.push(await call(item, { index }));
  const serialMs = performance.now() - begun;
  const rows: SpeedupRow[] = [];
  for (const workers of [numWorkers].flat() as number[]) {
    const start = performance.now();
    const results = await executeParallel<Item, Result>(fn, list, { ...parallel, numWorkers: workers });
    const ms = performance.now() - start;
    const differing = results.flatMap((result, i) => (equals(expected[i] as Result, result) ? [] : [i]));
    rows.push({ numWorkers: workers, ms, speedup: serialMs / ms, efficiency: serialMs / ms / workers, differing });
  }
  const speedup = { items: list.length, serialMs, rows, agrees: rows.every(({ differing }) => differing.length === 0) };
  (print ?? ((text: string) => process.stdout.write(text)))(formatSpeedup(speedup));
  return speedup;
}

async function here<Item, Result>(
  fn: WorkerFunction<Item, Result>,
): Promise<(item: Item, call: { index: number }) => Result | Promise<Result>> {
  if (typeof fn === 'function') return fn;
  const { module = '', name = 'default' } = functionRef(fn);
  const exports = (await import(module)) as Record<string, (item: Item, call: { index: number }) => Result>;
  return exports[name] as (item: Item, call: { index: number }) => Result;
}

export function formatSpeedup({ items, serialMs, rows }: Speedup): string {
  const lines = [`${items} items, serial ${serialMs.toFixed(1)} ms`];
  for (const { numWorkers, ms, speedup, efficiency, differing } of rows) {
    const check =
      differing.length === 0
        ? 'results agree'
        : `RESULTS DIFFER at ${differing.length} items, the first at ${differing[0]}`;
    lines.push(
      `${numWorkers} workers: ${ms.toFixed(1)} ms, speed-up ${speedup.toFixed(2)}, efficiency ${(100 * efficiency).toFixed(0)} %, ${check}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
