import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseExpression } from '../../../lib/cohort/expression.js';
import { Cohort } from '../../../lib/cohort/index.js';
import { subjectOf } from '../../../lib/cohort/sources.js';
import { getConfig } from '../../../lib/config/resolve.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { writeVolume } from '../../../lib/native/formats.js';
import { describeStore, openStore, storeStats } from '../../../lib/native/store.js';
import { dispose } from '../../../lib/native/volume.js';
import { Context } from '../../../lib/runtime/context.js';
import { temporaryFolder, treeDigest } from '../../fixtures/index.js';

const folder = temporaryFolder();
const SIZE = [70, 66, 40] as const;

async function writeImage(path: string, first: number, spacing = 1): Promise<void> {
  const data = new Int16Array(SIZE[0] * SIZE[1] * SIZE[2]).map((_, i) => first + (i % 997));
  const volume = await makeVolume({
    grid: { size: [...SIZE], spacing: [spacing, 1, 2], origin: [1, 2, 3] },
    dtype: 'int16',
    data,
  });
  await writeVolume({ volume, path });
  dispose(volume);
}

beforeAll(async () => {
  mkdirSync(join(folder, 'images'));
  for (let s = 1; s <= 4; s++) {
    await writeImage(join(folder, `images/sub-0${s}_ct.nii.gz`), s * 1000);
    await writeImage(join(folder, `images/sub-0${s}_pet.nrrd`), s * 100);
  }
});

const IMAGES = { ct: join(folder, 'images/*_ct.nii.gz'), pet: join(folder, 'images/*_pet.nrrd') };

