/** isovox-s3.ts ENDPOINT URI REPETITIONS PARALLEL: a whole stored volume from an object store; keys from the environment. */

import { configure, getConfig } from '../../lib/config/resolve.js';
import { openStore, readRegion } from '../../lib/native/store.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [endpoint = '', path = '', repetitions = '5', parallel = '8'] = process.argv.slice(2);
configure({ read: { concurrency: 2, tileCacheSizeMb: 0 }, s3: { endpoint, maxParallelOps: Number(parallel) } });
const task = { context: new Context(getConfig()) };
const ms: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const store = await openStore({ path }, task);
  const volume = await readRegion({ store }, task);
  if (i > 0) ms.push(performance.now() - begun);
  const voxels = addon().viewVolume(volume) as Int16Array;
  let sum = 0;
  for (const value of voxels) sum += value;
  answer = { mean: sum / voxels.length, middle: voxels[voxels.length / 2] ?? Number.NaN };
  addon().dispose(volume);
  addon().dispose(store);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
