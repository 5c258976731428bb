/** A volume at the voxels of a lattice at an angle to it, equal to SimpleITK's Resample (test/oracles/resample_onto.py). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { makeVolume } from '../../lib/native/dicom.js';
import { resampleOnto } from '../../lib/native/formats.js';
import { viewVolume } from '../../lib/native/volume.js';

const rows = readFileSync(join(import.meta.dirname, '../golden/resample_onto.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => line.split(';').map(Number) as [number, number, number, number, number]);

const SIZE = [14, 11, 9] as const;
const TURN = (25 * Math.PI) / 180;
const OUTSIDE = -1000;

const value = (i: number, j: number, k: number): number =>
  100 * Math.sin(0.35 * i) + 7 * j * Math.cos(0.5 * k) + 3 * ((i * 7 + j * 5 + k * 3) % 11);

function drawn(dtype: 'float32' | 'int16') {
  const [nx, ny, nz] = SIZE;
  const values = Array.from({ length: nx * ny * nz }, (_, n) =>
    value(n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))),
  );
  return makeVolume({
    grid: { size: [...SIZE], spacing: [1.5, 2, 3], origin: [-10, 5, 20] },
    dtype,
    data: dtype === 'float32' ? Float32Array.from(values) : Int16Array.from(values, Math.round),
  });
}

const turned = () =>
  makeVolume({
    grid: {
      size: [16, 12, 10],
      spacing: [1.3, 1.9, 2.4],
      origin: [-8, 3, 21],
      direction: [Math.cos(TURN), -Math.sin(TURN), 0, Math.sin(TURN), Math.cos(TURN), 0, 0, 0, 1],
    },
    dtype: 'uint8',
    data: new Uint8Array(16 * 12 * 10),
  });

describe('onto a turned lattice', () => {
  it.each([
    ['nearest', 2],
    ['linear', 3],
    ['cubic', 4],
  ] as const)('%s', async (interpolation, column) => {
    const volume = await drawn('float32');
    const found = viewVolume(
      await resampleOnto({ volume, like: await turned(), interpolation, outside: OUTSIDE }),
    ) as Float32Array;
    const compared = rows.filter(([, between]) => interpolation !== 'cubic' || between === 1);
    expect(compared.length).toBeGreaterThan(60);
    // Samples and results are float32.
    for (const row of compared) expect(Math.abs((found[row[0]] as number) - row[column])).toBeLessThan(1e-3);
    expect(rows.filter((row) => row[3] === OUTSIDE).length).toBeGreaterThan(20);
  });
});

it('onto its own lattice is what it was, whole numbers too', async () => {
  for (const interpolation of ['nearest', 'linear', 'cubic'] as const) {
    const volume = await drawn('int16');
    const found = await resampleOnto({ volume, like: volume, interpolation });
    expect(viewVolume(found)).toEqual(viewVolume(volume));
  }
});
