/** isovox-series.ts FOLDER REPETITIONS THREADS: a DICOM series into one HU volume. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { getConfig } from '../../lib/config/resolve.js';
import { readSeries } from '../../lib/native/dicom.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [folder = '', repetitions = '7', threads = '2'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const read = () =>
  readSeries({ paths: readdirSync(folder).map((name) => join(folder, name)) }, { context }).then(
    ({ volume }) => volume,
  );

const ms: number[] = [];
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const volume = await read();
  if (i > 0) ms.push(performance.now() - begun);
  addon().dispose(volume);
}

// Apart from the clock, and once: a view keeps its memory until it is collected.
const volume = await read();
const { grid, slope, intercept } = addon().describeVolume(volume);
const voxels = addon().viewVolume(volume) as Int16Array;
const pixels = grid.size[0] * grid.size[1];
let sum = 0;
for (const value of voxels) sum += value;
const hu = (value: number | undefined): number => (value ?? Number.NaN) * slope + intercept;
const answer = {
  voxels: voxels.length,
  mean: hu(sum / voxels.length),
  first: hu(voxels[pixels / 2]),
  last: hu(voxels[voxels.length - pixels / 2]),
};
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
