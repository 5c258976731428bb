/** isovox-gamma.ts REFERENCE EVALUATED DOSE% DISTANCE REPETITIONS THREADS: gamma of two doses that were read before the clock. */

import { getConfig } from '../../lib/config/resolve.js';
import { readRtDose } from '../../lib/native/dicom.js';
import { gammaIndex } from '../../lib/native/dose.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [first = '', second = '', percent = '3', distance = '3', repetitions = '5', threads = '2'] =
  process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const [{ dose: reference }, { dose: evaluated }] = await Promise.all([
  readRtDose({ path: first }, { context }),
  readRtDose({ path: second }, { context }),
]);
const ms: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const result = await gammaIndex(
    { reference, evaluated, dosePercent: Number(percent), distanceMm: Number(distance) },
    { context },
  );
  if (i > 0) ms.push(performance.now() - begun);
  answer = { voxels: result.evaluatedVoxels, 'pass %': 100 * result.passRate, mean: result.meanGamma };
  addon().dispose(result.gamma);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
