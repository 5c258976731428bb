/** Exact Euclidean distances equal to SciPy's (test/oracles/distance.py); float32 against float64. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { makeVolume } from '../../lib/native/dicom.js';
import { distanceTransform, labelComponents } from '../../lib/native/masks.js';
import { viewVolume } from '../../lib/native/volume.js';

const rows = readFileSync(join(import.meta.dirname, '../golden/distance.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => line.split(';').map(Number));

/** The linear congruential generator of Numerical Recipes, as the oracle draws it. */
function noise(voxels: number, permille: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: voxels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % 1000 >= permille ? 1 : 0;
  });
}

const cases = new Map<string, number[][]>();
for (const row of rows) {
  const key = row.slice(0, 7).join(' ');
  cases.set(key, [...(cases.get(key) ?? []), row]);
}

it.each([...cases.keys()])('%s', async (key) => {
  const [nx = 0, ny = 0, nz = 0, sx = 0, sy = 0, sz = 0, permille = 0] = key.split(' ').map(Number);
  const volume = await makeVolume({
    grid: { size: [nx, ny, nz], spacing: [sx, sy, sz], origin: [0, 0, 0] },
    dtype: 'uint8',
    data: noise(nx * ny * nz, permille),
  });
  const found = viewVolume(await distanceTransform({ volume })) as Float32Array;
  for (const [index = 0, distance = 0] of (cases.get(key) ?? []).map((row) => row.slice(7)))
    expect(Math.abs((found[index] as number) - distance)).toBeLessThanOrEqual(1e-6 * Math.max(1, distance));
  const { labels, voxels } = await labelComponents({ volume, connectivity: 26 });
  expect(voxels.reduce((sum, count) => sum + count, 0)).toBe(
    (viewVolume(labels) as Int32Array).reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0),
  );
});
