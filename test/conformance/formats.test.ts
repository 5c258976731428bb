/**
 * Voxels against the hashes that other readers gave: test/golden/formats.csv and dicom-pixels.csv, made by
 * test/oracles/formats.py and dicom_pixels.py; their first lines name the versions.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { IsovoxError } from '../../lib/errors.js';
import { convertVolume, readVolume, writeVolume } from '../../lib/native/formats.js';
import { describeVolume, dispose, viewVolume } from '../../lib/native/volume.js';
import type { Handle } from '../../lib/runtime/surface.js';
import { sharedData, temporaryFolder } from '../fixtures/index.js';

interface Row {
  readonly path: string;
  readonly reader: string;
  readonly dtype: string;
  readonly shape: string;
  readonly sha256: string;
}

function table(name: string): Row[] {
  return readFileSync(join(import.meta.dirname, '../golden', name), 'utf8')
    .split('\n')
    .slice(2)
    .filter((line) => line !== '')
    .map((line) => {
      const [path = '', reader = '', dtype = '', shape = '', sha256 = ''] = line.split(',');
      return { path, reader, dtype, shape, sha256 };
    });
}

const images = table('formats.csv');
const dicom = table('dicom-pixels.csv');
const rows = [...images, ...dicom.filter(({ dtype }) => dtype !== 'refused')];
const refused = dicom.filter(({ dtype }) => dtype === 'refused');

function hashOf(volume: Handle<'Volume'>): string {
  const view = viewVolume(volume);
  return createHash('sha256')
    .update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    .digest('hex');
}

describe.skipIf(sharedData === undefined)('voxels as other readers have them', () => {
  const folder = temporaryFolder();

  it('has a row for every kind of file', () => {
    expect(images.length).toBeGreaterThan(90);
    expect(dicom.length).toBeGreaterThan(80);
    const readers = ['nibabel', 'SimpleITK', 'pynrrd', 'numpy', 'pydicom', 'DCMTK', 'zlib'];
    expect(new Set(rows.map(({ reader }) => reader))).toEqual(new Set(readers));
  });

  it.each(rows)('$path as $reader', async ({ path, dtype, shape, sha256 }) => {
    const { volume } = await readVolume({ path: join(sharedData ?? '', path) });
    const described = describeVolume(volume);
    expect(described.dtype).toBe(dtype);
    const voxels = shape === '' ? 1 : shape.split('x').reduce((product, n) => product * Number(n), 1);
    expect(described.grid.size.reduce((a, b) => a * b, 1) * described.frames).toBe(voxels);
    expect(hashOf(volume)).toBe(sha256);
    dispose(volume);
  });

  it.each(refused)('$path, which is no image to $reader either, is refused with a reason', async ({ path }) => {
    const failure = await readVolume({ path: join(sharedData ?? '', path) }).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(IsovoxError);
    const { code, message, context } = failure as IsovoxError;
    expect(['ERR_UNSUPPORTED', 'ERR_CORRUPT_DATA']).toContain(code);
    expect(message.length).toBeGreaterThan(20);
    expect(context.path).toContain(path);
  });

  it('48 orientations of one image are the same image once brought to one', async () => {
    const hashes = new Set<string>();
    for (const { path } of rows.filter((row) => row.path.startsWith('nifti/nifti_space/'))) {
      const { volume } = await readVolume({ path: join(sharedData ?? '', path) });
      const code = path.slice(-'RAS.nii.gz'.length, -'.nii.gz'.length);
      expect(describeVolume(volume).grid.orientation).toBe(code);
      const turned = await convertVolume({ volume, orientation: 'RAS' });
      const { grid } = describeVolume(turned);
      hashes.add(`${grid.size} ${hashOf(turned)}`);
      dispose(volume);
      dispose(turned);
    }
    expect(hashes.size).toBe(1);
  });

  // The NIfTI files were made by dcm2niix (series-siemens/Ref).
  it.each([
    ['mr_0003', 'EPI_PE=AP_3'],
    ['mr_0004', 'EPI_PE=PA_4'],
    ['mr_0005', 'EPI_PE=RL_5'],
    ['mr_0006', 'EPI_PE=LR_6'],
  ])('the mosaics of %s are the volumes that dcm2niix made of them', async (folderName, reference) => {
    const voxels = async (path: string) => {
      const { volume } = await readVolume({ path: join(sharedData ?? '', 'series-siemens', path) });
      const turned = await convertVolume({ volume, orientation: 'RAS', dtype: 'int16' });
      const { grid, frames } = describeVolume(turned);
      const found = { grid, frames, hash: hashOf(turned) };
      dispose(volume);
      dispose(turned);
      return found;
    };
    const ours = await voxels(join('In', folderName));
    const theirs = await voxels(join('Ref', `${reference}.nii`));
    expect([ours.grid.size, ours.frames, ours.hash]).toEqual([theirs.grid.size, theirs.frames, theirs.hash]);
    for (const [i, n] of theirs.grid.affine.entries()) expect(ours.grid.affine[i]).toBeCloseTo(n, 3);
  });

  it.each([
    'nrrd',
    'nhdr',
    'mha',
    'mhd',
    'npy',
    'nii.gz',
  ])('a volume keeps its voxels through .%s', async (extension) => {
    const { volume } = await readVolume({ path: join(sharedData ?? '', 'nifti/FLAIR.nrrd') });
    const path = join(folder, `copy.${extension}`);
    await writeVolume({ volume, path });
    const { volume: copy } = await readVolume({ path });
    expect(hashOf(copy)).toBe(hashOf(volume));
    const [before, after] = [describeVolume(volume).grid, describeVolume(copy).grid];
    if (extension !== 'npy') for (const [i, n] of before.affine.entries()) expect(after.affine[i]).toBeCloseTo(n, 4);
    dispose(volume);
    dispose(copy);
  });
});
