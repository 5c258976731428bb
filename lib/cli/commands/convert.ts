/** isovox convert: any readable format to any writable one. */

import { readVolume, writeVolume } from '../../native/formats.js';
import { addon } from '../../runtime/addon.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export async function convert(args: readonly string[], options: CommonOptions & { level?: number }): Promise<number> {
  const [input, output] = args as [string, string];
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const { volume, format, findings } = await readVolume({ path: input }, task);
    await writeVolume({ volume, path: output, ...(options.level === undefined ? {} : { level: options.level }) }, task);
    addon().dispose(volume);
    if (options.json) process.stdout.write(`${JSON.stringify({ input, format, output, findings })}\n`);
    else if (!options.quiet) {
      for (const finding of findings)
        process.stderr.write(`${finding.severity}: ${finding.message} (${finding.code})\n`);
      process.stderr.write(`${input} (${format}) written to ${output}\n`);
    }
    return EXIT.done;
  });
}
