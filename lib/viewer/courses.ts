/** The courses of an output folder, as its folders and their own files say; nothing outside the folder is looked at. */

import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { asIsovoxError } from '../errors.js';
import type { CheckStatus } from '../report/data.js';
import { COURSE_FILES } from '../rt/layout.js';
import { readJson } from '../rt/read-json.js';

export interface CourseEntry {
  /** Names of the two folders: what the file system says. */
  readonly patient: string;
  readonly course: string;
  readonly folder: string;
  /** What the objects say; the folder's name when they say nothing. */
  readonly patientId: string;
  readonly courseId: string;
  readonly qc: CheckStatus;
  readonly modality?: string;
  readonly slices?: number;
  readonly structures?: number;
  readonly rxGy?: number;
}

interface CourseJson {
  patient_id?: string;
  course_id?: string;
  image?: { Modality?: string; slices?: number };
  structures?: unknown[];
}

const STATUSES: readonly CheckStatus[] = ['PASS', 'WARNING', 'FAIL', 'ERROR'];

/** Folders of `path`, without those that are links or are hidden; none when it cannot be read. */
async function folders(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !/^[._]/.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (error.code === 'ERR_NOT_FOUND' || error.code === 'ERR_IO') return [];
    throw error;
  }
}

/** Sorted by patient and course. A folder is a course when Isovox has worked in it. */
export async function findCourses(outdir: string): Promise<CourseEntry[]> {
  const found: CourseEntry[] = [];
  for (const patient of await folders(outdir)) {
    for (const course of await folders(join(outdir, patient))) {
      const folder = join(outdir, patient, course);
      const facts = await readJson<CourseJson>(join(folder, COURSE_FILES.course));
      if (facts === undefined) continue;
      const qc = await readJson<{ overall?: CheckStatus }>(join(folder, COURSE_FILES.qcReport));
      const dvh = await readJson<{ rxGy?: number | null; rois?: unknown[] }>(join(folder, COURSE_FILES.dvh));
      found.push({
        patient,
        course,
        folder,
        patientId: String(facts.patient_id ?? patient),
        courseId: String(facts.course_id ?? course),
        qc: STATUSES.find((status) => status === qc?.overall) ?? 'SKIPPED',
        ...(facts.image?.Modality === undefined ? {} : { modality: String(facts.image.Modality) }),
        ...(typeof facts.image?.slices === 'number' ? { slices: facts.image.slices } : {}),
        ...(Array.isArray(dvh?.rois) ? { structures: dvh.rois.length } : {}),
        ...(typeof dvh?.rxGy === 'number' ? { rxGy: dvh.rxGy } : {}),
      });
    }
  }
  return found;
}

/** The real path of a file of a folder, when it is there and a link does not lead out of the folder. */
export async function fileWithin(folder: string, path: string): Promise<string | undefined> {
  try {
    const [real, root] = await Promise.all([realpath(join(folder, path)), realpath(folder)]);
    return real.startsWith(root + sep) ? real : undefined;
  } catch {
    return undefined;
  }
}
