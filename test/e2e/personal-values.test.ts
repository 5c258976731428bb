/**
 * Twenty-five personal values, different in every element, in every file of a patient: none of them comes out of a run, neither
 * in what it says nor in what it writes nor in a name. Copies of the DICOM objects are what was put in (SECURITY.md);
 * pseudonyms.test.ts looks at a run that has none.
 */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder } from '../fixtures/index.js';

/** PS3.6: about the patient or a person, as text. */
const PERSONAL: [tag: number, vr: string][] = [
  [0x00080050, 'SH'], // AccessionNumber
  [0x00080090, 'PN'], // ReferringPhysicianName
  [0x0008009c, 'PN'], // ConsultingPhysicianName
  [0x00081048, 'PN'], // PhysiciansOfRecord
  [0x00081050, 'PN'], // PerformingPhysicianName
  [0x00081060, 'PN'], // NameOfPhysiciansReadingStudy
  [0x00081070, 'PN'], // OperatorsName
  [0x00100010, 'PN'], // PatientName
  [0x00101000, 'LO'], // OtherPatientIDs
  [0x00101001, 'PN'], // OtherPatientNames
  [0x00101005, 'PN'], // PatientBirthName
  [0x00101040, 'LO'], // PatientAddress
  [0x00101060, 'PN'], // PatientMotherBirthName
  [0x00101080, 'LO'], // MilitaryRank
  [0x00101081, 'LO'], // BranchOfService
  [0x00101090, 'LO'], // MedicalRecordLocator
  [0x00102150, 'LO'], // CountryOfResidence
  [0x00102152, 'LO'], // RegionOfResidence
  [0x00102154, 'SH'], // PatientTelephoneNumbers
  [0x00102160, 'SH'], // EthnicGroup
  [0x00102180, 'SH'], // Occupation
  [0x001021f0, 'LO'], // PatientReligiousPreference
  [0x00102297, 'PN'], // ResponsiblePerson
  [0x00102299, 'LO'], // ResponsibleOrganization
  [0x00104000, 'LT'], // PatientComments
];
const canary = (at: number) => `Canary${String(at).padStart(2, '0')}Qz`;

/** The file with the personal elements in their places; those that were there give way. Explicit little endian. */
function withPersonal(file: Buffer): Buffer {
  const metaEnd = 132 + 12 + file.readUInt32LE(140);
  const elements: { tag: number; bytes: Buffer }[] = [];
  let at = metaEnd;
  while (at + 8 <= file.length && file.readUInt16LE(at) <= 0x0010) {
    const tag = file.readUInt16LE(at) * 0x10000 + file.readUInt16LE(at + 2);
    const long = ['OB', 'OW', 'SQ', 'UN', 'UT', 'UC', 'UR'].includes(file.toString('latin1', at + 4, at + 6));
    const length = long ? file.readUInt32LE(at + 8) : file.readUInt16LE(at + 6);
    if (length === 0xffffffff) throw new Error('The phantom has a sequence of undefined length before group 0018');
    const end = at + (long ? 12 : 8) + length;
    elements.push({ tag, bytes: file.subarray(at, end) });
    at = end;
  }
  const added = PERSONAL.map(([tag, vr], n) => {
    const value = canary(n);
    const head = Buffer.alloc(8);
    head.writeUInt16LE(tag >>> 16, 0);
    head.writeUInt16LE(tag & 0xffff, 2);
    head.write(vr, 4, 'latin1');
    head.writeUInt16LE(value.length, 6);
    return { tag, bytes: Buffer.concat([head, Buffer.from(value)]) };
  });
  const kept = elements.filter(({ tag }) => !PERSONAL.some(([other]) => other === tag));
  const all = [...kept, ...added].sort((a, b) => a.tag - b.tag);
  return Buffer.concat([file.subarray(0, metaEnd), ...all.map(({ bytes }) => bytes), file.subarray(at)]);
}

const filesBelow = (path: string) =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

it('personal values do not come out of a run', async () => {
  const folder = temporaryFolder();
  const root = join(folder, 'in');
  const out = join(folder, 'out');
  await writePhantom(root, { sliceMm: 5, doseMm: 5 });
  const put = filesBelow(root).filter((path) => path.endsWith('.dcm'));
  for (const path of put) writeFileSync(path, withPersonal(readFileSync(path)));
  // One that fails, so that what is said of failures is looked at too.
  const last = put.find((path) => path.endsWith('RD.dcm')) ?? '';
  writeFileSync(join(root, 'half.dcm'), readFileSync(last).subarray(0, 900));
  const said = await new Promise<string>((resolve) =>
    execFile(
      process.execPath,
      [
        join(packageRoot, 'dist/cli/main.js'),
        'run',
        '--dicom-root',
        root,
        '--outdir',
        out,
        '-v',
        '--json-logs',
        '--xlsx',
      ],
      { maxBuffer: 1 << 27 },
      (_, stdout, stderr) => resolve(stdout + stderr),
    ),
  );
  expect(PERSONAL.length).toBe(25);
  const looked = filesBelow(out).filter((path) => !path.endsWith('.dcm'));
  expect(looked.length).toBeGreaterThan(20);
  expect(looked.some((path) => path.endsWith('report.html'))).toBe(true);
  const hits = PERSONAL.flatMap((_, n) => {
    const value = canary(n);
    const inFiles = looked.filter((path) => {
      const bytes = readFileSync(path);
      return (
        path.includes(value) || bytes.includes(value) || (path.endsWith('.gz') && gunzipSync(bytes).includes(value))
      );
    });
    return [...inFiles, ...(said.includes(value) ? ['what was said'] : [])].map((where) => `${value} in ${where}`);
  });
  expect(hits).toEqual([]);
  // They were there to be found.
  const copy = filesBelow(out).find((path) => path.endsWith('RP.dcm')) ?? '';
  expect(readFileSync(copy).includes(canary(7))).toBe(true);
});
