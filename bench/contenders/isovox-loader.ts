/** isovox-loader.ts STORE EPOCHS PATCHES THREADS: training patches of 64 cubed in batches of four, nothing cached. */

import { Cohort } from '../../lib/cohort/index.js';
import { getConfig } from '../../lib/config/resolve.js';
import { createTrainingDataloader } from '../../lib/dataloader/index.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [store = '', epochs = '3', patches = '100', threads = '2'] = process.argv.slice(2);
const cohort = await Cohort.open(store);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const loader = createTrainingDataloader({
  collections: cohort.collection('ct'),
  patchSize: [64, 64, 64],
  patchesPerVolume: Number(patches),
  seed: 1,
  context,
});

/** Epoch 0 is the one that every contender reads; its voxels are added up apart from the clock. */
async function checked(): Promise<Record<string, number>> {
  let [sum, samples] = [0, 0];
  loader.setEpoch(0);
  for await (const { image, shape } of loader) {
    for (const value of image) sum += value;
    samples += shape[0];
  }
  return { mean: sum / (samples * 64 ** 3), samples };
}

const answer = await checked();
addon().setTileCacheLimit(0);
const ms: number[] = [];
for (let epoch = 0; epoch < Number(epochs); epoch++) {
  loader.setEpoch(0);
  const begun = performance.now();
  let samples = 0;
  for await (const { shape } of loader) samples += shape[0];
  ms.push((performance.now() - begun) / samples);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
