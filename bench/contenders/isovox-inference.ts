/** isovox-inference.ts run|slide MODEL_FOLDER VOLUME NX NY NZ PATCH THREADS REPETITIONS. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { getConfig } from '../../lib/config/resolve.js';
import { Segmenter } from '../../lib/inference/segmenter.js';
import { InferenceSession } from '../../lib/inference/session.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { dispose, viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [mode = '', folder = '', file = '', ...numbers] = process.argv.slice(2);
const [nx = 0, ny = 0, nz = 0, patch = 0, threads = 1, repetitions = 3] = numbers.map(Number);
const bytes = readFileSync(file);
const data = new Float32Array(bytes.buffer, bytes.byteOffset, nx * ny * nz);
const context = new Context({
  ...getConfig(),
  read: { ...getConfig().read, concurrency: threads, memoryBudgetMb: 8192 },
});
const options = { device: 'cpu', threads, context };
const ms: number[] = [];
let answer: Record<string, number> = {};
if (mode === 'run') {
  const session = await InferenceSession.create(join(folder, 'model.onnx'), options);
  const image = { type: 'float32', shape: [1, 1, patch, patch, patch], data: data.slice(0, patch ** 3) } as const;
  for (let n = 0; n <= repetitions; n++) {
    const begun = performance.now();
    const { logits } = await session.run({ image });
    if (n > 0) ms.push(performance.now() - begun);
    // Once: what the sum leaves to collect would be collected during the next run.
    if (n === repetitions) {
      answer = { sum: (logits?.data as Float32Array).reduce((sum, x) => sum + Math.abs(x), 0) };
    }
  }
} else {
  const volume = await makeVolume({
    grid: { size: [nx, ny, nz], spacing: [1, 1, 1], origin: [0, 0, 0] },
    dtype: 'float32',
    data,
  });
  const segmenter = await Segmenter.load(folder, options);
  for (let n = 0; n <= repetitions; n++) {
    const begun = performance.now();
    const { labels } = await segmenter.segment([volume], { context });
    if (n > 0) ms.push(performance.now() - begun);
    const found = viewVolume(labels) as Uint8Array;
    const counts = [0, 0, 0, 0];
    for (const label of found) counts[label] = (counts[label] ?? 0) + 1;
    answer = Object.fromEntries(counts.map((count, label) => [`label ${label}`, count]));
    dispose(labels);
  }
}
process.stdout.write(
  `${JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024, version: packageVersion, answer })}\n`,
);
