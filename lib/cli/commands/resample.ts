/** isovox resample: an image with other spacings, or at the voxels of another image. */

import { IsovoxError } from '../../errors.js';
import { convertVolume, readVolume, resampleOnto, writeVolume } from '../../native/formats.js';
import { countingProgress } from '../../rt/log.js';
import { addon } from '../../runtime/addon.js';
import type { Handle } from '../../runtime/surface.js';
import type { SubmitOptions } from '../../runtime/task.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';
import { commandContext, logged } from './common.js';

export interface ResampleCommandOptions extends CommonOptions {
  readonly image: string;
  readonly spacing?: [number, number, number];
  readonly like?: string;
  readonly interpolation: 'nearest' | 'linear' | 'cubic';
  readonly outside: number;
  readonly out: string;
}

export async function resample(options: ResampleCommandOptions): Promise<number> {
  const { image, spacing, like, interpolation, out } = options;
  if ((spacing === undefined) === (like === undefined))
    throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected either --spacing or --like', { name: '--spacing' });
  return logged(options, async (log, signal) => {
    const task = {
      context: commandContext(options),
      signal,
      onProgress: countingProgress(log, 'resample'),
    };
    const { volume, findings } = await readVolume({ path: image }, task);
    for (const { severity, message, code } of findings) log.info(`${severity}: ${message} (${code})`);
    const resampled =
      like === undefined
        ? await convertVolume({ volume, interpolation, ...(spacing ? { spacing } : {}) }, task)
        : await onto(volume, like, options, task);
    addon().dispose(volume);
    const { size, spacing: mm } = addon().describeVolume(resampled).grid;
    await writeVolume({ volume: resampled, path: out }, task);
    addon().dispose(resampled);
    log.close();
    if (options.json) process.stdout.write(`${JSON.stringify({ image, out, size, spacing: mm })}\n`);
    else if (!options.quiet) process.stderr.write(`${size.join(' x ')} voxels written to ${out}\n`);
    return EXIT.done;
  });
}

async function onto(
  volume: Handle<'Volume'>,
  path: string,
  { interpolation, outside }: ResampleCommandOptions,
  task: SubmitOptions,
): Promise<Handle<'Volume'>> {
  const { volume: like } = await readVolume({ path }, task);
  try {
    return await resampleOnto({ volume, like, interpolation, outside }, task);
  } finally {
    addon().dispose(like);
  }
}
