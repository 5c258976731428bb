/** The 3-D gamma index of a clinical dose against itself moved and scaled. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readRtDose, writeRtDose } from '../../lib/native/dicom.js';
import type { Triple } from '../../lib/native/dicom-types.js';
import { addon } from '../../lib/runtime/addon.js';
import { cacheFolder, contenders, python, pythonAbsent, sharedData, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';

const SHIFT_MM: Triple = [1.5, -1, 1];
const SCALE = 1.02;

export const gamma: BenchCase = {
  name: 'gamma',
  title: 'Gamma 3 % / 3 mm global of a breast dose',
  async prepare() {
    const reference = sharedData === undefined ? '' : join(sharedData, 'rt-breast', 'rtdose.dcm');
    if (!existsSync(reference)) {
      process.stderr.write('gamma: skipped, the breast plan is not beside the checkout\n');
      return undefined;
    }
    const evaluated = join(cacheFolder, 'gamma-evaluated.dcm');
    await writeMoved(reference, evaluated);
    const isovox = (threads: number) => ({
      name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}`,
      command: [...tsx, join(contenders, 'isovox-gamma.ts'), reference, evaluated, '3', '3', '5', String(threads)],
    });
    return {
      data: `Dose 98 x 129 x 194 at 2.5 x 2.5 x 3 mm against itself moved by ${SHIFT_MM.join(', ')} mm and scaled by ${SCALE}; cutoff 10 %, gamma up to 2. Both are given doses in memory.`,
      contenders: [
        isovox(1),
        isovox(2),
        {
          name: 'pymedphys, interp_fraction 10',
          command: [python ?? '', join(contenders, 'gamma.py'), reference, evaluated, '3', '3'],
          absent: pythonAbsent,
        },
      ],
    };
  },
  /** pymedphys looks at finitely many points, so its index is a little greater. */
  compare: (reference, other) =>
    Object.entries({ voxels: 0, 'pass %': 1, mean: 0.05 }).flatMap(([key, limit]) => {
      const [ours, theirs] = [reference[key] ?? 0, other[key] ?? Number.NaN];
      return Math.abs(ours - theirs) <= limit ? [] : [`${key} ${theirs.toFixed(3)}, isovox ${ours.toFixed(3)}`];
    }),
};

async function writeMoved(from: string, to: string): Promise<void> {
  const { dose } = await readRtDose({ path: from });
  const { grid } = addon().describeDose(dose);
  const values = Float64Array.from(addon().viewDose(dose), (gy) => gy * SCALE);
  addon().dispose(dose);
  await writeRtDose({
    path: to,
    identity: {
      PatientID: 'BENCH',
      StudyInstanceUID: '2.25.1',
      SeriesInstanceUID: '2.25.2',
      SOPInstanceUID: '2.25.3',
      FrameOfReferenceUID: '2.25.4',
    },
    grid: { ...grid, origin: grid.origin.map((at, axis) => at + (SHIFT_MM[axis] as number)) as Triple },
    values,
    DoseSummationType: 'PLAN',
    bits: 32,
  });
}
