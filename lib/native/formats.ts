/** Volumes in files of any known format. */

import type { Handle } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';

/** Writes a volume; the format is that of the file name. Scaling and geometry are kept. */
export function writeVolume(args: { volume: Handle<'Volume'>; path: string }, options?: SubmitOptions): Promise<void> {
  return submit('writeVolume', args, options);
}
