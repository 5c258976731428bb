import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { benchStorage, configurationLines } from '../../../lib/cli/doctor/bench.js';
import { runChecks } from '../../../lib/cli/doctor/checks.js';
import { configureFromFile, getConfig, resetConfig } from '../../../lib/config/resolve.js';
import { temporaryFolder } from '../../fixtures/index.js';

const folder = temporaryFolder();

it('checks what a run needs, and leaves nothing', async () => {
  const place = join(folder, 'place');
  mkdirSync(place);
  const checks = await runChecks(place);
  const wanted = [
    'node',
    'cpu',
    'native part',
    'memory',
    'disk',
    'temporary',
    'open files',
    'write test',
    'object store',
  ];
  expect(checks.map(({ name }) => name)).toEqual([...wanted, 'onnxruntime']);
  expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(readdirSync(place)).toEqual([]);
});

it('says what to do where nothing can be written', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o444);
  const test = (await runChecks(file)).find(({ name }) => name === 'write test');
  expect(test).toMatchObject({ status: 'fail', remedy: expect.stringContaining('Choose a folder') });
});

it('measures a folder, recommends what configure takes, and leaves nothing', async () => {
  const place = join(folder, 'bench');
  mkdirSync(place);
  const result = await benchStorage(place, { layers: 1 });
  expect(readdirSync(place)).toEqual([]);
  for (const { readMbPerS, readsPerS } of result.measured) expect(Math.min(readMbPerS, readsPerS)).toBeGreaterThan(0);
  const file = join(folder, 'recommended.yaml');
  writeFileSync(file, configurationLines(result.recommended).join('\n'));
  configureFromFile(file);
  expect(getConfig().read.concurrency).toBe(result.recommended['read.concurrency']);
  resetConfig();
});
