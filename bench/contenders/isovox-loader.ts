/**
 * isovox-loader.ts STORE WHAT EPOCHS SAMPLES THREADS CACHE: training samples (patch, slice, volume) in batches of four,
 * SAMPLES of each volume, with CACHE MiB for decoded chunks.
 */

import { Cohort } from '../../lib/cohort/index.js';
import { configure, getConfig } from '../../lib/config/resolve.js';
import { createTrainingDataloader } from '../../lib/dataloader/index.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';
import { drawing } from './loader-drawing.js';

const [store = '', what = 'patch', epochs = '3', samples = '8', threads = '2', cache = '0'] = process.argv.slice(2);
configure({ read: { concurrency: Number(threads), tileCacheSizeMb: Number(cache), memoryBudgetMb: 8192 } });
const cohort = await Cohort.open(store);
const context = new Context(getConfig());
const loader = createTrainingDataloader({
  ...drawing(what, Number(samples)),
  collections: cohort.collection('ct'),
  context,
});

let [sum, values, count] = [0, 0, 0];
const [ms, cpuMs]: [number[], number[]] = [[], []];
// Epoch 0 is the one that every contender reads; first its voxels are added up apart from the clock.
for (let epoch = 0; epoch <= Number(epochs); epoch++) {
  loader.setEpoch(0);
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  count = 0;
  for await (const { image, shape } of loader) {
    count += shape[0];
    if (epoch > 0) continue;
    for (const value of image) sum += value;
    values += image.length;
  }
  if (epoch === 0) continue;
  ms.push((performance.now() - begun) / count);
  const { user, system } = process.cpuUsage(cpu);
  cpuMs.push((user + system) / 1000 / count);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
const answer = { mean: sum / values, samples: count };
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb, version: packageVersion, answer })}\n`);
