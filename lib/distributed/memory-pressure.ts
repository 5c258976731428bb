/** Whether memory is short: for the machine, and for the control group that this process is confined to. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Above this share of its limit a control group of version 1, which tells no pressure, is taken for full. */
const FULL = 0.8;

/**
 * Share of the last ten seconds in which some process waited for memory, in percent: Linux's pressure stall information,
 * the larger one of the machine's and the control group's. 0 where there is none. `root` is where /proc and /sys are.
 */
export function memoryPressure(root = '/'): number {
  const machine = stalled(join(root, 'proc/pressure/memory'));
  const groups = read(join(root, 'proc/self/cgroup')) ?? '';
  const unified = /^0::(.*)$/m.exec(groups)?.[1];
  const group = unified === undefined ? 0 : stalled(join(root, 'sys/fs/cgroup', unified, 'memory.pressure'));
  const legacy = /^\d+:[^:]*\bmemory\b[^:]*:(.*)$/m.exec(groups)?.[1];
  return Math.max(machine, group, legacy !== undefined && isFull(root, legacy) ? 100 : 0);
}

function stalled(path: string): number {
  return Number(/some avg10=([\d.]+)/.exec(read(path) ?? '')?.[1] ?? 0);
}

/** What files in memory take does not count: it is given back when it is wanted. */
function isFull(root: string, group: string): boolean {
  const folder = join(root, 'sys/fs/cgroup/memory', group);
  const limit = Number(read(join(folder, 'memory.limit_in_bytes')) ?? Number.POSITIVE_INFINITY);
  const used = Number(/^total_rss (\d+)$/m.exec(read(join(folder, 'memory.stat')) ?? '')?.[1] ?? 0);
  return used > FULL * limit;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
