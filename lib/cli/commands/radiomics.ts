/** isovox radiomics: the features of one structure of an image, as a table. */

import { readVolume } from '../../native/formats.js';
import { chosen, loadPyradiomicsParameters, type PyradiomicsParameters } from '../../native/pyradiomics-config.js';
import { extractFeatures, extractPyradiomics } from '../../native/radiomics.js';
import { loadRadiomicsConfig, settingsOf } from '../../native/radiomics-config.js';
import type { ExtractFeaturesArgs, ExtractFeaturesResult } from '../../native/radiomics-types.js';
import { dispose } from '../../native/volume.js';
import type { SubmitOptions } from '../../runtime/task.js';
import type { Table } from '../../table/table.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext, writeTable } from './common.js';

export interface RadiomicsCommandOptions extends CommonOptions {
  readonly image: string;
  readonly mask: string;
  readonly label?: number;
  readonly config?: string;
  readonly dialect?: 'ibsi' | 'pyradiomics';
  readonly out: string;
  readonly wide?: boolean;
  readonly resampleMask?: boolean;
}

export async function radiomics(options: RadiomicsCommandOptions): Promise<number> {
  const extract = options.dialect === 'pyradiomics' ? await pyradiomics(options) : await ibsi(options);
  const context = commandContext(options);
  const { features, findings, filtered } = await interruptible(async (signal) => {
    const task = { context, signal };
    const [image, mask] = await Promise.all([
      readVolume({ path: options.image }, task),
      readVolume({ path: options.mask }, task),
    ]);
    try {
      const volumes = { image: image.volume, mask: mask.volume };
      return await extract(options.resampleMask ? { ...volumes, maskGrid: 'resample' } : volumes, task);
    } finally {
      dispose(image.volume);
      dispose(mask.volume);
    }
  });
  const rows = features.map(({ name, value, unit, ibsiId, family, finding }) => ({
    feature: name,
    value,
    unit,
    ibsi_id: ibsiId,
    family,
    image: filtered ?? (options.dialect === 'pyradiomics' ? name.slice(0, name.indexOf('_')) : 'original'),
    finding,
  }));
  await writeTable(options.wide ? wideTable(options, features, findings) : { ...LONG, rows }, options.out);
  if (options.json) process.stdout.write(`${JSON.stringify({ rows, findings })}\n`);
  else if (!options.quiet) {
    for (const { severity, message, code } of findings) {
      if (severity !== 'info') process.stderr.write(`${severity}: ${message} (${code})\n`);
    }
    const missing = rows.filter(({ value }) => value === null).length;
    process.stderr.write(
      `${rows.length - missing} features written to ${options.out}${missing > 0 ? `, ${missing} have no value` : ''}\n`,
    );
  }
  return findings.some(({ severity }) => severity === 'fail') ? EXIT.badData : EXIT.done;
}

type Extract = (
  volumes: Pick<ExtractFeaturesArgs, 'image' | 'mask' | 'maskGrid'>,
  task: SubmitOptions,
) => Promise<ExtractFeaturesResult & { filtered?: string }>;

async function ibsi({ config: path, label }: RadiomicsCommandOptions): Promise<Extract> {
  const config = path === undefined ? {} : await loadRadiomicsConfig(path);
  const settings = settingsOf(config);
  const rest = { settings, diagnostics: config.diagnostics ?? false, ...(label !== undefined && { label }) };
  const filtered = config.filter && { filtered: config.filter.type };
  return async (volumes, task) => ({ ...(await extractFeatures({ ...volumes, ...rest }, task)), ...filtered });
}

async function pyradiomics({ config: path, label }: RadiomicsCommandOptions): Promise<Extract> {
  const parameters: PyradiomicsParameters =
    path === undefined ? { settings: {} } : await loadPyradiomicsParameters(path);
  const { only, ...rest } = { ...parameters, ...(label !== undefined && { label }) };
  return async (volumes, task) => {
    const result = await extractPyradiomics({ ...rest, ...volumes }, task);
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
  findings: Awaited<ReturnType<typeof extractFeatures>>['findings'],
): Table {
  const text = (name: string, definition: string) => ({ name, type: 'string', unit: '', definition }) as const;
  return {
    name: 'radiomics',
    title: 'Radiomics features',
    columns: [
      text('image', 'Image file'),
      text('mask', 'Mask file'),
      text('label', 'Value of the mask that is the structure; empty for all above 0'),
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
        ...Object.fromEntries(features.map(({ name, value }) => [name, value])),
        finding: findings.map(({ code }) => code).join(' '),
      },
    ],
  };
}
