/** isovox-filter.ts IMAGE gaussian|log|median|wavelet|resample REPETITIONS THREADS: maps of a volume read before the clock. */

import { getConfig } from '../../lib/config/resolve.js';
import type { FilterArgs } from '../../lib/native/filter-types.js';
import { filterVolume } from '../../lib/native/filters.js';
import { convertVolume, readVolume } from '../../lib/native/formats.js';
import { describeVolume, dispose, viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const FILTERS: Readonly<Record<string, readonly FilterArgs[]>> = {
  gaussian: [{ type: 'gaussian', sigmaMm: 2, boundary: 'mirror' }],
  log: [{ type: 'log', sigmaMm: 2, boundary: 'mirror' }],
  median: [{ type: 'median', support: 3, boundary: 'mirror' }],
  wavelet: ['LLH', 'LHL', 'LHH', 'HLL', 'HLH', 'HHL', 'HHH', 'LLL'].map((decomposition) => ({
    type: 'wavelet',
    wavelet: 'coif1',
    decomposition,
    boundary: 'periodic',
  })),
};

const [path = '', what = '', repetitions = '3', threads = '1'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const { volume } = await readVolume({ path }, { context });
const before = process.resourceUsage().maxRSS;
const ms: number[] = [];
const cpuMs: number[] = [];
const answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const [begun, worked] = [performance.now(), process.cpuUsage()];
  const maps = [];
  if (what === 'resample') {
    maps.push(await convertVolume({ volume, spacing: [1.5, 1.5, 1.5], interpolation: 'cubic' }, { context }));
  }
  for (const [n, filter] of (FILTERS[what] ?? []).entries()) {
    const map = await filterVolume({ volume, filter }, { context });
    if (n === 0) maps.push(map);
    else dispose(map);
  }
  const { user, system } = process.cpuUsage(worked);
  if (i > 0) {
    ms.push(performance.now() - begun);
    cpuMs.push((user + system) / 1000);
  }
  if (i === 0) Object.assign(answer, innerOf(maps[0] as (typeof maps)[0]));
  for (const map of maps) dispose(map);
}
const peakMb = (process.resourceUsage().maxRSS - before) / 1024;
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb, version: packageVersion, answer })}\n`);

/** Every seventh voxel at least 20 from every side. */
function innerOf(map: Parameters<typeof viewVolume>[0]): { mean: number; deviation: number } {
  const [nx = 0, ny = 0, nz = 0] = describeVolume(map).grid.size;
  const values = viewVolume(map);
  let [sum, square, count] = [0, 0, 0];
  for (let k = 20; k < nz - 20; k += 7) {
    for (let j = 20; j < ny - 20; j += 7) {
      for (let i = 20; i < nx - 20; i += 7) {
        const x = Number(values[(k * ny + j) * nx + i]);
        sum += x;
        square += x * x;
        count++;
      }
    }
  }
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(square / count - mean * mean) };
}
