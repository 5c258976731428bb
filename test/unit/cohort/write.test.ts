/** What queries make of a cohort's volumes, as another cohort. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { Cohort, Volume } from '../../../lib/index.js';
import { temporaryFolder } from '../../fixtures/index.js';

const folder = temporaryFolder();
const GRID = { size: [10, 8, 6] as [number, number, number], spacing: [1, 1, 2] as [number, number, number] };
let cohort: Cohort;

beforeAll(async () => {
  mkdirSync(join(folder, 'images'));
  for (const s of [0, 1, 2]) {
    for (const kind of s === 2 ? ['ct'] : ['ct', 'pet']) {
      const data = Int16Array.from({ length: 480 }, (_, n) => n * (s + 1));
      const volume = await Volume.fromArray(data, { ...GRID, origin: [0, 0, 0] });
      await volume.save(join(folder, `images/sub-0${s}_${kind}.nii`));
    }
  }
  cohort = await Cohort.fromImages(
    join(folder, 'first'),
    { ct: join(folder, 'images/*_ct.nii'), pet: join(folder, 'images/*_pet.nii') },
    { subjects: [{ subject_id: 'sub-00', age: 50 }] },
  );
});

describe('write', () => {
  it('what a step returned', async () => {
    const uri = join(folder, 'fine');
    const report = await cohort
      .collection('ct')
      .map(async (volume) => (await volume.toVolume()).resample({ spacing: [1, 1, 1] }))
      .write(uri, { collection: 'fine' });
    expect(report).toEqual({ added: 3, kept: 0, findings: [], failed: [] });
    const written = await Cohort.open(uri);
    expect(written.describe()).toEqual([
      { name: 'fine', volumes: 3, subjects: 3, dtypes: ['int16'], sizes: ['10x8x12'], orientations: ['LPS'] },
    ]);
    expect(await written.validate()).toEqual([]);
    expect(written.subjectsTable().rows.find((row) => row.subject_id === 'sub-00')?.age).toBe(50);
  });

  it('a selection as it is, and more into the same cohort', async () => {
    const uri = join(folder, 'some');
    await cohort.collection('ct').head(2).write(uri);
    await cohort.collection('pet').write(uri);
    const written = await Cohort.open(uri);
    expect(written.collectionNames.sort()).toEqual(['ct', 'pet']);
    const [from, to] = [cohort, written].map((one) => one.collection('ct').iloc(1));
    expect((await to?.read())?.data).toEqual((await from?.read())?.data);
    expect(written.length).toBe(4);
  });

  it('failures are in the report, the rest in the cohort', async () => {
    const uri = join(folder, 'part');
    const { added, failed } = await cohort
      .collection('ct')
      .map((volume) => {
        if (volume.subjectId === 'sub-01') throw new Error('not this one');
        return volume.subjectId === 'sub-02' ? 7 : volume;
      })
      .write(uri);
    expect(added).toBe(1);
    expect(failed.map(({ reason }) => reason).sort()).toEqual([
      expect.stringContaining('Expected a volume'),
      expect.stringContaining('not this one'),
    ]);
    expect((await Cohort.open(uri)).collection('ct').obsIds).toEqual(['sub-00_ct']);
  });
});

describe('a cohort', () => {
  it('names the subjects that collections share', () => {
    expect(cohort.subjectsWith()).toEqual(['sub-00', 'sub-01']);
    expect(cohort.subjectsWith('ct')).toEqual(['sub-00', 'sub-01', 'sub-02']);
    expect(() => cohort.subjectsWith('mr')).toThrow(/one of ct, pet/);
  });

  it('is worked on in batches', async () => {
    const sizes: number[] = [];
    const names = await cohort.all().mapBatches((batch) => {
      sizes.push(batch.length);
      return batch.map(({ obsId }) => obsId);
    }, 2);
    expect(sizes).toEqual([2, 2, 1]);
    expect(names).toEqual(cohort.all().obsIds);
  });
});
