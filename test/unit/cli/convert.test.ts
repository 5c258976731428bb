/** isovox convert: resampling against closed forms (a linear field stays one under every interpolation), and SUV. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { convert } from '../../../lib/cli/commands/convert.js';
import { info } from '../../../lib/cli/commands/info.js';
import { parseSpacing } from '../../../lib/cli/options.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { convertVolume, readVolume, writeVolume } from '../../../lib/native/formats.js';
import { describeVolume, viewVolume } from '../../../lib/native/volume.js';
import { temporaryFolder } from '../../fixtures/index.js';

const SIZE: [number, number, number] = [9, 8, 7];
const SPACING: [number, number, number] = [1, 1.5, 2];
const field = (x: number, y: number, z: number): number => 3 + 2 * x - y + 0.5 * z;

/** field() at every voxel, in index times spacing. */
function ramp(): Float32Array {
  const data = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]);
  let at = 0;
  for (let k = 0; k < SIZE[2]; k++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let i = 0; i < SIZE[0]; i++) data[at++] = field(i * SPACING[0], j * SPACING[1], k * SPACING[2]);
  return data;
}

const makeRamp = () =>
  makeVolume({
    grid: { size: SIZE, spacing: SPACING, origin: [10, 20, 30] },
    dtype: 'float32',
    data: ramp(),
  });

describe('convert', () => {
  const folder = temporaryFolder();

  it.each(['linear', 'cubic'] as const)('a linear field stays one: %s', async (interpolation) => {
    const volume = await convertVolume({ volume: await makeRamp(), spacing: [0.8, 0, 1.25], interpolation });
    const { grid } = describeVolume(volume);
    // ceil(n * from / to) (IBSI 1, 2.4.1), with the centre where it was.
    expect(grid.size).toEqual([12, 8, 12]);
    expect(grid.spacing[0]).toBeCloseTo(0.8, 12);
    const centre = (a: number) => (grid.origin[a] ?? 0) + (((grid.size[a] ?? 0) - 1) / 2) * (grid.spacing[a] ?? 0);
    expect(centre(0)).toBeCloseTo(10 + 4, 9);
    expect(centre(1)).toBeCloseTo(20 + 3.5 * 1.5, 9);
    expect(centre(2)).toBeCloseTo(30 + 6, 9);
    const values = viewVolume(volume) as Float32Array;
    const [ox = 0, oy = 0, oz = 0] = grid.origin;
    // Inside the outermost samples; the spline of a mirrored input bends near them.
    const margin = interpolation === 'cubic' ? 5 : 1;
    for (let k = margin; k < 12 - margin; k++)
      for (let i = margin; i < 12 - margin; i++) {
        const at = (k * 8 + 4) * 12 + i;
        const expected = field(ox - 10 + i * 0.8, oy - 20 + 4 * 1.5, oz - 30 + k * 1.25);
        expect(values[at]).toBeCloseTo(expected, interpolation === 'cubic' ? 1 : 4);
      }
  });

  it('labels keep their values with nearest, and what overshoots is held within the type', async () => {
    const data = Uint8Array.from({ length: 8 * 3 * 3 }, (_, i) => (i % 8 >= 4 ? 255 : 0));
    const volume = await makeVolume({
      grid: { size: [8, 3, 3], spacing: [1, 1, 1], origin: [0, 0, 0] },
      dtype: 'uint8',
      data,
    });
    const nearest = await convertVolume({ volume, spacing: [0.5, 1, 1], interpolation: 'nearest' });
    expect(new Set(viewVolume(nearest) as Uint8Array)).toEqual(new Set([0, 255]));
    const cubic = viewVolume(
      await convertVolume({ volume, spacing: [0.5, 1, 1], interpolation: 'cubic' }),
    ) as Uint8Array;
    // A spline through a step swings beyond both sides of it: wrapped, that would be dark spots in the bright half.
    for (const [i, value] of cubic.entries()) {
      if (i % 16 < 6) expect(value).toBeLessThan(40);
      if (i % 16 > 9) expect(value).toBeGreaterThan(215);
    }
    expect(Math.max(...cubic)).toBe(255);
  });

  it('as a command', async () => {
    const input = join(folder, 'ramp.nii');
    const output = join(folder, 'out.nrrd');
    await writeVolume({ volume: await makeRamp(), path: input });
    expect(await convert([input, output], { quiet: true, spacing: parseSpacing('2') })).toBe(0);
    const { volume } = await readVolume({ path: output });
    const { size, spacing } = describeVolume(volume).grid;
    expect(size).toEqual([5, 6, 7]);
    expect(spacing.map((mm) => Math.round(mm * 1e6) / 1e6)).toEqual([2, 2, 2]);
    expect(() => parseSpacing('1,2')).toThrow(/millimetres/);
    expect(() => parseSpacing('-1')).toThrow(/millimetres/);
    await expect(convert([input, output], { quiet: true, spacing: [1e-9, 0, 0] })).rejects.toThrow(/spacing/);
    await expect(convert([input, output], { quiet: true, suv: 'bw' })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
    expect(await info([output], { quiet: true })).toBe(0);
  });
});
