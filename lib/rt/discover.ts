/** From a folder of files to courses: inventory, links, grouping, names. */

import { scanHeaders } from '../native/dicom.js';
import type { HeaderRecord } from '../native/dicom-types.js';
import type { Context } from '../runtime/context.js';
import { groupCourses, nameCourses } from './courses.js';
import { disguise } from './disguise.js';
import { inputRoot } from './input-path.js';
import { type HeaderScanner, patientIdOf, patientKeyOf, patientNameOf, takeInventory } from './inventory.js';
import { linkPatient, type PatientObjects } from './link.js';
import type { Course, Finding, Refusal } from './model.js';
import { compareText, distinctNames } from './names.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { RunConfig } from './run-config.js';
import { groupSeries, notAVolume } from './series.js';

export interface DiscoverOptions {
  /** A folder, or `s3://bucket/prefix`. */
  readonly dicomRoot: string;
  readonly config: RunConfig;
  readonly context?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Folders inside the input not to enter: the output folder. */
  readonly exclude?: readonly string[];
  /** Who is who, and the folder of links that hide where files lie: courses carry pseudonyms. */
  readonly disguise?: { readonly pseudonyms: Pseudonyms; readonly links: string } | undefined;
  /** Reads headers; the native scanner unless a test gives its own. */
  readonly scan?: HeaderScanner;
}

export interface Discovery {
  /** The folder below which the files are named. */
  readonly root: string;
  /** By patient, oldest first. */
  readonly courses: readonly Course[];
  /** Files that take no part, by path. */
  readonly refusals: readonly Refusal[];
  /** What is to be said about the input as a whole. */
  readonly findings: readonly Finding[];
}

/** Reads every header once and makes courses of what is there. Throws only when `dicomRoot` itself cannot be read. */
export async function discoverCourses(options: DiscoverOptions): Promise<Discovery> {
  const { config, context, signal } = options;
  const root = inputRoot(options.dicomRoot);
  const scan: HeaderScanner = options.scan ?? ((paths) => scanHeaders({ paths: [...paths] }, { context, signal }));
  const inventory = await takeInventory(root, {
    scan,
    context,
    signal,
    exclude: options.exclude,
    onProgress: options.onProgress,
  });
  if (options.disguise === undefined) return arrange(root, inventory.objects, config, inventory);
  const { pseudonyms, links } = options.disguise;
  const hidden = await disguise(inventory, root, links, pseudonyms);
  return arrange(links, hidden.objects, config, hidden);
}

/** The courses of objects that have been read. */
export function arrange(
  root: string,
  objects: readonly HeaderRecord[],
  config: RunConfig,
  before: { refusals: readonly Refusal[]; findings: readonly Finding[] } = { refusals: [], findings: [] },
): Discovery {
  const refusals = [...before.refusals];
  const findings = [...before.findings];
  const courses: Course[] = [];
  const byPatient = new Map<string, HeaderRecord[]>();
  for (const object of objects) {
    const key = patientKeyOf(object);
    const list = byPatient.get(key);
    if (list) list.push(object);
    else byPatient.set(key, [object]);
  }
  const keys = [...byPatient.keys()].sort(compareText);
  const folders = distinctNames(new Map(keys.map((key) => [key, patientNameOf(key)])));
  const owners = ownersOf(objects);
  for (const key of keys) {
    const records = byPatient.get(key) ?? [];
    const {
      series,
      refusals: mixed,
      findings: seriesFindings,
    } = groupSeries(records.filter(({ kind }) => kind === 'image'));
    refusals.push(...mixed);
    const patient: PatientObjects = {
      series,
      structures: records.filter(({ kind }) => kind === 'rtstruct'),
      plans: records.filter(({ kind }) => kind === 'rtplan'),
      doses: records.filter(({ kind }) => kind === 'rtdose'),
      records: records.filter(({ kind }) => kind === 'rtrecord'),
      registrations: records.filter(({ kind }) => kind === 'reg'),
    };
    const isElsewhere = (uid: string) => [...(owners.get(uid) ?? [])].some((owner) => owner !== key);
    const links = linkPatient(root, patient, isElsewhere);
    const { drafts, unusedSeries } = groupCourses(patient, links, config.organize);
    const names = nameCourses(drafts);
    const PatientID = patientIdOf(records[0] as HeaderRecord);
    drafts.forEach(({ date: _date, key: _key, ...draft }, n) => {
      courses.push({
        patientId: folders.get(key) ?? patientNameOf(key),
        PatientID,
        courseId: names[n] ?? '0000-00',
        ...draft,
        findings: [...draft.findings, ...(draft.ct ? (seriesFindings.get(draft.ct.SeriesInstanceUID) ?? []) : [])],
      });
    });
    for (const one of unusedSeries) {
      const reason = notAVolume(one) ?? 'The series belongs to no course';
      for (const header of one.headers)
        refusals.push({ path: header.path, code: 'series.no_course', reason, severity: 'info' });
    }
    refusals.push(...objectsOfNoCourse(records, patient, links, drafts));
  }
  refusals.sort((a, b) => compareText(a.path, b.path) || compareText(a.code, b.code));
  return { root, courses, refusals, findings };
}

/** Treatment records and registrations without a course, and kinds of objects that courses do not use. */
function objectsOfNoCourse(
  records: readonly HeaderRecord[],
  patient: PatientObjects,
  links: ReturnType<typeof linkPatient>,
  drafts: ReadonlyArray<Pick<Course, 'records' | 'registrations'>>,
): Refusal[] {
  const taken = new Set(drafts.flatMap((draft) => [...draft.records, ...draft.registrations]));
  const orphans = [...patient.records, ...patient.registrations]
    .filter((record) => !taken.has(record))
    .map((record): Refusal => {
      const [finding] = links.findings.get(record.SOPInstanceUID ?? '') ?? [];
      const what = record.kind === 'rtrecord' ? 'record' : 'registration';
      return {
        path: record.path,
        code: `link.orphan_${what}`,
        reason: finding?.message ?? `No course has what this ${what} refers to`,
        severity: 'warn',
      };
    });
  const others = records
    .filter(({ kind }) => kind === 'seg' || kind === 'other' || kind === undefined)
    .map(
      ({ path: file, kind, SOPClassUID }): Refusal => ({
        path: file,
        code: 'object.no_course',
        reason:
          kind === 'seg'
            ? 'Segmentation objects take no part in courses'
            : `Objects of class ${SOPClassUID ?? 'unknown'} take no part in courses`,
        severity: 'info',
      }),
    );
  return [...orphans, ...others];
}

function ownersOf(objects: readonly HeaderRecord[]): Map<string, Set<string>> {
  const owners = new Map<string, Set<string>>();
  for (const object of objects) {
    const key = patientKeyOf(object);
    for (const uid of [object.SOPInstanceUID, object.kind === 'image' ? object.SeriesInstanceUID : undefined]) {
      if (uid === undefined) continue;
      const set = owners.get(uid);
      if (set) set.add(key);
      else owners.set(uid, new Set([key]));
    }
  }
  return owners;
}
