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

/** One long course, of 97 structures, and eight short ones: it alone is more than half of the work. */
async function writeMixed(): Promise<string> {
  const folder = join(cacheFolder, 'cohort-mixed');
  if (existsSync(folder)) return folder;
  const long = { patientId: 'LONG', sliceMm: 1, doseMm: 2, structuresTimes: 16 };
  await writePhantom(join(`${folder}.tmp`, 'LONG'), long);
  for (let n = 0; n < 8; n++) {
    const patientId = `SHORT${n}`;
    await writePhantom(join(`${folder}.tmp`, patientId), { patientId, sliceMm: 8, doseMm: 8 });
  }
  renameSync(`${folder}.tmp`, folder);
  return folder;
}

/** Both levels, and what there is with one of them alone. */
function schedules(root: string): Contender[] {
  const run = (name: string, ...flags: string[]): Contender => ({
    name: `isovox, ${name}`,
    command: [process.execPath, join(contenders, 'isovox-cohort.mjs'), root, '--workers', String(WORKERS), ...flags],
    cores: WORKERS,
  });
  return [
    run('courses and structures'),
    run('the same in one process', '--isolation', 'none'),
    run('courses only', '--threads-per-course', '1'),
    run('structures only', '--courses-at-once', '1'),
  ];
}

const sameTables: BenchCase['compare'] = (reference, other) =>
  Object.entries(reference).flatMap(([name, value]) =>
    other[name] === value ? [] : [`${name} ${other[name]}, not ${value}`],
  );

export const cohort: BenchCase = {
  name: 'cohort',
  title: `The main job on ${COURSES} courses, ${WORKERS} threads`,
  async prepare() {
    return {
      data: 'Phantom patients, 5 large, 10 medium, 45 small; every stage, reports included; whole processes; inversions: courses that were started before a larger one',
      contenders: schedules(await writeCohort()),
    };
  },
  compare: sameTables,
};

export const cohortMixed: BenchCase = {
  name: 'cohort-mixed',
  title: `The main job on one long course and eight short ones, ${WORKERS} threads`,
  async prepare() {
    return {
      data: 'Phantom patients, one of 120 slices and 97 structures, eight of 15 slices and 7; every stage; whole processes',
      contenders: schedules(await writeMixed()),
    };
  },
  compare: sameTables,
};
