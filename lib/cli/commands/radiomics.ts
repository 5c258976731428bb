/** isovox radiomics: the features of one structure of an image, as a table. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { IsovoxError } from '../../errors.js';
import { readVolume, writeVolume } from '../../native/formats.js';
import {
  chosen,
  loadPyradiomicsParameters,
  type PyradiomicsParameters,
  parametersOf,
} from '../../native/pyradiomics-config.js';
import { extractFeatures, extractPyradiomics, pyradiomicsMaps } from '../../native/radiomics.js';
import { loadRadiomicsConfig, settingsOf } from '../../native/radiomics-config.js';
import type {
  DiagnosticValue,
  ExtractFeaturesArgs,
  ExtractPyradiomicsResult,
  RadiomicsFinding,
} from '../../native/radiomics-types.js';
import { dispose } from '../../native/volume.js';
import type { SubmitOptions } from '../../runtime/task.js';
import type { Table } from '../../table/table.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { callProgress, commandContext, writeTable } from './common.js';

export interface RadiomicsCommandOptions extends CommonOptions {
  readonly image: string;
  readonly mask: string;
  readonly label?: number;
  readonly config?: string;
  readonly dialect?: 'ibsi' | 'pyradiomics';
  readonly out?: string;
  readonly wide?: boolean;
  readonly resampleMask?: boolean;
  readonly voxelMaps?: string;
  readonly kernelRadius?: number;
  readonly wholeKernel?: boolean;
}

export async function radiomics(options: RadiomicsCommandOptions): Promise<number> {
  if (options.voxelMaps !== undefined) return voxelMaps(options, options.voxelMaps);
  if (options.out === undefined) throw usage('--out', 'a file for the table, or --voxel-maps', 'neither');
  return table(options, options.out);
}

async function table(options: RadiomicsCommandOptions, out: string): Promise<number> {
  const extract = options.dialect === 'pyradiomics' ? await pyradiomics(options) : await ibsi(options);
  const { features, findings, filtered, diagnostics } = await withVolumes(options, extract);
  const rows = features.map(({ name, value, unit, ibsiId, family, finding }) => ({
    feature: name,
    value,
    unit,
    ibsi_id: ibsiId,
    family,
    image: filtered ?? (options.dialect === 'pyradiomics' ? name.slice(0, name.indexOf('_')) : 'original'),
    finding,
  }));
  await writeTable(options.wide ? wideTable(options, features, findings, diagnostics) : { ...LONG, rows }, out);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ rows, findings, ...(diagnostics && { diagnostics }) })}\n`);
  else if (!options.quiet) {
    sayFindings(findings);
    const missing = rows.filter(({ value }) => value === null).length;
    process.stderr.write(
      `${rows.length - missing} features written to ${out}${missing > 0 ? `, ${missing} have no value` : ''}\n`,
    );
  }
  return findings.some(({ severity }) => severity === 'fail') ? EXIT.badData : EXIT.done;
}

/** A volume per feature, `NAME.nii.gz`. */
async function voxelMaps(options: RadiomicsCommandOptions, folder: string): Promise<number> {
  if (options.dialect !== 'pyradiomics')
    throw usage('--voxel-maps', '--dialect pyradiomics', options.dialect ?? 'ibsi');
  const { only, kernel, diagnostics: _, ...parameters } = await parametersFrom(options);
  const args = {
    ...parameters,
    ...kernel,
    ...(options.kernelRadius !== undefined && { kernelRadius: options.kernelRadius }),
    ...(options.wholeKernel && { maskedKernel: false }),
    ...(only && { features: [...only] }),
  };
  await mkdir(folder, { recursive: true });
  const progress = await callProgress('maps', options);
  try {
    const { names, findings } = await withVolumes(options, async (volumes, task) => {
      const { maps, findings } = await pyradiomicsMaps(
        { ...args, ...volumes },
        { ...task, onProgress: progress.update },
      );
      for (const { name, volume } of maps) {
        await writeVolume({ volume, path: join(folder, `${name}.nii.gz`) }, task);
        dispose(volume);
      }
      return { names: maps.map(({ name }) => name), findings };
    });
    if (options.json) process.stdout.write(`${JSON.stringify({ maps: names, findings })}\n`);
    else if (!options.quiet) {
      sayFindings(findings);
      process.stderr.write(`${names.length} maps written to ${folder}\n`);
    }
    return findings.some(({ severity }) => severity === 'fail') ? EXIT.badData : EXIT.done;
  } finally {
    progress.end();
  }
}

