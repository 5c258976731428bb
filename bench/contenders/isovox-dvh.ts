/** isovox-dvh.ts RTSTRUCT RTDOSE REPETITIONS THREADS parse|parsed: DVHs of all structures, with or without reading the files. */

import { readFileSync, writeFileSync } from 'node:fs';
import { getConfig } from '../../lib/config/resolve.js';
import { readRtDose, readRtStruct } from '../../lib/native/dicom.js';
import { computeDvh } from '../../lib/native/dose.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [structures = '', dosePath = '', repetitions = '7', threads = '2', timed = 'parse'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
/** A line of the process's status in MiB; VmHWM is the most since the last 5 in clear_refs (proc(5)). */
const statusMb = (line: string): number =>
  Number(new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
addon();
writeFileSync('/proc/self/clear_refs', '5');
const before = statusMb('VmRSS');
let grownMb = 0;
const ms: number[] = [];
const cpuMs: number[] = [];
const answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  let begun = performance.now();
  let cpu = process.cpuUsage();
  const [{ rois }, { dose }] = await Promise.all([
    readRtStruct({ path: structures }, { context }),
    readRtDose({ path: dosePath }, { context }),
  ]);
  if (timed === 'parsed') {
    begun = performance.now();
    cpu = process.cpuUsage();
  }
  const results = await computeDvh({ rois, dose }, { context });
  if (i > 0) {
    ms.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(cpu);
    cpuMs.push((user + system) / 1000);
  } else {
    grownMb = statusMb('VmHWM') - before;
  }
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
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb, grownMb, version: packageVersion, answer })}\n`);
