/** isovox export: a plan for an engine that runs it. */

import { resolve } from 'node:path';

import { exportSnakemake } from '../../distributed/snakemake.js';
import { invalidArgument } from '../../errors.js';
import { outputFolder } from '../../rt/output-mirror.js';
import { planCourses, readPlan, readPlannedCourses } from '../../rt/plan.js';
import { automaticMemoryMb, automaticWorkers } from '../../rt/run.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';

export interface ExportOptions extends CommonOptions {
  readonly outdir: string;
  readonly to: string;
  readonly memory?: number;
}

export async function exportPlan(args: readonly string[], options: ExportOptions): Promise<number> {
  const [engine] = args;
  if (engine !== 'snakemake') throw invalidArgument('engine', 'snakemake', engine);
  const outdir = await outputFolder(options.outdir);
  const plan = await readPlan(outdir);
  const plans = await planCourses(await readPlannedCourses(outdir, plan), outdir, plan);
  const to = resolve(options.to);
  await exportSnakemake({
    outdir,
    to,
    plans,
    cores: options.workers ?? automaticWorkers(),
    memoryMb: options.memory ?? automaticMemoryMb(),
  });
  process.stdout.write(
    `${plans.length} courses as a Snakemake workflow in ${to}\n` +
      `run it, or go on after it was stopped:  isovox resume ${to} --profile local\n` +
      `on Slurm:                               isovox resume ${to} --profile slurm\n`,
  );
  return EXIT.done;
}
