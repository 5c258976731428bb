/** isovox run: the main job. */

import { resolve } from 'node:path';

import { loadRunConfig } from '../../rt/load-config.js';
import { planRun, type RunOptions, type RunSummary, runPipeline } from '../../rt/run.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import { createLog } from '../log.js';
import type { CommonOptions } from '../options.js';

export interface RunCommandOptions extends CommonOptions {
  readonly dicomRoot: string;
  readonly outdir: string;
  readonly config?: string;
  readonly stages?: string[];
  readonly courseFilter?: string[];
  readonly force?: string[];
  readonly maxDays?: number;
  readonly mergeCriteria?: 'same_ct_study' | 'frame_of_reference';
  readonly memory?: number;
  readonly constraints?: string[];
  readonly robustness?: 'off' | 'mild' | 'standard' | 'aggressive';
  readonly sequentialRadiomics?: boolean;
  readonly xlsx?: boolean;
  readonly models?: string;
  readonly customModels?: string;
  readonly customStructures?: string;
  readonly device?: string;
  readonly segWorkers?: number;
  readonly customModelWorkers?: number;
  readonly roiSubset?: string[];
  readonly fast?: boolean;
  readonly cropRegion?: string;
  readonly dryRun?: boolean;
}

export async function run(options: RunCommandOptions): Promise<number> {
  const config = await loadRunConfig(options.config, {
    organize: { maxDays: options.maxDays, mergeCriteria: options.mergeCriteria },
    dvh: { constraints: options.constraints },
    radiomics: { sequential: options.sequentialRadiomics },
    robustness: { grid: options.robustness },
    segmentation: {
      models: absolute(options.models),
      device: options.device,
      workers: options.segWorkers,
      roiSubset: options.roiSubset,
      fast: options.fast,
    },
    customModels: {
      models: absolute(options.customModels),
      structures: absolute(options.customStructures),
      workers: options.customModelWorkers,
    },
    crop: { region: options.cropRegion },
    output: { xlsx: options.xlsx },
  });
  const log = await createLog({ json: options.jsonLogs, quiet: options.quiet, verbose: options.verbose });
  try {
    return await interruptible(async (signal) => {
      const runOptions: RunOptions = {
        dicomRoot: options.dicomRoot,
        outdir: options.outdir,
        config,
        signal,
        log,
        ...(options.workers === undefined ? {} : { workers: options.workers }),
        ...(options.memory === undefined ? {} : { memoryMb: options.memory }),
        ...(options.stages ? { stages: options.stages } : {}),
        ...(options.courseFilter ? { courseFilter: options.courseFilter } : {}),
        ...(options.force ? { force: options.force } : {}),
      };
      if (options.dryRun) return await dryRun(runOptions, options.json ?? false);
      const summary = await runPipeline(runOptions);
      log.close();
      print(summary, options.json ?? false);
      return exitCode(summary);
    });
  } finally {
    log.close();
  }
}

/** A flag's path counts from here, one in the configuration file from there. */
const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));

/** Refused files are listed but are no failure: a mixed folder always has some. */
function exitCode({ results, failures, discovery }: RunSummary): number {
  if (discovery.courses.length === 0) return EXIT.nothingFound;
  const failedStage = failures.some((failure) => failure.roi === undefined);
  return failedStage || results.length === 0 ? EXIT.someFailed : EXIT.done;
}

function print(summary: RunSummary, json: boolean): void {
  const { results, failures, tables, discovery } = summary;
  if (json) {
    const document = {
      courses: results.map(({ course, folder, stages }) => ({
        patient_id: course.patientId,
        course_id: course.courseId,
        folder,
        stages: Object.fromEntries(
          [...stages].map(([id, state]) => [id, state.state === 'skipped' ? `skipped: ${state.reason}` : state.state]),
        ),
      })),
      failures,
      refused: discovery.refusals.length,
      results: tables.folder,
      report: tables.report,
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  if (discovery.courses.length === 0)
    process.stdout.write('No course was found: no DICOM images or RT objects below the root.\n');
  const counts = new Map<string, number>();
  for (const { stages } of results)
    for (const { state } of stages.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  const stagesDone = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  process.stdout.write(
    `${results.length} courses (stages: ${stagesDone || 'none'}), ${failures.length} parts failed, ${discovery.refusals.length} files took no part; each with its reason in failures.csv\n`,
  );
  process.stdout.write(`tables: ${tables.folder}\nreport: ${tables.report}\n`);
}

async function dryRun(options: RunOptions, json: boolean): Promise<number> {
  const { courses, discovery } = await planRun(options);
  if (json) {
    process.stdout.write(
      `${JSON.stringify(courses.map(({ course, ...rest }) => ({ patient_id: course.patientId, course_id: course.courseId, ...rest })))}\n`,
    );
  } else {
    for (const { course, memoryMb, stages } of courses) {
      process.stdout.write(`${course.patientId}/${course.courseId}  about ${memoryMb} MiB\n`);
      for (const { id, skip } of stages)
        process.stdout.write(`  ${id}${skip === undefined ? '' : `  skipped: ${skip}`}\n`);
    }
    process.stdout.write(`${courses.length} courses, ${discovery.refusals.length} files refused\n`);
  }
  return courses.length === 0 ? EXIT.nothingFound : EXIT.done;
}
