/** The network and volume of the inference benches, made here: three 3x3x3 convolutions of 8 channels, four labels. */

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { constant, model, node, value } from '../test/fixtures/onnx.js';

const LABELS = 4;
const CHANNELS = [1, 8, 8, LABELS];

function network(): Uint8Array {
  let state = 1;
  const noise = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const nodes = [];
  const constants = [];
  for (let n = 1; n < CHANNELS.length; n++) {
    const [from = 1, to = 1] = [CHANNELS[n - 1], CHANNELS[n]];
    const scale = 2 / Math.sqrt(from * 27);
    constants.push(
      constant(
        `w${n}`,
        [to, from, 3, 3, 3],
        Array.from({ length: to * from * 27 }, () => noise() * scale * 2),
      ),
    );
    const last = n === CHANNELS.length - 1;
    nodes.push(
      node(
        'Conv',
        [n === 1 ? 'image' : `r${n - 1}`, `w${n}`],
        [last ? 'logits' : `c${n}`],
        [
          { name: 'kernel_shape', ints: [3, 3, 3] },
          { name: 'pads', ints: [1, 1, 1, 1, 1, 1] },
        ],
      ),
    );
    if (!last) nodes.push(node('LeakyRelu', [`c${n}`], [`r${n}`]));
  }
  return model({
    nodes,
    constants,
    inputs: [value('image', ['n', 1, 'z', 'y', 'x'])],
    outputs: [value('logits', ['n', LABELS, 'z', 'y', 'x'])],
  });
}

/** Writes a model folder and gives it. */
export function benchModel(cache: string, patch: number): string {
  const folder = join(cache, 'bench-model');
  mkdirSync(folder, { recursive: true });
  const bytes = network();
  writeFileSync(join(folder, 'model.onnx'), bytes);
  const manifest = {
    format: 'isovox-model',
    version: 1,
    name: 'bench',
    licence: 'Apache-2.0',
    models: [{ file: 'model.onnx', sha256: createHash('sha256').update(bytes).digest('hex') }],
    input: { channels: [{ name: 'CT' }] },
    window: { patch: [patch, patch, patch], overlap: 0.5 },
    output: { labels: Array.from({ length: LABELS }, (_, n) => ({ value: n, name: `label ${n}` })) },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

/** Waves with a little noise, float32, x fastest. */
export function benchVolume(cache: string, [nx, ny, nz]: readonly [number, number, number]): string {
  const file = join(cache, `bench-volume-${nx}x${ny}x${nz}.f32`);
  const data = new Float32Array(nx * ny * nz);
  let state = 7;
  for (let n = 0; n < data.length; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = n % nx;
    const y = Math.floor(n / nx) % ny;
    const z = Math.floor(n / nx / ny);
    data[n] = Math.sin(x / 9) * Math.cos(y / 7) * Math.sin(z / 5) + (state / 2 ** 32 - 0.5) / 4;
  }
  writeFileSync(file, Buffer.from(data.buffer));
  return file;
}
