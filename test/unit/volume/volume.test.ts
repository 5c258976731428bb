/** Volumes as users open them; what is expected is computed here from the array, by other ways. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { Volume } from '../../../lib/index.js';
import { temporaryFolder } from '../../fixtures/index.js';

const folder = temporaryFolder();
const SIZE = [7, 6, 5] as const;
const GRID = { size: [...SIZE] as [number, number, number], spacing: [1, 2, 3], origin: [-5, 4, 10] } as const;
const grid = () => ({ size: [...GRID.size], spacing: [...GRID.spacing], origin: [...GRID.origin] }) as never;
const values = Int16Array.from({ length: 210 }, (_, n) => ((n * 37) % 101) - 20);
const at = (x: number, y: number, z: number) => values[(z * SIZE[1] + y) * SIZE[0] + x] as number;
const made = () => Volume.fromArray(values, grid());

const formats = ['.nii', '.nii.gz', '.nrrd', '.mha', '.zarr'];

describe.each(formats)('%s', (extension) => {
  const path = join(folder, `volume${extension}`);

  it('is what was saved', async () => {
    await (await made()).save(path);
    const volume = await Volume.open(path);
    expect(volume.shape).toEqual([...SIZE]);
    expect(volume.dtype).toBe('int16');
    expect(volume.spacing).toEqual([1, 2, 3]);
    expect(volume.origin).toEqual([-5, 4, 10]);
    expect(volume.orientation).toBe('LPS');
    expect(volume.affine).toEqual([-1, 0, 0, 5, 0, -2, 0, -4, 0, 0, 3, 10, 0, 0, 0, 1]);
    expect(await volume.toTypedArray()).toEqual(values);
    volume.dispose();
  });

  it('gives slices, boxes and patches', async () => {
    const volume = await Volume.open(path);
    const axial = await volume.axial(3);
    expect(axial.shape).toEqual([7, 6, 1, 1]);
    expect([...axial.data]).toEqual(Array.from({ length: 42 }, (_, n) => at(n % 7, Math.floor(n / 7), 3)));
    const sagittal = await volume.sagittal(2);
    expect(sagittal.shape).toEqual([1, 6, 5, 1]);
    expect([...sagittal.data]).toEqual(Array.from({ length: 30 }, (_, n) => at(2, n % 6, Math.floor(n / 6))));
    const coronal = await volume.coronal(4);
    expect([...coronal.data]).toEqual(Array.from({ length: 35 }, (_, n) => at(n % 7, 4, Math.floor(n / 7))));
    const patch = await volume.patch([3, 2, 2], [2, 4, 3]);
    expect(patch.shape).toEqual([2, 4, 3, 1]);
    expect(patch.data[0]).toBe(at(2, 0, 1));
    expect(patch.data.at(-1)).toBe(at(3, 3, 3));
    await expect(volume.patch([0, 2, 2], [4, 1, 1])).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(volume.read({ z: [3, 6] })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('statistics', () => {
  const sorted = [...values].sort((a, b) => a - b);
  /** Linear between the two nearest ranks. */
  const percentile = (p: number) => {
    const rank = (p / 100) * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(rank)] as number, sorted[Math.ceil(rank)] as number];
    return low + (rank % 1) * (high - low);
  };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;

  it('of whole numbers', async () => {
    const found = await (await made()).getStatistics([0, 5, 50, 97.3, 100]);
    expect(found).toMatchObject({ min: sorted[0], max: sorted.at(-1), count: 210 });
    expect(found.mean).toBeCloseTo(mean, 12);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(found.deviation).toBeCloseTo(deviation, 12);
    for (const [i, p] of [0, 5, 50, 97.3, 100].entries()) expect(found.percentiles[i]).toBeCloseTo(percentile(p), 10);
  });

  it('leave out what is no number', async () => {
    const data = Float32Array.from([1, Number.NaN, 3, Number.POSITIVE_INFINITY, 8, 2]);
    const volume = await Volume.fromArray(data, { size: [6, 1, 1], spacing: [1, 1, 1], origin: [0, 0, 0] });
    expect(await volume.getStatistics([50])).toMatchObject({ min: 1, max: 8, mean: 3.5, count: 4, percentiles: [2.5] });
    expect((await volume.computeHistogram(7)).counts).toEqual([1, 1, 1, 0, 0, 0, 1]);
  });

  it('merge over chunks to what one pass gives', async () => {
    const n = 1 << 20;
    const data = Float64Array.from({ length: n }, (_, i) => Math.sin(i) * 1000 + 1e6);
    const volume = await Volume.fromArray(data, { size: [1024, 1024, 1], spacing: [1, 1, 1], origin: [0, 0, 0] });
    const { mean: found, deviation } = await volume.getStatistics();
    const average = data.reduce((sum, value) => sum + value, 0) / n;
    const spread = Math.sqrt(data.reduce((sum, value) => sum + (value - average) ** 2, 0) / n);
    expect(found).toBeCloseTo(average, 6);
    expect(deviation / spread).toBeCloseTo(1, 12);
  });

  it('histogram', async () => {
    const { low, high, counts } = await (await made()).computeHistogram(10, { range: [-20, 80] });
    expect([low, high]).toEqual([-20, 80]);
    const expected = new Array(10).fill(0);
    for (const value of values) expected[Math.min(9, Math.floor((value + 20) / 10))]++;
    expect(counts).toEqual(expected);
    expect((await (await made()).computeHistogram()).counts.reduce((a, b) => a + b)).toBe(210);
    await expect((await made()).computeHistogram(4, { range: [3, 3] })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    await expect((await made()).getStatistics([101])).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('other volumes of it', () => {
  it('resampled, and back onto the first', async () => {
    const volume = await made();
    const fine = await volume.resample({ spacing: [0.5, 2, 1] });
    expect(fine.shape).toEqual([14, 6, 15]);
    const back = await fine.resample({ like: volume, interpolation: 'nearest' });
    expect(back.shape).toEqual(volume.shape);
    expect(back.origin).toEqual(volume.origin);
  });

  it('reoriented: the same voxels at the same places', async () => {
    const ras = await (await made()).reorient('RAS');
    expect(ras.orientation).toBe('RAS');
    const { data } = await ras.read({ x: [1, 2], y: [2, 3], z: [3, 4] });
    expect(data[0]).toBe(at(5, 3, 3));
    expect((await ras.reorient('LPS')).origin).toEqual([-5, 4, 10]);
  });

  it('of another type, refused where values do not fit', async () => {
    expect(await (await (await made()).astype('float32')).toTypedArray()).toEqual(Float32Array.from(values));
    await expect((await made()).astype('uint8')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('as NIfTI', async () => {
    const path = join(folder, 'written.nii.gz');
    await (await made()).toNifti(path);
    expect(await (await Volume.open(path)).toTypedArray()).toEqual(values);
    await expect((await made()).toNifti(join(folder, 'x.nrrd'))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});

it('a store is read in the part that is asked for, and whole only once', async () => {
  const path = join(folder, 'lazy.zarr');
  await (await made()).save(path, { chunks: [7, 6, 1] });
  const volume = await Volume.open(path);
  const [first, second] = await Promise.all([volume.toTypedArray(), volume.toTypedArray()]);
  expect(first).toBe(second);
  expect((await volume.read({ z: [4, 5] })).data[0]).toBe(at(0, 0, 4));
});

it('what is no volume says so', async () => {
  await expect(Volume.open(join(folder, 'absent.nii'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  const text = join(folder, 'text.nii');
  writeFileSync(text, 'nothing');
  await expect(Volume.open(text)).rejects.toHaveProperty('code');
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  await expect(Volume.open(empty)).rejects.toHaveProperty('code');
  await expect(Volume.open(join(folder, 'volume.nii'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ERR_CANCELLED',
  });
});
