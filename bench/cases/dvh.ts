/** DVHs of all structures: a breast plan (dicompyler's sample data), and a head and neck patient of open-kbp. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder, contenders, python, pythonAbsent, sharedData, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';

const plan = (
  name: string,
  what: string,
  structuresFile: string,
  doseFile: string,
  data: string,
  derive?: (structures: string) => string | undefined,
): BenchCase => ({
  name,
  title: `DVH of every structure: RTSTRUCT and RTDOSE of ${what}`,
  async prepare() {
    const source = join(sharedData ?? '', structuresFile);
    const dose = join(sharedData ?? '', doseFile);
    if (sharedData === undefined || !existsSync(source)) {
      process.stderr.write(`${name}: skipped, ${what} is not beside the checkout\n`);
      return undefined;
    }
    const structures = derive ? derive(source) : source;
    if (structures === undefined) {
      process.stderr.write(`${name}: skipped, no Python to make the structures: npm run bench:setup\n`);
      return undefined;
    }
    const isovox = (threads: number, timed: 'parse' | 'parsed') => ({
      name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}${timed === 'parse' ? ', reading both files too' : ''}`,
      command: [...tsx, join(contenders, 'isovox-dvh.ts'), structures, dose, '9', String(threads), timed],
    });
    return {
      data: `${data} dicompyler-core is given data sets that were parsed before the clock; plastimatch reads its files.`,
      contenders: [
        isovox(1, 'parsed'),
        isovox(2, 'parsed'),
        isovox(1, 'parse'),
        isovox(2, 'parse'),
        {
          name: 'dicompyler-core',
          command: [python ?? '', join(contenders, 'dvh.py'), structures, dose, '1'],
          absent: pythonAbsent,
        },
        {
          name: 'plastimatch',
          command: [process.execPath, join(contenders, 'plastimatch-dvh.mjs'), structures, dose],
          wholeProcess: true,
          absent: existsSync('/usr/bin/plastimatch') ? undefined : 'not installed: npm run bench:setup',
        },
      ],
    };
  },
  /** Mean doses within 2 % or 0.1 Gy; volumes are reported where they differ by more than 5 %, since tools differ in end caps. */
  compare: (reference, other) =>
    Object.keys(reference).flatMap((key) => {
      const [ours, theirs] = [reference[key] ?? 0, other[key]];
      if (theirs === undefined) return [];
      const limit = key.endsWith(' Gy') ? Math.max(0.02 * ours, 0.1) : 0.05 * ours;
      return Math.abs(ours - theirs) <= limit ? [] : [`${key} ${theirs.toFixed(3)}, isovox ${ours.toFixed(3)}`];
    }),
});

export const dvh = plan(
  'dvh',
  'a breast plan',
  'rt-breast/rtss.dcm',
  'rt-breast/rtdose.dcm',
  'Dose 98 x 129 x 194 at 2.5 x 2.5 x 3 mm (9.4 MiB in memory), 10 structures of which one is empty.',
);

export const dvhHeadNeck = plan(
  'dvh-head-neck',
  'a head and neck patient',
  'rt-openkbp-pt1/dicom/RS.dcm',
  'rt-openkbp-pt1/dicom/RD.dcm',
  'Dose 128 x 128 x 128 at 3.9 x 3.9 x 2.5 mm (8 MiB in memory), 8 structures whose contours run along voxels.',
);

/** The anchor: 20 structures of 815,000 decimal numbers. */
export const dvhTwenty = plan(
  'dvh-twenty',
  'a breast plan with 20 structures of 815,000 numbers',
  'rt-breast/rtss.dcm',
  'rt-breast/rtdose.dcm',
  'The breast plan with nine structures drawn twice as finely and eleven more, moved copies of the smaller ones: bench/contenders/more-structures.py.',
  (source) => {
    if (python === undefined) return undefined;
    const path = join(cacheFolder, 'twenty-structures.dcm');
    execFileSync(python, [join(contenders, 'more-structures.py'), source, path, '20', '815000']);
    return path;
  },
);
