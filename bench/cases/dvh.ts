/** DVHs of all structures of a breast plan (dicompyler's sample data). */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { contenders, python, pythonAbsent, sharedData, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';

export const dvh: BenchCase = {
  name: 'dvh',
  title: 'DVH of every structure: RTSTRUCT and RTDOSE of a breast plan',
  async prepare() {
    const folder = sharedData === undefined ? '' : join(sharedData, 'rt-breast');
    if (!existsSync(folder)) {
      process.stderr.write('dvh: skipped, the breast plan is not beside the checkout\n');
      return undefined;
    }
    const structures = join(folder, 'rtss.dcm');
    const dose = join(folder, 'rtdose.dcm');
    const isovox = (threads: number, timed: 'parse' | 'parsed') => ({
      name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}${timed === 'parse' ? ', reading both files too' : ''}`,
      command: [...tsx, join(contenders, 'isovox-dvh.ts'), structures, dose, '9', String(threads), timed],
    });
    return {
      data: 'Dose 98 x 129 x 194 at 2.5 x 2.5 x 3 mm, 10 structures of which one is empty. dicompyler-core is given data sets that were parsed before the clock; plastimatch reads its files.',
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
};
