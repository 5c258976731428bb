import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { Cohort } from '../../../lib/cohort/index.js';
import {
  affine,
  createDistributedDataloader,
  createInferenceDataloader,
  createSegmentationDataloader,
  createTrainingDataloader,
  createValidationDataloader,
  flip,
  noise,
} from '../../../lib/dataloader/index.js';
import type { Batch, DataLoader } from '../../../lib/dataloader/loader.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { writeVolume } from '../../../lib/native/formats.js';
import { temporaryFolder } from '../../fixtures/index.js';

const SIZE = [24, 20, 16] as const;
const SUBJECTS = ['s1', 's2', 's3', 's4', 's5'];

/** Voxel (x, y, z) of subject s holds 10,000 s + x + 30 y + 600 z: every patch tells where it was cut. */
const valueAt = (s: number, x: number, y: number, z: number) => 10_000 * s + x + 30 * y + 600 * z;

let cohort: Cohort;
let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  const images: [string, string][] = [];
  const masks: [string, string][] = [];
  for (const [s, subject] of SUBJECTS.entries()) {
    const data = new Int32Array(SIZE[0] * SIZE[1] * SIZE[2]);
    const mask = new Uint8Array(data.length);
    for (let z = 0, at = 0; z < SIZE[2]; z++) {
      for (let y = 0; y < SIZE[1]; y++) {
        for (let x = 0; x < SIZE[0]; x++, at++) {
          data[at] = valueAt(s, x, y, z);
          mask[at] = x === 20 && y === 3 ? 2 : 0;
        }
      }
    }
    const grid = { size: [...SIZE], spacing: [1, 1, 1], origin: [0, 0, 0] } as never;
    const write = async (name: string, dtype: 'int32' | 'uint8', voxels: Int32Array | Uint8Array) => {
      const path = join(folder, `${subject}-${name}.nii`);
      await writeVolume({ volume: await makeVolume({ grid, dtype, data: voxels } as never), path });
      return path;
    };
    images.push([await write('ct', 'int32', data), subject]);
    masks.push([await write('seg', 'uint8', mask), subject]);
  }
  cohort = await Cohort.fromImages(join(folder, 'store'), { ct: images, seg: masks });
});

interface Seen {
  key: string;
  values: number[];
}

async function epochOf(loader: DataLoader): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const batch of loader) seen.push(...samplesOf(batch));
  return seen;
}

function samplesOf(batch: Batch): Seen[] {
  const each = batch.image.length / batch.shape[0];
  return batch.idx.map((idx, n) => ({
    key: `${batch.subjects[n]}/${idx}/${batch.patchStart[n]?.join(',')}`,
    values: [...batch.image.subarray(n * each, (n + 1) * each)],
  }));
}

const patchSize = [6, 5, 4] as const;
const base = () => ({ collections: cohort.collection('ct'), patchSize, seed: 3 });

describe('training patches', () => {
  it('hold the voxels of where they say they were cut', async () => {
    const loader = createTrainingDataloader({ ...base(), patchesPerVolume: 3, batchSize: 2 });
    let samples = 0;
    for await (const { image, shape, subjects, patchStart } of loader) {
      expect(shape).toEqual([2, 1, 4, 5, 6]);
      for (const [n, [x0 = 0, y0 = 0, z0 = 0]] of patchStart.entries()) {
        const s = SUBJECTS.indexOf(subjects[n] ?? '');
        const patch = image.subarray(n * 120, (n + 1) * 120);
        expect(patch[0]).toBe(valueAt(s, x0, y0, z0));
        expect(patch[119]).toBe(valueAt(s, x0 + 5, y0 + 4, z0 + 3));
        samples++;
      }
    }
    expect(samples).toBe(14); // 15 samples; the last short batch is dropped
    expect(await loader.count()).toEqual({ samples: 15, batches: 7 });
  });

  it('are the same for a seed whatever is made ahead, and others in every epoch', async () => {
    const transforms = [flip({ axes: ['x', 'z'] }), affine({ degrees: 20, shift: 1 }), noise({ deviation: [1, 2] })];
    const make = (numWorkers: number) =>
      createTrainingDataloader({ ...base(), patchesPerVolume: 4, transforms, numWorkers, batchSize: 4 });
    const [none, many] = [make(0), make(7)];
    const first = await epochOf(none);
    expect(await epochOf(many)).toEqual(first);
    const second = await epochOf(none);
    expect(second.map(({ key }) => key)).not.toEqual(first.map(({ key }) => key));
    many.setEpoch(0);
    expect(await epochOf(many)).toEqual(first);
    const other = createTrainingDataloader({ ...base(), patchesPerVolume: 4, transforms, seed: 4 });
    expect(await epochOf(other)).not.toEqual(first);
  });

  it('stack collections as channels, and files beside cohorts', async () => {
    const files = { name: 'files', files: SUBJECTS.map((s) => ({ subject: s, path: join(folder, `${s}-ct.nii`) })) };
    const loader = createTrainingDataloader({ ...base(), collections: [cohort.collection('ct'), files], batchSize: 1 });
    for await (const { image, shape } of loader) {
      expect(shape).toEqual([1, 2, 4, 5, 6]);
      expect(image.subarray(0, 120)).toEqual(image.subarray(120));
    }
  });

  it('may be slices, one voxel thick', async () => {
    const loader = createTrainingDataloader({
      collections: cohort.collection('ct'),
      loadingMode: 'slice',
      sliceOrientation: 'coronal',
      batchSize: 5,
    });
    for await (const { shape } of loader) expect(shape).toEqual([5, 1, 16, 1, 24]);
  });
});

