/** The tuning table for storage and memory situations, as configurations. */

import { invalidArgument } from '../errors.js';
import type { ConfigChange } from './resolve.js';

export const PRESETS = {
  'local-small': { read: { maxWorkers: 2, concurrency: 2 } },
  'local-large': { read: { maxWorkers: 4, concurrency: 4 } },
  's3-high-bandwidth': {
    read: { maxWorkers: 8, concurrency: 2 },
    s3: { maxParallelOps: 32, multipartPartSizeMb: 100 },
  },
  's3-limited-bandwidth': {
    read: { maxWorkers: 4, concurrency: 4 },
    s3: { maxParallelOps: 8, multipartPartSizeMb: 50 },
  },
  'memory-constrained': { read: { maxWorkers: 2, concurrency: 2, memoryBudgetMb: 512 } },
} as const satisfies Record<string, ConfigChange>;

export type PresetName = keyof typeof PRESETS;

/** For `configure(preset('s3-high-bandwidth'))`. */
export function preset(name: PresetName): ConfigChange {
  const found = PRESETS[name];
  if (!found) throw invalidArgument('preset', `one of ${Object.keys(PRESETS).join(', ')}`, name);
  return found;
}
