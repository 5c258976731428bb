import { getConfig } from '../lib/config/resolve.js';
import { readVolume } from '../lib/native/formats.js';
import { extractFeatures } from '../lib/native/radiomics.js';
import { Context } from '../lib/runtime/context.js';
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: 1 } });
const [{ volume: image }, { volume: mask }] = await Promise.all([
  readVolume({ path: 'build/bench/radiomics-small.nii' }, { context }),
  readVolume({ path: 'build/bench/radiomics-small-mask.nii' }, { context }),
]);
const fams = process.argv[2] ? process.argv[2].split(',') : ['all','morphology','local_intensity','statistics','histogram','ivh','glcm','glrlm','glszm','gldzm','ngtdm','ngldm'];
for (const f of fams) {
  const best: number[] = [];
  for (let i = 0; i < 12; i++) {
    const b = process.cpuUsage();
    await extractFeatures({ image, mask, settings: { discretise: { method: 'fbs', width: 25 }, ...(f !== 'all' && { families: [f] as never }) } }, { context });
    const d = process.cpuUsage(b);
    best.push((d.user + d.system) / 1000);
  }
  best.sort((a, b) => a - b);
  console.log(f, best[0]?.toFixed(1), best[3]?.toFixed(1), best[6]?.toFixed(1));
}
