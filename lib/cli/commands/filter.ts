/** isovox filter: the response map of a filter, as a volume. */

import { IsovoxError } from '../../errors.js';
import { type FilterConfig, filterOf, loadFilterConfig, parseFilter } from '../../native/filter-config.js';
import { filterVolume } from '../../native/filters.js';
import { readVolume, volumeStatistics, writeVolume } from '../../native/formats.js';
import { dispose } from '../../native/volume.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export interface FilterCommandOptions extends CommonOptions {
  readonly image: string;
  readonly config?: string;
  readonly filter?: string;
  readonly out: string;
}

export async function filter(options: FilterCommandOptions): Promise<number> {
  const config = await filterConfig(options);
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const { volume: image } = await readVolume({ path: options.image }, task);
    const response = await filterVolume({ volume: image, filter: filterOf(config) }, task);
    dispose(image);
    await writeVolume({ volume: response, path: options.out }, task);
    const { min, max, mean } = await volumeStatistics({ volume: response }, task);
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ filter: config, path: options.out, min, max, mean })}\n`);
    } else if (!options.quiet) {
      process.stderr.write(`${config.type}: ${min} to ${max}, mean ${mean}; written to ${options.out}\n`);
    }
    return EXIT.done;
  });
}

async function filterConfig({ config, filter: text }: FilterCommandOptions): Promise<FilterConfig> {
  if ((config === undefined) === (text === undefined)) {
    throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected either --config or --filter', { name: '--filter' });
  }
  return config === undefined ? parseFilter(text as string) : loadFilterConfig(config);
}
