/** Objects of one patient into courses: one treatment, on one image study or in one frame of reference. */

import type { HeaderRecord } from '../native/dicom-types.js';
import { daysBetween, objectDate, oldestFirst } from './dates.js';
import type { AcrossFrames } from './dose-moves.js';
import { chooseDoses } from './dose-rules.js';
import { framesOf, type PatientLinks, type PatientObjects, uidOf } from './link.js';
import type { Course, Finding, ImageSeries } from './model.js';
import { compareText } from './names.js';
import { chooseImage, choosePlan, chooseStructures } from './primaries.js';
import { notAVolume } from './series.js';

export interface CourseOptions {
  readonly mergeCriteria: 'same_ct_study' | 'frame_of_reference';
  /** A course whose plans span more days is split. */
  readonly maxDays?: number | undefined;
  /** Which registrations may move doses of one course into one frame of reference. Default never. */
  readonly sumAcrossFrames?: AcrossFrames;
}

/** A course that has no folder name yet. */
export type DraftCourse = Omit<Course, 'patientId' | 'PatientID' | 'courseId'> & {
  /** YYYYMMDD, empty when no object has a date. */
  readonly date: string;
  /** Orders courses of one date. */
  readonly key: string;
};

interface Group {
  readonly key: string;
  readonly plans: HeaderRecord[];
  readonly doses: HeaderRecord[];
  readonly structures: HeaderRecord[];
  readonly records: HeaderRecord[];
  readonly findings: Finding[];
}

/** The courses of one patient, oldest first, and the series that belong to none. */
export function groupCourses(
  objects: PatientObjects,
  links: PatientLinks,
  options: CourseOptions,
): { drafts: DraftCourse[]; unusedSeries: ImageSeries[] } {
  const keys = new CourseKeys(links, objects, options.mergeCriteria);
  const groups = new Map<string, Group>();
  const groupOf = (key: string): Group => {
    let group = groups.get(key);
    if (!group) {
      group = { key, plans: [], doses: [], structures: [], records: [], findings: [] };
      groups.set(key, group);
    }
    return group;
  };
  for (const plan of objects.plans) groupOf(keys.ofPlan(plan)).plans.push(plan);
  for (const structures of objects.structures) groupOf(keys.ofStructures(structures)).structures.push(structures);
  for (const plan of objects.plans) {
    const structures = links.structuresOfPlan.get(uidOf(plan));
    const group = groupOf(keys.ofPlan(plan));
    if (structures && !group.structures.includes(structures)) group.structures.push(structures);
  }
  for (const dose of objects.doses) {
    const group = groupOf(keys.ofDose(dose));
    group.doses.push(dose);
    const plans = links.plansOfDose.get(uidOf(dose)) ?? [];
    if (plans.some((plan) => keys.ofPlan(plan) !== group.key)) {
      group.findings.push({
        code: 'dose.spans_courses',
        severity: 'warn',
        message: 'A dose refers to plans of several courses; it is with the first plan',
        context: { SOPInstanceUID: uidOf(dose) },
      });
    }
  }
  for (const record of objects.records) {
    const [plan] = links.plansOfRecord.get(uidOf(record)) ?? [];
    if (plan) groupOf(keys.ofPlan(plan)).records.push(record);
  }
  const parts = [...groups.values()].flatMap((group) => splitByDays(group, links, options.maxDays));
  const drafts = parts.map((group) => asCourse(group, objects, links, options));
  const used = new Set(drafts.flatMap(({ ct, otherImages }) => [...(ct ? [ct] : []), ...otherImages]));
  const unusedSeries: ImageSeries[] = [];
  for (const series of objects.series) {
    if (used.has(series)) continue;
    if (notAVolume(series)) unusedSeries.push(series);
    else drafts.push(imageCourse(series));
  }
  drafts.sort((a, b) => compareText(a.date || '~', b.date || '~') || compareText(a.key, b.key));
  return { drafts, unusedSeries };
}

/** The key of the course that an object belongs to (rtpipeline: the structure set's study, else the dose's, else the plan's). */
class CourseKeys {
  constructor(
    private readonly links: PatientLinks,
    private readonly objects: PatientObjects,
    private readonly criteria: CourseOptions['mergeCriteria'],
  ) {}

  ofStructures(structures: HeaderRecord): string {
    const image = this.links.imageOfStructures.get(uidOf(structures));
    if (image)
      return this.#key(image.FrameOfReferenceUID || framesOf(structures)[0], image.StudyInstanceUID, uidOf(structures));
    return this.#key(framesOf(structures)[0], structures.StudyInstanceUID, uidOf(structures));
  }

