/** isovox-masks.ts edt|label|surface MASK NX NY NZ THREADS REPETITIONS: a mask of bytes in memory before the clock. */

import { readFileSync } from 'node:fs';

import { getConfig } from '../../lib/config/resolve.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { distanceTransform, extractSurface, labelComponents } from '../../lib/native/masks.js';
import { dispose, viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [mode = '', file = '', ...numbers] = process.argv.slice(2);
const [nx = 0, ny = 0, nz = 0, threads = 1, repetitions = 3] = numbers.map(Number);
const context = new Context({
  ...getConfig(),
  read: { ...getConfig().read, concurrency: threads, memoryBudgetMb: 8192 },
});
const volume = await makeVolume({
  grid: { size: [nx, ny, nz], spacing: [0.9, 0.9, 2.5], origin: [0, 0, 0] },
  dtype: 'uint8',
  data: new Uint8Array(readFileSync(file)),
});
const ms: number[] = [];
let answer: Record<string, number> = {};
for (let n = 0; n <= repetitions; n++) {
  const begun = performance.now();
  if (mode === 'edt') {
    const out = await distanceTransform({ volume }, { context });
    if (n > 0) ms.push(performance.now() - begun);
    const values = viewVolume(out) as Float32Array;
    answer = { sum: values.reduce((sum, x) => sum + x, 0) };
    dispose(out);
  } else if (mode === 'surface') {
    const { points, areaMm2 } = await extractSurface({ volume, level: 0.5 }, { context });
    if (n > 0) ms.push(performance.now() - begun);
    answer = { points: points.length / 3, areaMm2 };
  } else {
    const { labels, voxels } = await labelComponents({ volume, connectivity: 26 }, { context });
    if (n > 0) ms.push(performance.now() - begun);
    answer = { components: voxels.length, largest: Math.max(...voxels) };
    dispose(labels);
  }
}
process.stdout.write(
  `${JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024, version: packageVersion, answer })}\n`,
);
