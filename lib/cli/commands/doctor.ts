/** isovox doctor: whether this machine is ready, and with --bench which settings suit a folder or an object store. */

import { configureFromFile } from '../../config/resolve.js';
import { type BenchResult, benchStorage, configurationLines } from '../doctor/bench.js';
import { runChecks } from '../doctor/checks.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';

export interface DoctorOptions extends CommonOptions {
  readonly outdir: string;
  readonly bench?: string;
  readonly config?: string;
  readonly queue?: string;
}

export async function doctor(options: DoctorOptions): Promise<number> {
  if (options.config !== undefined) configureFromFile(options.config);
  const checks = await runChecks(options.outdir, options.queue);
  const failed = checks.some(({ status }) => status === 'fail');
  if (!options.json) {
    for (const { name, status, value, remedy } of checks) {
      process.stdout.write(`${status.padEnd(4)}  ${name.padEnd(13)} ${value}\n`);
      if (remedy !== undefined) process.stdout.write(`      ${' '.repeat(13)} ${remedy}\n`);
    }
  }
  const { bench } = options;
  const result =
    bench === undefined || failed
      ? undefined
      : await interruptible((signal) =>
          benchStorage(bench, {
            signal,
            ...(options.quiet ? {} : { onProgress: (line: string) => void process.stderr.write(`${line}\n`) }),
          }),
        );
  if (options.json) process.stdout.write(`${JSON.stringify(result ? { checks, bench: result } : { checks })}\n`);
  else if (result) print(result);
  return failed ? EXIT.internal : EXIT.done;
}

function print({ uri, writeMbPerS, latencyMs, measured, recommended }: BenchResult): void {
  const lines = [
    '',
    `${uri}: write ${writeMbPerS.toFixed(0)} MB/s, one read ${latencyMs.toFixed(1)} ms`,
    'at once   MB/s   reads/s',
    ...measured.map(
      ({ concurrency, readMbPerS, readsPerS }) =>
        `${String(concurrency).padStart(7)} ${readMbPerS.toFixed(0).padStart(6)} ${readsPerS.toFixed(0).padStart(9)}`,
    ),
    '',
    'Settings that suit (a file for --config, or configure()):',
    '',
    ...configurationLines(recommended),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