describe('cohort', () => {
  it('takes images in, and gives regions, slices and patches back', async () => {
    const cohort = await Cohort.fromImages(join(folder, 'a'), IMAGES, {
      validateAlignment: true,
      subjects: [
        { subject_id: 'sub-01', age: 41, sex: 'F' },
        { subject_id: 'sub-02', age: 62, sex: 'M' },
        { subject_id: 'sub-03', age: 70, sex: 'F' },
      ],
    });
    expect(cohort.collectionNames).toEqual(['ct', 'pet']);
    expect(cohort.subjectIds).toEqual(['sub-01', 'sub-02', 'sub-03', 'sub-04']);
    const ct = cohort.collection('ct');
    expect(ct.obsIds).toEqual(['sub-01_ct', 'sub-02_ct', 'sub-03_ct', 'sub-04_ct']);
    const value = (s: number, x: number, y: number, z: number): number =>
      s * 1000 + ((x + SIZE[0] * (y + SIZE[1] * z)) % 997);
    const axial = await ct.iloc(1).axial(7);
    expect(axial.shape).toEqual([70, 66, 1, 1]);
    expect(axial.data[3 + 70 * 5]).toBe(value(2, 3, 5, 7));
    const patch = await ct.loc('sub-04_ct').patch([30, 31, 20], [8, 6, 4]);
    expect(patch.shape).toEqual([8, 6, 4, 1]);
    expect(patch.data[0]).toBe(value(4, 26, 28, 18));
    expect((await ct.iloc(-1).sagittal(69)).data.length).toBe(66 * 40);
    await expect(ct.iloc(0).patch([1, 1, 1], [8, 8, 8])).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(() => ct.iloc(4)).toThrow(/Expected a whole number between -4 and 3/);
    expect(await cohort.validate()).toEqual([]);
    const before = storeStats();
    await ct.iloc(1).axial(7);
    expect(storeStats().cacheHits + storeStats().reads).toBeGreaterThan(before.cacheHits + before.reads);
  });

  it('writes the chunks and files that the configuration says', async () => {
    const config = getConfig();
    const stored = async (write: object): Promise<{ chunkShape: number[]; sharded: boolean }> => {
      const context = new Context({ ...config, write: { ...config.write, ...write } });
      const store = join(folder, `layout-${JSON.stringify(write).length}-${Math.random()}`);
      const cohort = await Cohort.fromImages(store, { ct: join(folder, 'images/sub-01_ct.nii.gz') }, { context });
      return describeStore(await openStore({ path: cohort.collection('ct').iloc(0).path }, { context }));
    };
    expect(await stored({})).toMatchObject({ chunkShape: [1, 66, 70], sharded: false });
    expect(await stored({ tile: { orientation: 'axial', z: 8 } })).toMatchObject({ chunkShape: [8, 66, 70] });
    expect(await stored({ tile: { orientation: 'coronal', x: 16, z: 10 } })).toMatchObject({ chunkShape: [10, 1, 16] });
    expect(await stored({ tile: { orientation: 'isotropic' }, sharding: 'on' })).toMatchObject({ sharded: true });
  });

  it('selects by place, name, subject, condition and chance', async () => {
    const cohort = await Cohort.open(join(folder, 'a'));
    const ct = cohort.collection('ct');
    expect(ct.iloc(1, 3).obsIds).toEqual(['sub-02_ct', 'sub-03_ct']);
    expect(ct.head(1).length + ct.tail(2).length).toBe(3);
    expect(cohort.all().sel({ subject: 'sub-03' }).obsIds).toEqual(['sub-03_ct', 'sub-03_pet']);
    expect(ct.filter('age > 50').subjectIds).toEqual(['sub-02', 'sub-03']);
    expect(ct.filter('sex == "F" and not (age < 50) or subject_id in ["sub-04"]').subjectIds).toEqual([
      'sub-03',
      'sub-04',
    ]);
    expect(ct.filter((row) => row.size_x === 70).length).toBe(4);
    expect(() => ct.filter('agee > 3')).toThrow(/a column among/);
    expect(ct.sample(2, 9).obsIds).toEqual(ct.sample(2, 9).obsIds);
    expect(new Set(Array.from({ length: 20 }, (_, seed) => String(ct.sample(2, seed).obsIds))).size).toBeGreaterThan(3);
    expect([...cohort.all().groupBySubject().values()].every((group) => group.length === 2)).toBe(true);
    const means = ct.map(async (volume) => (await volume.axial(0)).data).map((data) => ({ first: Number(data[0]) }));
    expect(await means.toList()).toEqual([1000, 2000, 3000, 4000].map((first) => ({ first })));
    const streamed: number[] = [];
    for await (const { first } of means.filter('age >= 62')) streamed.push(first);
    expect(streamed).toEqual([2000, 3000]);
    expect((await means.head(1).toTable()).rows[0]).toMatchObject({ obs_id: 'sub-01_ct', age: 41, first: 1000 });
  });

  it('its tables are Parquet', async () => {
    const bytes = readFileSync(join(folder, 'a/tables/volumes.parquet'));
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    });
    expect(rows.length).toBe(8);
    expect(rows[0]).toMatchObject({ obs_id: 'sub-01_ct', subject_id: 'sub-01', size_x: 70n, spacing_z: 2 });
  });

  it('appends, keeps what is there, names what it cannot read', async () => {
    const store = join(folder, 'b');
    const cohort = await Cohort.fromImages(store, { ct: [[join(folder, 'images/sub-01_ct.nii.gz'), 'one']] });
    const image = readFileSync(join(folder, 'images/sub-01_ct.nii.gz'));
    writeFileSync(join(folder, 'broken.nii.gz'), image.subarray(0, 500));
    const report = await cohort.append({
      ct: [
        [join(folder, 'broken.nii.gz'), 'three'],
        [join(folder, 'images/sub-01_ct.nii.gz'), 'one'],
        [join(folder, 'images/sub-02_ct.nii.gz'), 'two'],
      ],
    });
    expect(report).toMatchObject({ added: 1, kept: 1, failed: [{ code: 'ERR_CORRUPT_DATA' }] });
    expect(cohort.collection('ct').subjectIds).toEqual(['one', 'two']);
    expect(await cohort.validate()).toEqual([]);
    await expect(Cohort.create(store)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(Cohort.open(folder)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    rmSync(join(store, 'collections/ct/two_ct/0/zarr.json'));
    expect((await cohort.validate()).map(({ code }) => code)).toEqual(['store.unreadable']);
  });

  it('refuses modalities that lie on different grids, and leaves the cohort as it was', async () => {
    await writeImage(join(folder, 'other.nii.gz'), 1, 1.5);
    const images = {
      ct: [[join(folder, 'images/sub-01_ct.nii.gz'), 's']],
      mr: [[join(folder, 'other.nii.gz'), 's']],
    } as const;
    await expect(Cohort.fromImages(join(folder, 'c'), images, { validateAlignment: true })).rejects.toMatchObject({
      code: 'ERR_GEOMETRY',
    });
    expect((await Cohort.open(join(folder, 'c'))).length).toBe(0);
  });

  it('removes what a killed writer left in the middle of its files', async () => {
    const store = join(folder, 'swept');
    await Cohort.fromImages(store, IMAGES);
    const before = treeDigest(store);
    for (const place of [
      '.index.json.17-3.tmp',
      'tables/.subjects.parquet.17-7.tmp',
      'collections/.zarr.json.9-1.tmp',
    ]) {
      writeFileSync(join(store, place), 'half');
    }
    await Cohort.fromImages(store, IMAGES);
    expect(treeDigest(store)).toEqual(before);
  });

  it('two ingests of the same images give the same bytes', async () => {
    for (const name of ['d', 'e']) await Cohort.fromImages(join(folder, name), IMAGES);
    expect(treeDigest(join(folder, 'd'))).toEqual(treeDigest(join(folder, 'e')));
    expect(readdirSync(join(folder, 'd')).sort()).toEqual(['collections', 'index.json', 'tables', 'zarr.json']);
    expect(existsSync(join(folder, 'd/.lock'))).toBe(false);
  });
});

describe('conditions and names', () => {
  it.each([
    ['a == 1 and b != "x"', { a: 1, b: 'y' }, true],
    ['a >= -2.5 or c', { a: -3, c: false }, false],
    ['b not in ["x", \'y\']', { b: 'z' }, true],
    ['a == null', {}, true],
    ['a < 3', { a: null }, false],
    ['not not c', { c: true }, true],
  ])('%s', (text, row, expected) => {
    expect(parseExpression(text, new Set(['a', 'b', 'c']))(row)).toBe(expected);
  });

  it.each(['', 'a ==', '(a', 'a ! 3', 'a in [1', 'a 3'])('%j is no condition', (text) => {
    expect(() => parseExpression(text, new Set(['a']))).toThrow(/for filter/);
  });

  it('subjects come from BIDS names, else from file names', () => {
    expect(subjectOf('/data/sub-07/anat/sub-07_T1w.nii.gz')).toBe('sub-07');
    expect(subjectOf('/data/Patient 3.nii.gz')).toBe('Patient 3');
  });
});
