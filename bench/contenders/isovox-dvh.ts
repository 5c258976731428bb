/** isovox-dvh.ts RTSTRUCT RTDOSE REPETITIONS THREADS parse|parsed: DVHs of all structures, with or without reading the files. */

import { getConfig } from '../../lib/config/resolve.js';
import { readRtDose, readRtStruct } from '../../lib/native/dicom.js';
import { computeDvh } from '../../lib/native/dose.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [structures = '', dosePath = '', repetitions = '7', threads = '2', timed = 'parse'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const ms: number[] = [];
const answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  let begun = performance.now();
  const [{ rois }, { dose }] = await Promise.all([
    readRtStruct({ path: structures }, { context }),
    readRtDose({ path: dosePath }, { context }),
  ]);
  if (timed === 'parsed') begun = performance.now();
  const results = await computeDvh({ rois, dose }, { context });
  if (i > 0) ms.push(performance.now() - begun);
  for (const result of results) {
    if (result.meanGy === null) continue;
    answer[`${result.name} cc`] = result.volumeCc;
    answer[`${result.name} Gy`] = result.meanGy;
  }
  for (const { dvh } of results) addon().dispose(dvh);
  addon().dispose(rois);
  addon().dispose(dose);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
