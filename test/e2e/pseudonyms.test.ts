/** A run with pseudonyms says the identifiers of its patients nowhere but in the file that explains them. */

import { execFile } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { temporaryFolder } from '../fixtures/index.js';

const IDENTIFIER = 'MRN4711Qz';
/** Hospitals name folders by patients. */
const SURNAME = 'Mustermannqz';
const folder = temporaryFolder();
const root = join(folder, 'in');
const plain = join(folder, 'plain');
const hidden = join(folder, 'hidden');

const isovox = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) =>
    execFile(
      process.execPath,
      [join(packageRoot, 'dist/cli/main.js'), ...args],
      { maxBuffer: 1 << 27 },
      (error, ...said) => resolve({ code: Number(error?.code ?? 0), said: said.join('\n') }),
    ),
  );

const filesBelow = (path: string) =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));

const folders = (path: string) =>
  readdirSync(path).filter((name) => !/^[._]/.test(name) && statSync(join(path, name)).isDirectory());

let said = '';

beforeAll(async () => {
  const made = join(folder, 'made');
  await writePhantom(made, { patientId: IDENTIFIER, sliceMm: 5, doseMm: 5 });
  mkdirSync(root);
  renameSync(made, join(root, SURNAME));
  // A copy and half a file, so that refusals and their reasons name files.
  const dose = readFileSync(join(root, SURNAME, 'RD.dcm'));
  writeFileSync(join(root, SURNAME, 'copy.dcm'), dose);
  writeFileSync(join(root, SURNAME, 'half.dcm'), dose.subarray(0, 900));
  const run = (outdir: string, ...more: string[]) =>
    isovox('run', '--dicom-root', root, '--outdir', outdir, '--xlsx', ...more);
  expect((await run(plain)).code).toBe(0);
  const first = await run(hidden, '--pseudonymise', '-v', '--json-logs', '--keep-identifiers');
  expect(first.code).toBe(0);
  said = first.said;
}, 120_000);

describe('isovox run --pseudonymise', () => {
  it('neither files nor names nor logs have the identifier or where the input lay', () => {
    const looked = filesBelow(hidden).filter((path) => !relative(hidden, path).split('/').includes('.isovox'));
    expect(looked.length).toBeGreaterThan(40);
    const hits = [IDENTIFIER, SURNAME].flatMap((value) => [
      ...looked.filter((path) => {
        const bytes = readFileSync(path);
        return (
          path.includes(value) || bytes.includes(value) || (path.endsWith('.gz') && gunzipSync(bytes).includes(value))
        );
      }),
      ...(said.replaceAll(root, '').includes(value) ? [`${value} in what was said`] : []),
    ]);
    expect(hits).toEqual([]);
  });

  it('the numbers are those of a run without', () => {
    const rows = (outdir: string) =>
      parseCsv(join(outdir, '_RESULTS/dvh_metrics.csv')).map(
        ({ patient_id: _1, rtstruct_path: _2, settings_hash: _3, ...rest }) => rest,
      );
    expect(rows(hidden)).toEqual(rows(plain));
    expect(rows(hidden).length).toBeGreaterThan(5);
  });

  it('structures and dose are objects of the pseudonym, which other programs read', async () => {
    const [patient = ''] = folders(hidden);
    expect(patient).toMatch(/^P[0-9A-HJKMNP-TV-Z]{12}$/);
    const course = join(hidden, patient, '2024-01');
    expect(readdirSync(course)).not.toContain('DICOM');
    const curves = join(folder, 'again.csv');
    const again = await isovox(
      'dvh',
      '--rtstruct',
      join(course, 'RS.dcm'),
      '--rtdose',
      join(course, 'RD.dcm'),
      '--out',
      curves,
    );
    expect(again.code).toBe(0);
    const mean = (path: string) => new Map(parseCsv(path).map((row) => [row.ROI_Name, Number(row.DmeanGy)]));
    const before = mean(join(hidden, '_RESULTS/dvh_metrics.csv'));
    for (const [roi, gy] of mean(curves)) expect(gy).toBeCloseTo(before.get(roi) as number, 3);
    expect(parseCsv(curves)[0]?.patient_id).toBe(patient);
  });

  it('who is who is for the owner of the file; the same key gives the same names', async () => {
    const file = join(hidden, '.isovox/pseudonyms.json');
    expect(statSync(file).mode & 0o077).toBe(0);
    const [patient = ''] = folders(hidden);
    expect(JSON.parse(readFileSync(file, 'utf8')).patients).toEqual({ [patient]: IDENTIFIER });
    const other = join(folder, 'other');
    const stages = ['--stages', 'organize'];
    expect((await isovox('run', '--dicom-root', root, '--outdir', other, '--pseudonymise', file, ...stages)).code).toBe(
      0,
    );
    expect(folders(other)).toEqual([patient]);
    const third = join(folder, 'third');
    expect((await isovox('run', '--dicom-root', root, '--outdir', third, '--pseudonymise', ...stages)).code).toBe(0);
    expect(folders(third)).not.toEqual([patient]);
  }, 60_000);

  it('a second run has nothing to do', async () => {
    const again = await isovox(
      'run',
      '--dicom-root',
      root,
      '--outdir',
      hidden,
      '--xlsx',
      '--pseudonymise',
      '--json',
      '--quiet',
    );
    const [document = ''] = again.said.split('\n');
    const { courses } = JSON.parse(document);
    expect(courses[0].stages).toMatchObject({ organize: 'reused', dvh: 'reused', report: 'reused' });
  });

  it('links to the input lie in the private folder', () => {
    const links = filesBelow(join(hidden, '.isovox/inputs'));
    expect(links.every((path) => lstatSync(path).isSymbolicLink())).toBe(true);
    expect(links.length).toBeGreaterThan(24);
  });

  it('a file that is none is refused by name', async () => {
    const file = join(folder, 'none.json');
    writeFileSync(file, '{}');
    const { code, said: error } = await isovox('run', '--dicom-root', root, '--outdir', hidden, '--pseudonymise', file);
    expect(code).toBe(65);
    expect(error).toContain('none.json');
  });
});
