// onnxruntime-node.mjs run|slide MODEL_FOLDER VOLUME NX NY NZ PATCH THREADS REPETITIONS: its own API, tiled in JavaScript.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const ort = require('onnxruntime-node');
const [mode, folder, file, ...numbers] = process.argv.slice(2);
const [nx, ny, nz, patch, threads, repetitions] = numbers.map(Number);
const bytes = readFileSync(file);
const data = new Float32Array(bytes.buffer, bytes.byteOffset, nx * ny * nz);
const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
  intraOpNumThreads: threads,
  executionProviders: ['cpu'],
});
const shape = [1, 1, patch, patch, patch];

function starts(size) {
  const count = Math.ceil((size - patch) / (patch * 0.5)) + 1;
  return Array.from({ length: count }, (_, n) => (count > 1 ? Math.round((n * (size - patch)) / (count - 1)) : 0));
}

async function slide() {
  const axis = Float32Array.from({ length: patch }, (_, n) => Math.exp(-0.5 * ((n - (patch >> 1)) / (patch / 8)) ** 2));
  const voxels = nx * ny * nz;
  const sums = new Float32Array(4 * voxels);
  const weights = new Float32Array(voxels);
  const tile = new Float32Array(patch ** 3);
  for (const z of starts(nz))
    for (const y of starts(ny))
      for (const x of starts(nx)) {
        for (let k = 0; k < patch; k++)
          for (let j = 0; j < patch; j++) {
            const row = ((z + k) * ny + y + j) * nx + x;
            tile.set(data.subarray(row, row + patch), (k * patch + j) * patch);
          }
        const { logits } = await session.run({ image: new ort.Tensor('float32', tile, shape) });
        for (let c = 0; c < 4; c++)
          for (let k = 0; k < patch; k++)
            for (let j = 0; j < patch; j++) {
              const row = ((z + k) * ny + y + j) * nx + x;
              const from = ((c * patch + k) * patch + j) * patch;
              const outer = axis[k] * axis[j];
              for (let i = 0; i < patch; i++) {
                sums[c * voxels + row + i] += logits.data[from + i] * outer * axis[i];
                if (c === 0) weights[row + i] += outer * axis[i];
              }
            }
      }
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < voxels; n++) {
    let best = 0;
    for (let c = 1; c < 4; c++) if (sums[c * voxels + n] > sums[best * voxels + n]) best = c;
    counts[best]++;
  }
  return counts;
}

const ms = [];
let answer = {};
for (let n = 0; n <= repetitions; n++) {
  const begun = performance.now();
  if (mode === 'run') {
    const { logits } = await session.run({ image: new ort.Tensor('float32', data.slice(0, patch ** 3), shape) });
    if (n > 0) ms.push(performance.now() - begun);
    // Once: what the sum leaves to collect would be collected during the next run.
    if (n === repetitions) answer = { sum: logits.data.reduce((sum, x) => sum + Math.abs(x), 0) };
  } else {
    const counts = await slide();
    if (n > 0) ms.push(performance.now() - begun);
    answer = Object.fromEntries(counts.map((count, label) => [`label ${label}`, count]));
  }
}
const version = require('onnxruntime-node/package.json').version;
process.stdout.write(`${JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024, version, answer })}\n`);