  ofPlan(plan: HeaderRecord): string {
    const structures = this.links.structuresOfPlan.get(uidOf(plan));
    if (structures) return this.ofStructures(structures);
    const dose = this.objects.doses.find((one) => this.links.plansOfDose.get(uidOf(one))?.includes(plan));
    return this.#key(
      plan.FrameOfReferenceUID ?? dose?.FrameOfReferenceUID,
      dose?.StudyInstanceUID ?? plan.StudyInstanceUID,
      uidOf(plan),
    );
  }

  ofDose(dose: HeaderRecord): string {
    const [plan] = [...(this.links.plansOfDose.get(uidOf(dose)) ?? [])].sort(oldestFirst);
    if (plan) return this.ofPlan(plan);
    const structures = this.links.structuresOfDose.get(uidOf(dose));
    if (structures) return this.ofStructures(structures);
    return this.#key(dose.FrameOfReferenceUID, dose.StudyInstanceUID, uidOf(dose));
  }

  #key(frame: string | undefined, study: string | undefined, uid: string): string {
    const first = this.criteria === 'frame_of_reference' ? frame && `frame:${frame}` : study && `study:${study}`;
    const second = this.criteria === 'frame_of_reference' ? study && `study:${study}` : frame && `frame:${frame}`;
    return first || second || `object:${uid}`;
  }
}

/** Plans more than `maxDays` after the earliest begin a new course, which is split in turn. Undated plans stay in the first. */
function splitByDays(group: Group, links: PatientLinks, maxDays: number | undefined): Group[] {
  if (maxDays === undefined) return [group];
  const dated = group.plans.filter(objectDate).sort(oldestFirst);
  const starts: string[] = [];
  for (const plan of dated) {
    const date = objectDate(plan) as string;
    const start = starts.at(-1);
    if (start === undefined || daysBetween(start, date) > maxDays) starts.push(date);
  }
  if (starts.length < 2) return [group];
  const indexOf = (record: HeaderRecord): number => {
    const date = objectDate(record);
    return date === undefined
      ? 0
      : Math.max(
          0,
          starts.findLastIndex((start) => start <= date),
        );
  };
  const parts: Group[] = starts.map((start, n) => ({
    key: n === 0 ? group.key : `${group.key}|${start}`,
    plans: [],
    doses: [],
    structures: [],
    records: [],
    findings: [
      ...group.findings,
      {
        code: 'course.split',
        severity: 'info',
        message: `The plans span more than ${maxDays} days; this is part ${n + 1} of ${starts.length}`,
      },
    ],
  }));
  const partOf = (plans: readonly HeaderRecord[], record: HeaderRecord): Group => {
    const [plan] = [...plans].sort(oldestFirst);
    return parts[indexOf(plan ?? record)] as Group;
  };
  for (const plan of group.plans) partOf([plan], plan).plans.push(plan);
  for (const dose of group.doses) partOf(links.plansOfDose.get(uidOf(dose)) ?? [], dose).doses.push(dose);
  for (const record of group.records) partOf(links.plansOfRecord.get(uidOf(record)) ?? [], record).records.push(record);
  for (const structures of group.structures) {
    const owners = parts.filter(
      ({ plans, doses }) =>
        plans.some((plan) => links.structuresOfPlan.get(uidOf(plan)) === structures) ||
        doses.some((dose) => links.structuresOfDose.get(uidOf(dose)) === structures),
    );
    for (const part of owners.length > 0 ? owners : [partOf([], structures)]) part.structures.push(structures);
  }
  return parts;
}

