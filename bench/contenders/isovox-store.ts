/**
 * isovox-store.ts PATH WHAT REPETITIONS THREADS: regions of a stored volume without the cache. WHAT is all, roi, axial,
 * coronal or sagittal (boxes.ts); the time is that of one region.
 */

import { configure, getConfig } from '../../lib/config/resolve.js';
import { describeStore, openStore, readRegion } from '../../lib/native/store.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';
import { wantedOf } from './boxes.js';

const [path = '', what = 'all', repetitions = '7', threads = '2'] = process.argv.slice(2);
configure({ read: { concurrency: Number(threads), tileCacheSizeMb: 0 } });
const task = { context: new Context(getConfig()) };
const store = await openStore({ path }, task);
const wanted = wantedOf(what, describeStore(store).grid.size);
const ms: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const volumes = [];
  for (const box of wanted) volumes.push(await readRegion({ store, ...(box as object) }, task));
  if (i > 0) ms.push((performance.now() - begun) / wanted.length);
  let [sum, count] = [0, 0];
  for (const volume of volumes) {
    const voxels = addon().viewVolume(volume) as Int16Array;
    for (const value of voxels) sum += value;
    count += voxels.length;
    answer = { middle: voxels[voxels.length / 2] ?? Number.NaN };
    addon().dispose(volume);
  }
  answer.mean = sum / count;
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
