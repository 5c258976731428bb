/** isovox convert: any readable format to any writable one. */

import type { GapsOption, SuvType } from '../../native/dicom-types.js';
import { convertVolume, readVolume, writeVolume } from '../../native/formats.js';
import { addon } from '../../runtime/addon.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export interface ConvertOptions extends CommonOptions {
  readonly dtype?: string;
  readonly orientation?: string;
  readonly spacing?: [number, number, number];
  readonly interpolation?: 'nearest' | 'linear' | 'cubic';
  readonly suv?: SuvType;
  readonly gaps?: GapsOption;
  readonly codec?: string;
  readonly level?: number;
  readonly chunks?: { tile: string } | { chunks: [number, number, number] };
  readonly shards?: boolean;
}

export async function convert(args: readonly string[], options: ConvertOptions): Promise<number> {
  const [input, output] = args as [string, string];
  const { dtype, orientation, spacing, interpolation, suv, gaps, codec, level, chunks, shards } = options;
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const read = await readVolume({ path: input, ...given({ suv, gaps }) }, task);
    let volume = read.volume;
    if (dtype !== undefined || orientation !== undefined || spacing !== undefined) {
      volume = await convertVolume({ volume, ...given({ dtype, orientation, spacing, interpolation }) }, task);
      addon().dispose(read.volume);
    }
    await writeVolume({ volume, path: output, ...given({ codec, level, sharding: shards }), ...chunks }, task);
    addon().dispose(volume);
    const { format, findings } = read;
    if (options.json) process.stdout.write(`${JSON.stringify({ input, format, output, findings })}\n`);
    else if (!options.quiet) {
      for (const finding of findings)
        process.stderr.write(`${finding.severity}: ${finding.message} (${finding.code})\n`);
      process.stderr.write(`${input} (${format}) written to ${output}\n`);
    }
    return EXIT.done;
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys whose value is undefined. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