function asCourse(
  group: Group,
  objects: PatientObjects,
  links: PatientLinks,
  { sumAcrossFrames = 'never' }: CourseOptions,
): DraftCourse {
  const plans = [...group.plans].sort(oldestFirst);
  const doses = [...group.doses].sort(oldestFirst);
  const structures = [...group.structures].sort(oldestFirst);
  const records = [...group.records].sort(oldestFirst);
  const findings: Finding[] = [...group.findings];
  const decision = chooseDoses(
    doses,
    (dose) => (links.plansOfDose.get(uidOf(dose)) ?? []).filter((plan) => plans.includes(plan)),
    plans,
    { across: sumAcrossFrames, registrations: objects.registrations },
  );
  findings.push(...decision.findings);
  const primaryPlan = choosePlan(decision.plans, plans, findings);
  const primaryStructures = chooseStructures(structures, primaryPlan, decision.choice.doses, links, findings);
  const ct = chooseImage(primaryStructures, [...plans, ...doses], objects, links, findings);
  const frames = new Set(
    [
      ...(ct ? [ct.FrameOfReferenceUID] : []),
      ...structures.flatMap(framesOf),
      ...doses.flatMap(framesOf),
      ...plans.flatMap(framesOf),
    ].filter((frame) => frame !== ''),
  );
  const moving = new Set((decision.choice.moves ?? []).map((move) => move.registration));
  const registrations = objects.registrations.filter(
    (registration) =>
      moving.has(registration) ||
      (links.seriesOfRegistration.get(uidOf(registration)) ?? []).some(
        (series) => series === ct || frames.has(series.FrameOfReferenceUID),
      ),
  );
  const registered = new Set(
    registrations.flatMap((registration) => links.seriesOfRegistration.get(uidOf(registration)) ?? []),
  );
  const otherImages = objects.series
    .filter(
      (series) =>
        series !== ct && !notAVolume(series) && (registered.has(series) || frames.has(series.FrameOfReferenceUID)),
    )
    .sort((a, b) => compareText(a.SeriesInstanceUID, b.SeriesInstanceUID));
  const members = [...plans, ...doses, ...structures, ...records, ...registrations];
  const uids = new Set(members.map(uidOf));
  for (const record of members) findings.push(...headerFindings(record), ...(links.findings.get(uidOf(record)) ?? []));
  const bare = [...members, ...(ct?.headers ?? [])].filter((record) => record.no_meta).length;
  if (bare > 0) {
    findings.push({
      code: 'file.no_meta',
      severity: 'info',
      message: `${bare} file(s) have no preamble or file meta information; they were read all the same`,
      context: { count: bare },
    });
  }
  return {
    date: courseDate(plans, structures, doses, ct),
    key: group.key,
    ...(ct ? { ct } : {}),
    otherImages,
    plans,
    doses,
    structures,
    records,
    registrations,
    ...(primaryStructures ? { primaryStructures } : {}),
    ...(primaryPlan ? { primaryPlan } : {}),
    doseChoice: decision.choice,
    links: links.links.filter(({ from }) => uids.has(from)),
    findings,
  };
}

/** A series without radiotherapy objects is a course of its own: it has an image, and no dose. */
function imageCourse(ct: ImageSeries): DraftCourse {
  return {
    date: courseDate([], [], [], ct),
    key: `series:${ct.SeriesInstanceUID}`,
    ct,
    otherImages: [],
    plans: [],
    doses: [],
    structures: [],
    records: [],
    registrations: [],
    doseChoice: { doseClass: 'none', doses: [], sum: false, reason: 'The course has no dose' },
    links: [],
    findings: [
      { code: 'course.images_only', severity: 'info', message: 'No radiotherapy object belongs to this series' },
    ],
  };
}

function headerFindings(record: HeaderRecord): Finding[] {
  if (!record.modality_mismatch) return [];
  return [
    {
      code: 'header.modality_mismatch',
      severity: 'warn',
      message: `Modality says ${record.Modality ?? 'nothing'}, SOPClassUID says ${record.kind ?? 'other'}; the class is believed`,
      context: { SOPInstanceUID: uidOf(record) },
    },
  ];
}

/** The earliest plan's date; without one that of the structure sets, the doses, the image study. */
function courseDate(
  plans: readonly HeaderRecord[],
  structures: readonly HeaderRecord[],
  doses: readonly HeaderRecord[],
  ct: ImageSeries | undefined,
): string {
  for (const records of [plans, structures, doses, ct ? ct.headers.slice(0, 1) : []]) {
    const [earliest] = records
      .map(objectDate)
      .filter((date) => date !== undefined)
      .sort(compareText);
    if (earliest !== undefined) return earliest;
  }
  return '';
}

/** YYYY-MM of each course, with a number where a patient has several in a month; `0000-00` without any date. */
export function nameCourses(drafts: readonly DraftCourse[]): string[] {
  const seen = new Map<string, number>();
  return drafts.map(({ date }) => {
    const month = date === '' ? '0000-00' : `${date.slice(0, 4)}-${date.slice(4, 6)}`;
    const count = (seen.get(month) ?? 0) + 1;
    seen.set(month, count);
    return count === 1 ? month : `${month}_${count}`;
  });
}
