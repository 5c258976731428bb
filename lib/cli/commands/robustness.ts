/** isovox robustness: features of structures of an image under a grid of perturbations, and how much they vary. */

import { basename } from 'node:path';

import { IsovoxError } from '../../errors.js';
import { readVolume } from '../../native/formats.js';
import { loadPyradiomicsParameters } from '../../native/pyradiomics-config.js';
import { perturbedFeatures } from '../../native/radiomics.js';
import { loadRadiomicsConfig, settingsOf } from '../../native/radiomics-config.js';
import type { PerturbedFeaturesArgs } from '../../native/radiomics-types.js';
import { dispose } from '../../native/volume.js';
import { type NamedPerturbation, perturbationGrid } from '../../rt/perturbation-grid.js';
import { perturbedValues, type RobustnessEntry, robustnessTables } from '../../rt/robustness.js';
import { type RunConfig, runConfigSchema } from '../../rt/run-config.js';
import type { SubmitOptions } from '../../runtime/task.js';
import type { Table } from '../../table/table.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext, writeTable } from './common.js';

export interface RobustnessCommandOptions extends CommonOptions {
  readonly image: string;
  readonly mask: readonly string[];
  readonly label?: number;
  readonly grid: 'mild' | 'standard' | 'aggressive';
  readonly seed?: number;
  readonly config?: string;
  readonly dialect?: 'ibsi' | 'pyradiomics';
  readonly out: string;
  readonly values?: string;
}

type Settings = Pick<PerturbedFeaturesArgs, 'settings' | 'pyradiomics' | 'label'>;

export async function robustness(options: RobustnessCommandOptions): Promise<number> {
  const grid = perturbationGrid(gridOf(options));
  const settings = await settingsFrom(options);
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const { volume: image } = await readVolume({ path: options.image }, task);
    const entries: RobustnessEntry[] = [];
    try {
      for (const path of options.mask) entries.push(await entryOf(path, { ...settings, image }, grid, task));
    } finally {
      dispose(image);
    }
    const [summary, values] = (await robustnessTables(entries)) as [Table, Table];
    await writeTable(summary, options.out);
    if (options.values !== undefined) await writeTable(values, options.values);
    if (options.json) process.stdout.write(`${JSON.stringify({ rows: summary.rows })}\n`);
    else if (!options.quiet) {
      process.stderr.write(
        `${entries.length} structures under ${grid.length} perturbations, ${entries[0]?.features.length ?? 0} features each; written to ${options.out}\n`,
      );
    }
    return EXIT.done;
  });
}

function gridOf({ grid, seed }: RobustnessCommandOptions): RunConfig['robustness'] {
  return runConfigSchema.parse({ robustness: { grid, ...(seed !== undefined && { seed }) } }).robustness;
}

async function settingsFrom({ config, dialect, label, seed }: RobustnessCommandOptions): Promise<Settings> {
  const rest = { ...(label !== undefined && { label }), ...(seed !== undefined && { seed }) };
  if (dialect === 'pyradiomics') {
    if (config === undefined) return { pyradiomics: {}, ...rest };
    const { settings, label: own } = await loadPyradiomicsParameters(config);
    return { pyradiomics: settings, ...(own !== undefined && { label: own }), ...rest };
  }
  return { settings: config === undefined ? {} : settingsOf(await loadRadiomicsConfig(config)), ...rest };
}

/** Every perturbation must succeed, as in the pipeline: an incomplete grid is an error. */
async function entryOf(
  path: string,
  args: Settings & Pick<PerturbedFeaturesArgs, 'image'>,
  grid: readonly NamedPerturbation[],
  task: SubmitOptions,
): Promise<RobustnessEntry> {
  const { volume: mask } = await readVolume({ path }, task);
  try {
    const perturbations = grid.map(({ name, outlineOnly, ...perturbation }) => perturbation);
    const result = await perturbedFeatures({ ...args, mask, perturbations }, task);
    const { failed } = result;
    const bad = failed.findIndex((code) => code !== '');
    if (bad >= 0) {
      throw new IsovoxError(
        'ERR_CORRUPT_DATA',
        `${path}: ${failed.filter((code) => code !== '').length} of ${grid.length} perturbations have no features; ` +
          `the first is ${grid[bad]?.name} (${failed[bad]})`,
        { path },
      );
    }
    return {
      ...{ patient_id: '', course_id: '', modality: '', segmentation_source: '', roi_number: 0, settings_hash: '' },
      roi_name: basename(path).replace(/\.(nii|nii\.gz|nrrd|mha)$/, ''),
      ...perturbedValues(grid, result),
    };
  } finally {
    dispose(mask);
  }
}
