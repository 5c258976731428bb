/** DICOM in a real S3 server: series, RT objects and folders of them are read, described and ingested as files are. */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { info } from '../../lib/cli/commands/info.js';
import { Cohort } from '../../lib/cohort/index.js';
import { configure, resetConfig } from '../../lib/config/resolve.js';
import {
  makeVolume,
  readRtDose,
  readRtStruct,
  readSeries,
  scanHeaders,
  writeImageSeries,
  writeRtDose,
  writeRtStruct,
} from '../../lib/native/dicom.js';
import { readVolume } from '../../lib/native/formats.js';
import { deleteObjects, writeObject } from '../../lib/native/objects.js';
import { describeVolume, viewDose, viewVolume } from '../../lib/native/volume.js';
import { setS3Credentials } from '../../lib/runtime/s3.js';
import { temporaryFolder } from '../fixtures/index.js';
import { makeBucket, type S3Server, s3ServerAbsent, startS3Server } from '../fixtures/s3-server.js';

const SLICES = 12;
type Triple = [number, number, number];
const GRID = {
  size: [40, 30, SLICES] as Triple,
  spacing: [2, 2, 3] as Triple,
  origin: [0, 0, 0] as Triple,
};

const identityOf = (patient: string) => ({
  PatientID: patient,
  StudyInstanceUID: `1.2.${patient.length}.1`,
  SeriesInstanceUID: `1.2.${patient.length}.2`,
  FrameOfReferenceUID: `1.2.${patient.length}.3`,
});

