/** isovox bench: how long the engine's main operations take on this machine, on one thread and on all. */

import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { getConfig } from '../../config/resolve.js';
import { IsovoxError } from '../../errors.js';
import { writePhantom } from '../../phantom/patient.js';
import { countingProgress } from '../../rt/log.js';
import { Context } from '../../runtime/context.js';
import { packageVersion } from '../../runtime/package-root.js';
import { COMMAND_BENCH_CASES } from '../bench-cases.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';
import { logged } from './common.js';

/** A fine CT, so that what is measured is not what starts and ends an operation. */
const SLICE_MM = 0.5;
const LEAST_TIMES = 5;
const LEAST_MS = 1500;

interface Measured {
  readonly name: string;
  readonly title: string;
  readonly threads: number;
  readonly medianMs: number;
  readonly leastMs: number;
  readonly times: number;
}

export async function bench(wanted: readonly string[], options: CommonOptions): Promise<number> {
  const known = COMMAND_BENCH_CASES.map(({ name }) => name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new IsovoxError('ERR_INVALID_ARGUMENT', `Expected cases of ${known.join(', ')} but received "${unknown}"`, {
      name: 'case',
      expected: known.join(', '),
      actual: unknown,
    });
  }
  const cases = COMMAND_BENCH_CASES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const most = options.workers ?? availableParallelism();
  return logged(options, async (log, signal) => {
    const folder = await mkdtemp(join(tmpdir(), 'isovox-bench-'));
    try {
      log.info(`phantom patient of ${SLICE_MM} mm slices written to ${folder}`);
      await writePhantom(folder, { sliceMm: SLICE_MM }, { signal });
      const rows: Measured[] = [];
      for (const [done, { name, title, prepare }] of cases.entries()) {
        countingProgress(log, name)(done, cases.length);
        for (const threads of new Set([1, most])) {
          const config = getConfig();
          const context = new Context({ ...config, read: { ...config.read, concurrency: threads } });
          const ms = await times(await prepare(folder, { context, signal }), signal);
          const medianMs = ms[ms.length >> 1] as number;
          rows.push({ name, title, threads, medianMs, leastMs: ms[0] as number, times: ms.length });
        }
      }
      log.close();
      const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`;
      if (options.json)
        process.stdout.write(
          `${JSON.stringify({ isovox: packageVersion, node: process.version, machine, cases: rows })}\n`,
        );
      else print(machine, rows);
      return EXIT.done;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** Milliseconds of each time, sorted; the first one, which warms caches, is not among them. */
async function times(work: () => Promise<void>, signal: AbortSignal): Promise<number[]> {
  await work();
  const ms: number[] = [];
  const begun = performance.now();
  while (ms.length < LEAST_TIMES || performance.now() - begun < LEAST_MS) {
    signal.throwIfAborted();
    const start = performance.now();
    await work();
    ms.push(performance.now() - start);
  }
  return ms.sort((a, b) => a - b);
}

function print(machine: string, rows: readonly Measured[]): void {
  process.stdout.write(`isovox ${packageVersion}, Node ${process.version}, ${machine}\n\n`);
  const wide = Math.max(...rows.map(({ name }) => name.length));
  process.stdout.write(`${'case'.padEnd(wide)}  threads  median ms  least ms  times\n`);
  for (const { name, threads, medianMs, leastMs, times: count, title } of rows) {
    const numbers = [threads.toFixed(0).padStart(7), medianMs.toFixed(2).padStart(9), leastMs.toFixed(2).padStart(8)];
    process.stdout.write(`${name.padEnd(wide)}  ${numbers.join('  ')}  ${String(count).padStart(5)}  ${title}\n`);
  }
  process.stdout.write('\nBeside other programs: npm run bench in the repository; its results are bench/RESULTS.md.\n');
}
