import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

import { memoryPressure } from '../../../lib/distributed/memory-pressure.js';
import { temporaryFolder } from '../../fixtures/index.js';

/** A system whose files say this. */
function system(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const stall = (percent: number): string => `some avg10=${percent} avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00\n`;

it('is that of the machine', () => {
  expect(memoryPressure(system({ 'proc/pressure/memory': stall(12.5) }))).toBe(12.5);
});

it('is that of the control group, when it is larger', () => {
  const root = system({
    'proc/pressure/memory': stall(1),
    'proc/self/cgroup': '0::/jobs/17\n',
    'sys/fs/cgroup/jobs/17/memory.pressure': stall(33),
  });
  expect(memoryPressure(root)).toBe(33);
});

it('is full for a control group of version 1 whose processes hold most of its limit', () => {
  const group = (rss: number): string =>
    system({
      'proc/self/cgroup': '5:cpu:/other\n4:memory:/jobs\n',
      'sys/fs/cgroup/memory/jobs/memory.limit_in_bytes': '1000\n',
      'sys/fs/cgroup/memory/jobs/memory.stat': `cache 900\ntotal_cache 900\ntotal_rss ${rss}\n`,
    });
  expect(memoryPressure(group(810))).toBe(100);
  expect(memoryPressure(group(790))).toBe(0);
});

it('is nothing where nothing tells it', () => {
  expect(memoryPressure(system({}))).toBe(0);
});
