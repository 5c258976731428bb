/**
 * Reading a CT series of 200 uncompressed 512 x 512 slices into one HU volume: with the headers that a scanner writes,
 * and with the shortest that the standard allows.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { derivedUid } from '../../lib/native/derived-uid.js';
import { makeVolume, writeImageSeries } from '../../lib/native/dicom.js';
import { cacheFolder, contenders, nativeProgram, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { withScannerHeader } from '../scanner-header.js';

export const SLICES = 200;
export const PIXELS = 512;

/** Smooth anatomy-like shapes with noise; written once and kept. */
export async function writeSeries(folder: string, ofScanner: boolean): Promise<void> {
  const data = new Int16Array(PIXELS * PIXELS * SLICES);
  let state = 7;
  for (let k = 0, at = 0; k < SLICES; k++) {
    for (let j = 0; j < PIXELS; j++) {
      for (let i = 0; i < PIXELS; i++, at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const radius = Math.hypot(i - 256, (j - 256) * 1.3) / 200;
        const tissue =
          radius > 1 ? -1000 : 40 + 300 * Math.max(0, Math.sin(i / 23) * Math.cos(j / 31) * Math.sin(k / 17));
        data[at] = tissue + (state >>> 26);
      }
    }
  }
  const temporary = `${folder}.tmp`;
  mkdirSync(temporary, { recursive: true });
  const volume = await makeVolume({
    grid: { size: [PIXELS, PIXELS, SLICES], spacing: [0.8, 0.8, 1], origin: [-204, -204, 0] },
    dtype: 'int16',
    data,
  });
  const paths = await writeImageSeries({
    volume,
    folder: temporary,
    identity: {
      PatientID: 'BENCH',
      StudyInstanceUID: derivedUid('bench study'),
      SeriesInstanceUID: derivedUid('bench series'),
      FrameOfReferenceUID: derivedUid('bench frame'),
      // Names that sort in another order than the slices lie.
      SOPInstanceUIDs: Array.from({ length: SLICES }, (_, k) => derivedUid('bench slice', String(k))),
    },
  });
  if (ofScanner) for (const path of paths) writeFileSync(path, withScannerHeader(readFileSync(path)));
  renameSync(temporary, folder);
}

export const sameNumbers: BenchCase['compare'] = (reference, other) =>
  Object.keys(reference).flatMap((key) =>
    Math.abs((reference[key] ?? 0) - (other[key] ?? Number.NaN)) <= 1e-6
      ? []
      : [`${key} ${other[key]} not ${reference[key]}`],
  );

/** The folder of the series with the shortest headers. */
export async function shortSeries(): Promise<string> {
  const folder = join(cacheFolder, 'series');
  if (!existsSync(folder)) await writeSeries(folder, false);
  return folder;
}

const seriesCase = (name: string, headers: string, ofScanner: boolean): BenchCase => ({
  name,
  title: `DICOM series: ${SLICES} slices of ${PIXELS} x ${PIXELS}, explicit little endian, ${headers}`,
  async prepare() {
    const folder = join(cacheFolder, ofScanner ? 'series-of-scanner' : 'series');
    if (!existsSync(folder)) await writeSeries(folder, ofScanner);
    const dcmtk = nativeProgram('dcmtk_series');
    const itk = nativeProgram('itk_series');
    const isovox = (threads: number) => ({
      name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}`,
      command: [...tsx, join(contenders, 'isovox-series.ts'), folder, '9', String(threads)],
    });
    const script = (tool: string, name: string) => ({
      name,
      command: [python ?? '', join(contenders, 'series.py'), tool, folder, '3'],
      absent: pythonAbsent,
    });
    return {
      data: `${SLICES} files written by the project's own writer, 105 MB of pixels`,
      contenders: [
        isovox(2),
        isovox(1),
        { name: 'DCMTK', command: [dcmtk.path, folder, '7'], absent: dcmtk.absent },
        script('pydicom', 'pydicom'),
        { name: 'ITK (C++)', command: [itk.path, folder, '5'], absent: itk.absent },
        script('simpleitk', 'SimpleITK'),
      ],
    };
  },
  compare: sameNumbers,
});

export const dicomSeries = seriesCase('dicom-series', 'headers of a scanner (216 elements)', true);
export const dicomSeriesShort = seriesCase('dicom-series-short', 'shortest headers (42 elements)', false);
