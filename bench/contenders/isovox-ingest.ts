/** isovox-ingest.ts PATH STORE REPETITIONS THREADS: an image into a new cohort; what was written is read back afterwards. */

import { rmSync } from 'node:fs';

import { Cohort } from '../../lib/cohort/index.js';
import { configure, getConfig } from '../../lib/config/resolve.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [path = '', store = '', repetitions = '5', threads = '2'] = process.argv.slice(2);
configure({
  read: { concurrency: Number(threads) },
  write: { tile: { orientation: 'isotropic' }, compression: { algorithm: 'zstd', level: 3 } },
});
const context = new Context(getConfig());
const ms: number[] = [];
const cpuMs: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  rmSync(store, { recursive: true, force: true });
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const cohort = await Cohort.fromImages(store, { ct: [[path, 'one']] }, { context });
  if (i > 0) {
    ms.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(cpu);
    cpuMs.push((user + system) / 1000);
  }
  if (i < Number(repetitions)) continue;
  const { data } = await cohort.collection('ct').iloc(0).read();
  let sum = 0;
  for (const value of data as Int16Array) sum += value;
  answer = { mean: sum / data.length, middle: Number(data[data.length / 2]) };
}
rmSync(store, { recursive: true, force: true });
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb, version: packageVersion, answer })}\n`);
