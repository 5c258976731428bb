/**
 * Parity with nnU-Net v2 on a randomly initialised network: the model folder that native/tools/export_nnunet.py made of it,
 * and what nnunetv2's own predictor says of three volumes (test/oracles/nnunet.py makes both). The bounds are the
 * project's: argmax equal in at least 99.99 % of voxels, logits within 1e-3.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { Segmenter } from '../../lib/inference/segmenter.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { viewVolume } from '../../lib/native/volume.js';

const golden = join(import.meta.dirname, '../golden/nnunet');

interface Facts {
  size: [number, number, number];
  spacing: [number, number, number];
  crop: Array<[number, number]>;
  step: number;
}

describe('nnU-Net v2', () => {
  it.each(['plain', 'coarse', 'small'])('%s: labels and logits are those of its own predictor', async (name) => {
    const facts = JSON.parse(readFileSync(join(golden, `${name}.json`), 'utf8')) as Facts;
    const bytes = gunzipSync(readFileSync(join(golden, `${name}.bin.gz`)));
    const { size, spacing, crop, step } = facts;
    const voxels = size[0] * size[1] * size[2];
    const image = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + voxels * 2));
    const labels = bytes.subarray(voxels * 2, voxels * 3);
    const halfLabels = bytes.subarray(voxels * 3, voxels * 4);
    const logits = new Float32Array(bytes.buffer.slice(bytes.byteOffset + voxels * 4, bytes.byteOffset + bytes.length));
    const volume = await makeVolume({ grid: { size, spacing, origin: [0, 0, 0] }, dtype: 'int16', data: image });
    const segmenter = await Segmenter.load(join(golden, 'model'), { device: 'cpu', threads: 2 });
    const result = await segmenter.segment([volume], { logits: true });
    segmenter.dispose();

    const found = viewVolume(result.labels) as Uint8Array;
    const differences = (from: Uint8Array): number =>
      found.reduce((sum, label, n) => sum + (label === from[n] ? 0 : 1), 0);
    const different = differences(labels);
    expect(found.length).toBe(labels.length);
    expect(different / voxels).toBeLessThanOrEqual(1e-4);

    const [nx, ny, nz] = crop.map(([begin, end]) => end - begin) as [number, number, number];
    const values = viewVolume(result.logits as NonNullable<typeof result.logits>) as Float32Array;
    expect(values.length).toBe(4 * nx * ny * nz);
    let worst = 0;
    let n = 0;
    for (let c = 0; c < 4; c++)
      for (let z = 0; z < nz; z += step)
        for (let y = 0; y < ny; y += step)
          for (let x = 0; x < nx; x += step) {
            const at = ((c * nz + z) * ny + y) * nx + x;
            worst = Math.max(worst, Math.abs((values[at] as number) - (logits[n++] as number)));
          }
    expect(n).toBe(logits.length);
    process.stderr.write(
      `nnU-Net ${name}: ${different} of ${voxels} labels differ (${differences(halfLabels)} from its half precision), logits by at most ${worst.toExponential(1)}\n`,
    );
    expect(worst).toBeLessThanOrEqual(1e-3);
  });
});