describe('segmentation', () => {
  it('puts the asked share of patches about the foreground, with its mask, one-hot', async () => {
    const make = (foregroundSampling: number) =>
      createSegmentationDataloader({
        ...base(),
        masks: cohort.collection('seg'),
        patchesPerVolume: 20,
        foregroundSampling,
        foregroundClasses: [2],
        oneHot: [0, 2],
      });
    let about = 0;
    for await (const { mask = new Float32Array(), maskShape, image } of make(1)) {
      expect(maskShape).toEqual([4, 2, 4, 5, 6]);
      for (let n = 0; n < 4; n++) {
        const [background, two] = [0, 1].map((k) => mask.subarray((n * 2 + k) * 120, (n * 2 + k + 1) * 120));
        for (let v = 0; v < 120; v++) {
          expect((background?.[v] ?? 0) + (two?.[v] ?? 0)).toBe(1);
          // Foreground is where x is 20 and y is 3.
          const place = (image[n * 120 + v] ?? 0) % 10_000;
          expect(two?.[v] === 1).toBe(place % 30 === 20 && Math.floor(place / 30) % 20 === 3);
        }
        if (two?.includes(1)) about++;
      }
    }
    expect(about).toBe(100);
    let by_chance = 0;
    for await (const { mask = new Float32Array() } of make(0)) {
      for (let n = 0; n < 4; n++) if (mask.subarray((n * 2 + 1) * 120, (n * 2 + 2) * 120).includes(1)) by_chance++;
    }
    expect(by_chance).toBeLessThan(50);
  });
});

describe('validation and inference', () => {
  it('cover every voxel, in order, with nothing dropped', async () => {
    const loader = createInferenceDataloader({ ...base(), overlap: [2, 1, 1] });
    const seen = new Map<string, Set<number>>();
    for await (const {
      image,
      subjects: [subject = ''],
    } of loader) {
      const voxels = seen.get(subject) ?? new Set();
      for (const value of image) voxels.add(value);
      seen.set(subject, voxels);
    }
    expect([...seen.keys()]).toEqual(SUBJECTS);
    for (const voxels of seen.values()) expect(voxels.size).toBe(SIZE[0] * SIZE[1] * SIZE[2]);
  });

  it('gives whole volumes, padded to one size, with the values of their subjects', async () => {
    const labels = Object.fromEntries(SUBJECTS.map((subject, s) => [subject, s % 2]));
    const loader = createValidationDataloader({
      collections: cohort.collection('ct'),
      loadingMode: 'full',
      patchSize: [26, 20, 16],
      outside: -1024,
      labels,
    });
    const batches = [];
    for await (const { image, shape, label } of loader) {
      batches.push({ shape: shape[0], label });
      expect(image[0]).toBe(-1024);
      expect(image[1]).toBe(valueAt(batches.length === 1 ? 0 : 4, 0, 0, 0));
    }
    expect(batches).toEqual([
      { shape: 4, label: [0, 1, 0, 1] },
      { shape: 1, label: [0] },
    ]);
  });
});

describe('ranks', () => {
  it('are disjoint and together every sample, in every epoch', async () => {
    for (const epoch of [0, 1]) {
      const shares = await Promise.all(
        [0, 1, 2].map(async (rank) => {
          const loader = createDistributedDataloader({ ...base(), patchesPerVolume: 2, rank, worldSize: 3 });
          loader.setEpoch(epoch);
          return (await epochOf(loader)).map(({ key }) => key);
        }),
      );
      const whole = createDistributedDataloader({ ...base(), patchesPerVolume: 2, rank: 0, worldSize: 1 });
      whole.setEpoch(epoch);
      const all = (await epochOf(whole)).map(({ key }) => key);
      expect(shares.flat().sort()).toEqual([...all].sort());
      expect(new Set(shares.flat()).size).toBe(10);
    }
  });
});

describe('ends', () => {
  it('may be left in the middle, and begun again', async () => {
    const loader = createTrainingDataloader({ ...base(), patchesPerVolume: 8 });
    for await (const _ of loader) break;
    expect((await epochOf(loader)).length).toBe(40);
  });

  it('comes with ERR_CANCELLED when the signal is aborted', async () => {
    const stop = new AbortController();
    const loader = createTrainingDataloader({ ...base(), patchesPerVolume: 50, signal: stop.signal });
    await expect(
      (async () => {
        for await (const _ of loader) stop.abort();
      })(),
    ).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });

  it('says what is wrong with its options', async () => {
    expect(() => createTrainingDataloader({ ...base(), batchSize: 0 })).toThrow(/batchSize/);
    expect(() => createTrainingDataloader({ collections: cohort.collection('ct'), loadingMode: 'patch' })).toThrow(
      /patchSize/,
    );
    expect(() => createDistributedDataloader({ ...base(), rank: 2, worldSize: 2 })).toThrow(/rank/);
    const loader = createTrainingDataloader({ ...base(), labels: { s1: 1 } });
    await expect(epochOf(loader)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});
