/** isovox-radiomics.ts IMAGE MASK pyradiomics|ibsi REPETITIONS THREADS: features of volumes that were read before the clock. */

import { getConfig } from '../../lib/config/resolve.js';
import { readVolume } from '../../lib/native/formats.js';
import { extractFeatures, extractPyradiomics } from '../../lib/native/radiomics.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [imagePath = '', maskPath = '', what = '', repetitions = '5', threads = '1'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const [{ volume: image }, { volume: mask }] = await Promise.all([
  readVolume({ path: imagePath }, { context }),
  readVolume({ path: maskPath }, { context }),
]);
const measure = () =>
  what === 'pyradiomics'
    ? extractPyradiomics({ image, mask, label: 1, settings: { binWidth: 25 } }, { context })
    : extractFeatures({ image, mask, settings: { discretise: { method: 'fbs', width: 25 } } }, { context });
const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  mean: ['original_firstorder_Mean', 'stat_mean'],
  variance: ['original_firstorder_Variance', 'stat_var'],
  'mesh volume': ['original_shape_MeshVolume', 'morph_volume'],
  diameter: ['original_shape_Maximum3DDiameter', ''],
  'glcm contrast': ['original_glcm_Contrast', ''],
  'glrlm run entropy': ['original_glrlm_RunEntropy', ''],
};
const ms: number[] = [];
const cpuMs: number[] = [];
const before = process.resourceUsage().maxRSS;
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const [begun, worked] = [performance.now(), process.cpuUsage()];
  const { features } = await measure();
  const { user, system } = process.cpuUsage(worked);
  if (i > 0) {
    ms.push(performance.now() - begun);
    cpuMs.push((user + system) / 1000);
  }
  const values = new Map(features.map(({ name, value }) => [name, value]));
  answer = { features: features.length };
  for (const [key, [dialect, ibsi]] of Object.entries(NAMES)) {
    const value = values.get(what === 'pyradiomics' ? dialect : ibsi);
    if (typeof value === 'number') answer[key] = value;
  }
}
const peakMb = (process.resourceUsage().maxRSS - before) / 1024;
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb, version: packageVersion, answer })}\n`);
