import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { HeaderRecord } from '../../../lib/native/dicom-types.js';
import { relativeInput } from '../../../lib/rt/input-path.js';
import { patientKeyOf, patientNameOf, refuse, takeInventory, walkTree } from '../../../lib/rt/inventory.js';
import { image, structures } from './records.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'isovox-inventory-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, content = name): string {
  const full = path.join(root, name);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

describe('walking the input', () => {
  it('finds every file in one order, whatever it is called', async () => {
    for (const name of ['b/2', 'b/1.txt', 'a.dcm', 'B', '.hidden', 'ä/x']) file(name);
    const { files, refusals } = await walkTree(root);
    const names = files.map((one) => relativeInput(root, one));
    expect(names).toEqual([...names].sort());
    expect(names).toHaveLength(6);
    expect(refusals).toEqual([]);
  });

  it('follows no link and says so', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'isovox-outside-'));
    writeFileSync(path.join(outside, 'secret'), 'x');
    const target = file('in/1');
    symlinkSync(outside, path.join(root, 'out'));
    symlinkSync(target, path.join(root, 'same'));
    symlinkSync(root, path.join(root, 'in', 'loop'));
    symlinkSync('/nowhere/at/all', path.join(root, 'gone'));
    const { files, refusals } = await walkTree(root);
    rmSync(outside, { recursive: true });
    expect(files).toEqual([target]);
    expect(Object.fromEntries(refusals.map(({ path: one, code }) => [relativeInput(root, one), code]))).toEqual({
      out: 'file.link_outside',
      same: 'file.link_inside',
      'in/loop': 'file.link_inside',
      gone: 'ERR_NOT_FOUND',
    });
  });

  it('leaves out the output folder', async () => {
    file('a');
    file('out/P1/RP.dcm');
    const { files } = await walkTree(root, [path.join(root, 'out')]);
    expect(files).toHaveLength(1);
  });

  it.skipIf(process.getuid?.() === 0)('refuses a folder that cannot be read and goes on', async () => {
    file('a');
    file('locked/b');
    chmodSync(path.join(root, 'locked'), 0);
    const { files, refusals } = await walkTree(root);
    chmodSync(path.join(root, 'locked'), 0o755);
    expect(files).toHaveLength(1);
    expect(refusals).toMatchObject([{ code: 'ERR_IO', severity: 'fail' }]);
  });

  it('throws for a root that is not there or is a file', async () => {
    await expect(walkTree(path.join(root, 'none'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(walkTree(file('f'))).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('inventory', () => {
  const scanWith = (change: (record: HeaderRecord, name: string) => HeaderRecord) => async (paths: readonly string[]) =>
    paths.map((one) => change({ ...image(1), path: one, size: 5 }, relativeInput(root, one)));

  it('sorts out files by what they are', async () => {
    const kinds: Record<string, Partial<HeaderRecord>> = {
      'a.txt': { status: 'not-dicom', reason: 'no DICOM elements' },
      DICOMDIR: { status: 'dicomdir' },
      'broken.dcm': { status: 'refused', code: 'ERR_CORRUPT_DATA', reason: 'a length of 4 GB in 1 KB' },
      'cut.dcm': { truncated: true },
      'nouid.dcm': { SOPInstanceUID: undefined },
      'noseries.dcm': { SeriesInstanceUID: undefined },
      'good.dcm': {},
    };
    for (const name of Object.keys(kinds)) file(name);
    const progress: number[][] = [];
    const result = await takeInventory(root, {
      scan: scanWith((record, name) => ({ ...record, ...kinds[name] })),
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(result.objects.map((one) => relativeInput(root, one.path))).toEqual(['good.dcm']);
    expect(result.refusals.map(({ path: one, code, severity }) => [relativeInput(root, one), code, severity])).toEqual([
      ['DICOMDIR', 'file.dicomdir', 'info'],
      ['a.txt', 'ERR_UNSUPPORTED', 'info'],
      ['broken.dcm', 'ERR_CORRUPT_DATA', 'fail'],
      ['cut.dcm', 'ERR_CORRUPT_DATA', 'fail'],
      ['noseries.dcm', 'ERR_CORRUPT_DATA', 'fail'],
      ['nouid.dcm', 'ERR_CORRUPT_DATA', 'fail'],
    ]);
    expect(progress.at(-1)).toEqual([7, 7]);
  });

  it('keeps the first of equal UIDs and tells copies from contradictions', async () => {
    file('1.dcm', 'same!');
    file('2.dcm', 'same!');
    file('3.dcm', 'other');
    file('4.dcm', 'longer than the others');
    const { objects, refusals } = await takeInventory(root, {
      scan: scanWith((record, name) => ({ ...record, size: name === '4.dcm' ? 22 : 5 })),
    });
    expect(objects.map((one) => relativeInput(root, one.path))).toEqual(['1.dcm']);
    expect(refusals.map(({ code }) => code)).toEqual([
      'file.duplicate',
      'file.duplicate_differs',
      'file.duplicate_differs',
    ]);
    expect(refusals[2]?.reason).toContain('another size');
  });

  it('keeps one UID for each of two patients and reports it', async () => {
    file('1.dcm');
    file('2.dcm');
    const { objects, findings, refusals } = await takeInventory(root, {
      scan: scanWith((record, name) => ({ ...record, PatientID: name === '1.dcm' ? 'A' : 'B' })),
    });
    expect(objects).toHaveLength(2);
    expect(refusals).toEqual([]);
    expect(findings).toMatchObject([{ code: 'file.uid_in_two_patients', context: { count: 1 } }]);
  });

  it('says when there is nothing', async () => {
    const { findings } = await takeInventory(root, { scan: async () => [] });
    expect(findings).toMatchObject([{ code: 'input.empty' }]);
  });

  it('stops when it is told to', async () => {
    file('1.dcm');
    await expect(
      takeInventory(root, { scan: async () => [], signal: AbortSignal.abort('enough') }),
    ).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
  });
});

it('an object without PatientID belongs to its study', () => {
  const anonymous = (study: string) => structures('3.1', {}, { PatientID: '', StudyInstanceUID: study });
  expect(patientKeyOf(anonymous('1'))).not.toBe(patientKeyOf(anonymous('2')));
  expect(patientNameOf(patientKeyOf(anonymous('1')))).toMatch(/^UNKNOWN-[0-9a-f]{8}$/);
  expect(patientKeyOf(structures('3.1', {}, { PatientID: 'P1 \u0000' }))).toBe('id:P1');
  expect(refuse(anonymous('1'))).toBeUndefined();
});