async function withVolumes<Result>(
  options: RadiomicsCommandOptions,
  work: (volumes: Volumes, task: SubmitOptions) => Promise<Result>,
): Promise<Result> {
  const context = commandContext(options);
  return interruptible(async (signal) => {
    const task = { context, signal };
    const [image, mask] = await Promise.all([
      readVolume({ path: options.image }, task),
      readVolume({ path: options.mask }, task),
    ]);
    try {
      const volumes = { image: image.volume, mask: mask.volume };
      return await work(options.resampleMask ? { ...volumes, maskGrid: 'resample' } : volumes, task);
    } finally {
      dispose(image.volume);
      dispose(mask.volume);
    }
  });
}

function sayFindings(findings: readonly RadiomicsFinding[]): void {
  for (const { severity, message, code } of findings) {
    if (severity !== 'info') process.stderr.write(`${severity}: ${message} (${code})\n`);
  }
}

function usage(name: string, expected: string, actual: string): IsovoxError {
  return new IsovoxError('ERR_INVALID_ARGUMENT', `Expected ${expected} for ${name} but received ${actual}`, {
    name,
    expected,
    actual,
  });
}

type Volumes = Pick<ExtractFeaturesArgs, 'image' | 'mask' | 'maskGrid'>;
type Extract = (volumes: Volumes, task: SubmitOptions) => Promise<ExtractPyradiomicsResult & { filtered?: string }>;

async function ibsi({ config: path, label }: RadiomicsCommandOptions): Promise<Extract> {
  const config = path === undefined ? {} : await loadRadiomicsConfig(path);
  const settings = settingsOf(config);
  const rest = { settings, diagnostics: config.diagnostics ?? false, ...(label !== undefined && { label }) };
  const filtered = config.filter && { filtered: config.filter.type };
  return async (volumes, task) => ({ ...(await extractFeatures({ ...volumes, ...rest }, task)), ...filtered });
}

async function parametersFrom({ config: path, label }: RadiomicsCommandOptions): Promise<PyradiomicsParameters> {
  const parameters = path === undefined ? parametersOf({}, 'defaults') : await loadPyradiomicsParameters(path);
  return { ...parameters, ...(label !== undefined && { label }) };
}

async function pyradiomics(options: RadiomicsCommandOptions): Promise<Extract> {
  const { only, kernel: _, ...rest } = await parametersFrom(options);
  const args = { diagnostics: options.wide ?? false, ...rest };
  return async (volumes, task) => {
    const result = await extractPyradiomics({ ...args, ...volumes }, task);
    return { ...result, features: chosen(result.features, only) };
  };
}

const LONG: Omit<Table, 'rows'> = {
  name: 'radiomics',
  title: 'Radiomics features',
  columns: [
    { name: 'feature', type: 'string', unit: '', definition: 'IBSI reference tag with its aggregation' },
    { name: 'value', type: 'float', unit: '', definition: 'Value in the unit of the row; empty where not defined' },
    { name: 'unit', type: 'string', unit: '', definition: 'Unit of the value; 1 where it has none' },
    {
      name: 'ibsi_id',
      type: 'string',
      unit: '',
      definition: 'Four characters that name the feature in the IBSI reference manual',
    },
    { name: 'family', type: 'string', unit: '', definition: 'Feature family' },
    { name: 'image', type: 'string', unit: '', definition: 'original, or the filter the image went through' },
    { name: 'finding', type: 'string', unit: '', definition: 'Why there is no value' },
  ],
};

function wideTable(
  options: RadiomicsCommandOptions,
  features: Awaited<ReturnType<typeof extractFeatures>>['features'],
  findings: readonly RadiomicsFinding[],
  diagnostics: readonly [name: string, value: DiagnosticValue][] = [],
): Table {
  const text = (name: string, definition: string) => ({ name, type: 'string', unit: '', definition }) as const;
  return {
    name: 'radiomics',
    title: 'Radiomics features',
    columns: [
      text('image', 'Image file'),
      text('mask', 'Mask file'),
      text('label', 'Value of the mask that is the structure; empty for all above 0'),
      ...diagnostics.map(([name, value]) =>
        typeof value === 'number'
          ? ({ name, type: 'float', unit: '', definition: 'As PyRadiomics has it' } as const)
          : text(name, 'As PyRadiomics has it'),
      ),
      ...features.map(
        ({ name, unit, ibsiId }) => ({ name, type: 'float', unit, definition: `IBSI ${ibsiId}` }) as const,
      ),
      text('finding', 'Codes of what a reader should know, separated by spaces'),
    ],
    rows: [
      {
        image: options.image,
        mask: options.mask,
        label: options.label === undefined ? '' : String(options.label),
        ...Object.fromEntries(diagnostics.map(([name, value]) => [name, Array.isArray(value) ? tuple(value) : value])),
        ...Object.fromEntries(features.map(({ name, value }) => [name, value])),
        finding: findings.map(({ code }) => code).join(' '),
      },
    ],
  };
}

/** As Python writes one. */
const tuple = (values: readonly number[]): string => `(${values.join(', ')})`;
