/** nifti-reader.mjs PATH REPETITIONS: a .nii.gz into stored values by nifti-reader-js. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const installed = join(dirname(fileURLToPath(import.meta.url)), '../../build/bench/node/node_modules/nifti-reader-js');
const { version, exports, main, module } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
const own = exports?.['.'] ?? exports;
const entry = own?.import?.default ?? own?.import ?? own?.default ?? module ?? main;
const nifti = await import(pathToFileURL(join(installed, entry)).href);

const [path = '', repetitions = '2'] = process.argv.slice(2);
const ms = [];
const cpuMs = [];
let answer = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const packed = readFileSync(path);
  const bytes = packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength);
  const plain = nifti.isCompressed(bytes) ? nifti.decompress(bytes) : bytes;
  const header = nifti.readHeader(plain);
  const voxels = new Int16Array(nifti.readImage(header, plain));
  if (i > 0) {
    ms.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(cpu);
    cpuMs.push((user + system) / 1000);
  }
  let sum = 0;
  for (const value of voxels) sum += value;
  answer = { voxels: voxels.length, mean: sum / voxels.length, middle: voxels[voxels.length / 2] };
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb, version, answer })}\n`);
