/** RTSTRUCT to masks: 20 structures on the CT series of the series case. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { derivedUid } from '../../lib/native/derived-uid.js';
import { writeRtStruct } from '../../lib/native/dicom.js';
import { cacheFolder, contenders, masksPython, masksPythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { PIXELS, SLICES, shortSeries } from './dicom-series.js';

const STRUCTURES = 20;
const POINTS = 200;

/** Bodies with wavy outlines, from 20 to 160 mm across, on all slices that they reach. */
async function writeStructures(path: string): Promise<void> {
  const rois = Array.from({ length: STRUCTURES }, (_, n) => {
    const radius = 10 + (70 * n) / (STRUCTURES - 1);
    const [cx, cy, cz] = [60 * Math.cos(n), 50 * Math.sin(n), 60 + 4 * n];
    const contours: number[][] = [];
    for (let z = 0; z < SLICES; z++) {
      const part = 1 - ((z - cz) / radius) ** 2;
      if (part <= 0.01) continue;
      contours.push(
        Array.from({ length: POINTS }, (_, p) => {
          const angle = (2 * Math.PI * p) / POINTS;
          const r =
            radius * Math.sqrt(part) * (1 + 0.08 * Math.sin(3 * angle + n) + 0.04 * Math.sin(7 * angle + z / 9));
          return [cx + r * Math.cos(angle), cy + r * Math.sin(angle), z];
        }).flat(),
      );
    }
    return { number: n + 1, name: `Organ ${n + 1}`, type: 'ORGAN', contours };
  });
  await writeRtStruct({
    path,
    identity: {
      PatientID: 'BENCH',
      StudyInstanceUID: derivedUid('bench study'),
      SeriesInstanceUID: derivedUid('bench structures series'),
      FrameOfReferenceUID: derivedUid('bench frame'),
      SOPInstanceUID: derivedUid('bench structures'),
    },
    label: 'BENCH',
    rois,
    referencedSeriesUID: derivedUid('bench series'),
    referencedSOPInstanceUIDs: Array.from({ length: SLICES }, (_, k) => derivedUid('bench slice', String(k))),
    referencedImagePositions: Array.from({ length: SLICES }, (_, k) => [-204, -204, k]).flat(),
  });
}

export const rtstructMasks: BenchCase = {
  name: 'rtstruct-masks',
  title: `RTSTRUCT to masks: ${STRUCTURES} structures on ${SLICES} slices of ${PIXELS} x ${PIXELS}`,
  async prepare() {
    const series = await shortSeries();
    const structures = join(cacheFolder, 'bench-structures.dcm');
    if (!existsSync(structures)) await writeStructures(structures);
    const isovox = (threads: number, mode: 'memory' | 'files') => ({
      name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}, ${mode === 'files' ? 'to NIfTI files' : 'in memory'}`,
      command: [...tsx, join(contenders, 'isovox-rtstruct-masks.ts'), mode, series, structures, '5', String(threads)],
    });
    const peer = (tool: string, name: string) => ({
      name,
      command: [masksPython ?? '', join(contenders, 'rtstruct_masks.py'), tool, series, structures, '1'],
      absent: masksPythonAbsent,
    });
    return {
      data: `Structures of ${POINTS} points a contour, 20 to 160 mm across; series and structures are read from their files, one byte a voxel is made.`,
      contenders: [
        isovox(2, 'memory'),
        isovox(1, 'memory'),
        isovox(2, 'files'),
        peer('rt-utils', 'rt-utils, in memory'),
        peer('dcmrtstruct2nii', 'dcmrtstruct2nii, to NIfTI files'),
      ],
    };
  },
  /** Counts of voxels: peers draw outlines of whole pixels, a pixel's width on a structure of 20 mm is 10 %. */
  compare: (reference, other) =>
    Object.entries(reference).flatMap(([name, ours]) => {
      const theirs = other[name] ?? Number.NaN;
      return Math.abs(theirs - ours) <= 0.03 * ours ? [] : [`${name} ${theirs} voxels, isovox ${ours}`];
    }),
};