describe.skipIf(s3ServerAbsent !== undefined)('DICOM in S3', () => {
  const folder = temporaryFolder();
  let server: S3Server;
  let slices: string[] = [];
  const objects = (): string[] => slices.map((path) => `s3://tests/patients/a/${basename(path)}`);

  async function writePatient(patient: string): Promise<string[]> {
    const data = new Int16Array(GRID.size[0] * GRID.size[1] * SLICES).map((_, i) => (i * (7 + patient.length)) % 1999);
    const volume = await makeVolume({ grid: GRID, dtype: 'int16', data });
    const below = join(folder, patient);
    mkdirSync(below);
    return writeImageSeries({
      volume,
      folder: below,
      identity: identityOf(patient),
    });
  }

  beforeAll(async () => {
    server = await startS3Server();
    configure({
      s3: {
        endpoint: server.endpoint,
        useVirtualAddressing: false,
        retries: 0,
      },
    });
    setS3Credentials(server);
    await makeBucket('tests');
    slices = await writePatient('a');
    const identity = { ...identityOf('a'), SOPInstanceUID: '1.2.1.9' };
    const square = [0, 0, 0, 20, 0, 0, 20, 20, 0, 0, 20, 0];
    await writeRtStruct({
      path: join(folder, 'a/RS.dcm'),
      identity: { ...identity, SeriesInstanceUID: '1.2.1.5' },
      rois: [{ number: 1, name: 'Square', contours: [square] }],
    });
    await writeRtDose({
      path: join(folder, 'a/RD.dcm'),
      identity: {
        ...identity,
        SeriesInstanceUID: '1.2.1.6',
        SOPInstanceUID: '1.2.1.10',
      },
      grid: { size: [5, 4, 3], spacing: [3, 3, 3], origin: [0, 0, 0] },
      values: new Float32Array(60).map((_, i) => i / 4),
    });
    await writePatient('bb');
    for (const patient of ['a', 'bb']) {
      for (const name of readdirSync(join(folder, patient))) {
        await writeObject(`s3://tests/patients/${patient}/${name}`, readFileSync(join(folder, patient, name)));
      }
    }
    // What consoles leave to show an empty "folder".
    await writeObject('s3://tests/patients/a/', new Uint8Array(0));
  }, 120_000);

  afterAll(async () => {
    setS3Credentials(undefined);
    resetConfig();
    await server?.stop();
  });

  it('a series is the one of the files, by two requests for each slice', async () => {
    const local = await readSeries({ paths: slices });
    const logged = server.accessLog().length;
    const remote = await readSeries({ paths: objects().reverse() });
    expect(viewVolume(remote.volume)).toEqual(viewVolume(local.volume));
    expect(describeVolume(remote.volume)).toEqual(describeVolume(local.volume));
    expect(remote.SOPInstanceUIDs).toEqual(local.SOPInstanceUIDs);
    expect(remote.paths).toEqual(objects());
    await new Promise((resolve) => setTimeout(resolve, 300));
    // The server writes its log late: what put the slices there may still come.
    const requests = server
      .accessLog()
      .slice(logged)
      .filter(({ method }) => method !== 'PUT');
    expect(requests.map(({ method }) => method)).toEqual(Array(2 * SLICES).fill('GET'));
  });

  it('headers are read as those of files, and say what is no DICOM', async () => {
    await writeObject('s3://tests/other/notes.txt', Buffer.from('not a DICOM file'));
    const paths = [objects()[0] as string, 's3://tests/other/notes.txt', 's3://tests/patients/a/', 's3://tests/none'];
    const [first, notes, empty, absent] = await scanHeaders({ paths });
    const [local] = await scanHeaders({ paths: [slices[0] as string] });
    expect({ ...first, path: '' }).toEqual({ ...local, path: '' });
    expect(first?.path).toBe(paths[0]);
    expect([notes?.status, empty?.status]).toEqual(['not-dicom', 'not-dicom']);
    expect(absent).toMatchObject({
      status: 'refused',
      code: 'ERR_NOT_FOUND',
      path: 's3://tests/none',
    });
  });

  it('structures and doses are read', async () => {
    const { summary } = await readRtStruct({
      path: 's3://tests/patients/a/RS.dcm',
    });
    expect(summary.rois.map(({ ROIName }) => ROIName)).toEqual(['Square']);
    const { dose } = await readRtDose({ path: 's3://tests/patients/a/RD.dcm' });
    expect(viewDose(dose)[7]).toBeCloseTo(1.75, 4);
  });

  it('a prefix is a folder', async () => {
    const local = await readVolume({ path: join(folder, 'a') });
    for (const path of ['s3://tests/patients/a', 's3://tests/patients/a/']) {
      const { volume, format } = await readVolume({ path });
      expect(format).toBe('dicom');
      expect(viewVolume(volume)).toEqual(viewVolume(local.volume));
    }
    await expect(readVolume({ path: 's3://tests/nothing' })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(readVolume({ path: 's3://tests/other' })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('isovox info describes what lies below a prefix', async () => {
    const shown = async (path: string) => {
      const written: string[] = [];
      const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
      const code = await info([path], {
        json: true,
        hash: true,
      } as never).finally(() => spy.mockRestore());
      return {
        code,
        entries: JSON.parse(written.join('')) as Record<string, unknown>[],
      };
    };
    const remote = await shown('s3://tests/patients/a');
    const local = await shown(join(folder, 'a'));
    const withoutPath = (entries: Record<string, unknown>[]) => entries.map((entry) => ({ ...entry, path: '' }));
    expect(remote.code).toBe(0);
    expect(remote.entries.length).toBe(3);
    expect(withoutPath(remote.entries)).toEqual(withoutPath(local.entries));
    expect((await shown('s3://tests/patients/a/RD.dcm')).entries[0]).toMatchObject({ kind: 'rtdose' });
    expect((await shown('s3://tests/nothing')).entries[0]).toMatchObject({
      error: { code: 'ERR_NOT_FOUND' },
    });
  });

  it('each prefix below one becomes a volume of a cohort, and is read again only when it changed', async () => {
    const images = { ct: 's3://tests/patients' };
    const cohort = await Cohort.fromImages('s3://tests/cohort', images);
    expect(cohort.subjectIds).toEqual(['a', 'bb']);
    const { data } = await cohort.collection('ct').iloc(0).read();
    const local = await readSeries({ paths: slices });
    expect(new Int16Array(data.buffer, data.byteOffset, data.length)).toEqual(viewVolume(local.volume));
    expect(await cohort.append(images)).toMatchObject({
      added: 0,
      kept: 2,
      findings: [],
    });
    await deleteObjects([objects()[4] as string]);
    const report = await cohort.append(images);
    expect(report).toMatchObject({ added: 1, kept: 1 });
    expect(report.findings.map(({ code }) => code)).toEqual(['slice.missing']);
    const filled = await Cohort.ingest('s3://tests/filled', images, {
      gaps: 'fill',
    });
    expect(filled.report.findings.map(({ code }) => code)).toEqual(['slice.filled']);
    expect(filled.cohort.collection('ct').iloc(0).shape).toEqual(GRID.size);
    const refused = await Cohort.ingest('s3://tests/refused', images, {
      gaps: 'refuse',
    });
    expect(refused.report.failed.map(({ code }) => code)).toEqual(['ERR_GEOMETRY']);
  });
});
