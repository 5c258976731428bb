/** isovox-volume.ts PATH REPETITIONS THREADS: a volume from a file of any format. */

import { getConfig } from '../../lib/config/resolve.js';
import { readVolume } from '../../lib/native/formats.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [path = '', repetitions = '7', threads = '1'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const ms: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const { volume } = await readVolume({ path }, { context });
  if (i > 0) ms.push(performance.now() - begun);
  const voxels = addon().viewVolume(volume) as Int16Array;
  let sum = 0;
  for (const value of voxels) sum += value;
  answer = { voxels: voxels.length, mean: sum / voxels.length, middle: voxels[voxels.length / 2] ?? Number.NaN };
  addon().dispose(volume);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
