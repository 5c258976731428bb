/**
 * isovox-volume.ts PATH REPETITIONS THREADS [AT_ONCE]: a volume from a file of any format; the time of AT_ONCE reads that
 * begin together.
 */

import { getConfig } from '../../lib/config/resolve.js';
import { readVolume } from '../../lib/native/formats.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [path = '', repetitions = '7', threads = '1', atOnce = '1'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const ms: number[] = [];
const cpuMs: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const read = await Promise.all(Array.from({ length: Number(atOnce) }, () => readVolume({ path }, { context })));
  if (i > 0) {
    ms.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(cpu);
    cpuMs.push((user + system) / 1000);
  }
  const { volume } = read[0] as (typeof read)[number];
  const voxels = addon().viewVolume(volume) as Int16Array;
  let sum = 0;
  for (const value of voxels) sum += value;
  answer = { voxels: voxels.length, mean: sum / voxels.length, middle: voxels[voxels.length / 2] ?? Number.NaN };
  for (const one of read) addon().dispose(one.volume);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb, version: packageVersion, answer })}\n`);
