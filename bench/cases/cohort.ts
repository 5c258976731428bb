/** The main job on 60 courses of three sizes: courses and structures in parallel, beside one level of each. */

import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { writePhantom } from '../../lib/phantom/patient.js';
import { cacheFolder, contenders } from '../environment.js';
import type { BenchCase, Contender } from '../harness.js';

const COURSES = 60;
const WORKERS = 2;

/** Slices and dose planes apart in mm: mostly small courses, a few large ones. */
const sizeOf = (n: number): number => (n % 12 === 0 ? 2 : n % 4 === 0 ? 4 : 8);

async function writeCohort(): Promise<string> {
  const folder = join(cacheFolder, 'cohort');
  if (existsSync(folder)) return folder;
  for (let n = 0; n < COURSES; n++) {
    const patientId = `P${String(n).padStart(2, '0')}`;
    const mm = sizeOf(n);
    await writePhantom(join(`${folder}.tmp`, patientId), { patientId, sliceMm: mm, doseMm: mm });
  }
  renameSync(`${folder}.tmp`, folder);
  return folder;
}

export const cohort: BenchCase = {
  name: 'cohort',
  title: `The main job on ${COURSES} courses, ${WORKERS} threads`,
  async prepare() {
    const root = await writeCohort();
    const run = (name: string, ...flags: string[]): Contender => ({
      name: `isovox, ${name}`,
      command: [process.execPath, join(contenders, 'isovox-cohort.mjs'), root, '--workers', String(WORKERS), ...flags],
    });
    return {
      data: 'Phantom patients, 5 large, 10 medium, 45 small; every stage, reports included; whole processes',
      contenders: [
        run('courses and structures'),
        run('the same in one process', '--isolation', 'none'),
        run('courses only', '--threads-per-course', '1'),
        // A budget below any estimate lets one course run at a time.
        run('structures only', '--memory', '1'),
      ],
    };
  },
  compare: (reference, other) =>
    Object.entries(reference).flatMap(([name, value]) =>
      other[name] === value ? [] : [`${name} ${other[name]}, not ${value}`],
    ),
};
