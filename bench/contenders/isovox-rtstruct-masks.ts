/** isovox-rtstruct-masks.ts memory|files SERIES RTSTRUCT REPETITIONS THREADS: masks of all structures, one byte a voxel. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { getConfig } from '../../lib/config/resolve.js';
import { readRtStruct, readSeries } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { maskToVolume, voxelise } from '../../lib/native/imaging.js';
import { dispose, viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [mode = '', series = '', structures = '', repetitions = '5', threads = '2'] = process.argv.slice(2);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const paths = readdirSync(series).map((name) => join(series, name));
const folder = mkdtempSync(join(tmpdir(), 'isovox-bench-'));
const ms: number[] = [];
const answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const [{ volume }, { rois, summary }] = await Promise.all([
    readSeries({ paths }, { context }),
    readRtStruct({ path: structures }, { context }),
  ]);
  const masks = await Promise.all(
    summary.rois.map(async ({ ROIName }, index) => {
      const { mask } = await voxelise({ rois, index, volume }, { context });
      const bytes = await maskToVolume({ mask, mode: 'binary' }, { context });
      dispose(mask);
      if (mode === 'files') await writeVolume({ volume: bytes, path: join(folder, `${index}.nii`) }, { context });
      return { name: ROIName, bytes };
    }),
  );
  if (i > 0) ms.push(performance.now() - begun);
  for (const { name, bytes } of masks) {
    if (i === 0) answer[name] = (viewVolume(bytes) as Uint8Array).reduce((sum, voxel) => sum + voxel, 0);
    dispose(bytes);
  }
  dispose(volume);
  dispose(rois);
}
rmSync(folder, { recursive: true, force: true });
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
