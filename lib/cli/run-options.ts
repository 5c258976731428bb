/** The flags that decide what a run does: run, plan and submit take them. */

import { resolve } from 'node:path';

import { loadRunConfig } from '../rt/load-config.js';
import type { RunLog } from '../rt/log.js';
import { outputFolder } from '../rt/output-mirror.js';
import type { RunOptions } from '../rt/run.js';
import type { CommonOptions } from './options.js';

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
  readonly coursesAtOnce?: number;
  readonly constraints?: string[];
  readonly robustness?: 'off' | 'mild' | 'standard' | 'aggressive';
  readonly sequentialRadiomics?: boolean;
  readonly xlsx?: boolean;
  /** True, or the file that says who is who. */
  readonly pseudonymise?: boolean | string;
  readonly models?: string;
  readonly customModels?: string;
  readonly customStructures?: string;
  readonly device?: string;
  readonly segWorkers?: number;
  readonly customModelWorkers?: number;
  readonly roiSubset?: string[];
  readonly fast?: boolean;
  readonly cropRegion?: string;
}

export async function runOptionsOf(options: RunCommandOptions, signal: AbortSignal, log: RunLog): Promise<RunOptions> {
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
    output: {
      xlsx: options.xlsx,
      pseudonymise: options.pseudonymise === undefined ? undefined : true,
      pseudonyms: typeof options.pseudonymise === 'string' ? resolve(options.pseudonymise) : undefined,
    },
  });
  return {
    dicomRoot: options.dicomRoot,
    outdir: await outputFolder(options.outdir),
    config,
    signal,
    log,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(options.coursesAtOnce === undefined ? {} : { coursesAtOnce: options.coursesAtOnce }),
    ...(options.memory === undefined ? {} : { memoryMb: options.memory }),
    ...(options.stages ? { stages: options.stages } : {}),
    ...(options.courseFilter ? { courseFilter: options.courseFilter } : {}),
    ...(options.force ? { force: options.force } : {}),
  };
}

/** A flag's path counts from here, one in the configuration file from there. */
const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
