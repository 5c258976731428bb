/** Treatment records as fractions: one row per plan and delivered fraction. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Column, Row } from '../table/table.js';
import { validDate } from './dates.js';
import type { Course } from './model.js';
import { compareText } from './names.js';

export const FRACTIONS_COLUMNS: readonly Column[] = [
  { name: 'patient_id', type: 'string', unit: '', definition: 'PatientID (0010,0020), made safe as a folder name' },
  { name: 'course_id', type: 'string', unit: '', definition: 'Course folder' },
  { name: 'treatment_date', type: 'string', unit: '', definition: 'TreatmentDate (3008,0250), YYYYMMDD' },
  {
    name: 'treatment_time',
    type: 'string',
    unit: '',
    definition: 'TreatmentTime (3008,0251) of the first record merged, HHMMSS',
  },
  { name: 'plan_sop_instance_uid', type: 'string', unit: '', definition: 'SOPInstanceUID of the treated plan' },
  { name: 'plan_label', type: 'string', unit: '', definition: 'RTPlanLabel (300A,0002) of the treated plan' },
  {
    name: 'fraction_number',
    type: 'int',
    unit: '',
    definition: 'CurrentFractionNumber (3008,0022) of the record, else the rank of the date among those of the plan',
  },
  { name: 'fraction_number_source', type: 'string', unit: '', definition: 'record or date_rank' },
  { name: 'fractions_planned', type: 'int', unit: '', definition: 'NumberOfFractionsPlanned (300A,0078)' },
  { name: 'machine', type: 'string', unit: '', definition: 'TreatmentMachineName (300A,00B2); several separated by |' },
  {
    name: 'delivered_dose_gy',
    type: 'float',
    unit: 'Gy',
    definition: 'Delivered dose stated in the records, summed over those merged; empty when none states one',
  },
  {
    name: 'delivered_meterset',
    type: 'float',
    unit: 'MU',
    definition: 'DeliveredPrimaryMeterset (3008,0036) summed over beams and merged records',
  },
  {
    name: 'specified_meterset',
    type: 'float',
    unit: 'MU',
    definition: 'SpecifiedPrimaryMeterset (3008,0032) summed over beams and merged records',
  },
  { name: 'beams', type: 'int', unit: '', definition: 'Beams recorded' },
  {
    name: 'termination_status',
    type: 'string',
    unit: '',
    definition: 'TreatmentTerminationStatus (3008,002A) of the beams, each once, separated by |',
  },
  { name: 'merged_records', type: 'int', unit: '', definition: 'Treatment records that make this row' },
  {
    name: 'record_sop_instance_uids',
    type: 'string',
    unit: '',
    definition: 'SOPInstanceUIDs of those records, separated by |',
  },
];

interface Session {
  readonly plan: string;
  readonly date: string;
  readonly number: number | undefined;
  readonly records: HeaderRecord[];
}

const distinct = (values: ReadonlyArray<string | undefined>): string =>
  [...new Set(values.filter((value) => value !== undefined && value !== ''))].sort().join('|');

const total = (values: ReadonlyArray<number | undefined>): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
};

function recordedNumber(record: HeaderRecord): number | undefined {
  const own = record.rtrecord?.CurrentFractionNumber;
  if (own !== undefined && own > 0) return own;
  const ofBeams = (record.rtrecord?.beams ?? [])
    .map((beam) => beam.CurrentFractionNumber)
    .filter((n) => n !== undefined && n > 0);
  return ofBeams.length > 0 ? Math.max(...(ofBeams as number[])) : undefined;
}

/** Records of one plan, date and fraction number are one fraction: some systems write a record for every beam. */
export function fractionRows(course: Course): Row[] {
  const sessions = new Map<string, Session>();
  for (const record of course.records) {
    const linked = course.links.find(({ kind, from }) => kind === 'record-plan' && from === record.SOPInstanceUID)?.to;
    const plan = linked ?? record.rtrecord?.ReferencedRTPlanUIDs[0] ?? '';
    const date = validDate(record.rtrecord?.TreatmentDate) ?? '';
    const number = recordedNumber(record);
    const key = JSON.stringify([plan, date, number]);
    const session = sessions.get(key);
    if (session) session.records.push(record);
    else sessions.set(key, { plan, date, number, records: [record] });
  }
  const dates = new Map<string, string[]>();
  for (const { plan, date } of sessions.values()) {
    const list = dates.get(plan) ?? [];
    if (date !== '' && !list.includes(date)) list.push(date);
    dates.set(plan, list.sort(compareText));
  }
  return [...sessions.values()]
    .map((session) => fractionRow(course, session, dates.get(session.plan) ?? []))
    .sort(
      (a, b) =>
        compareText(String(a.treatment_date), String(b.treatment_date)) ||
        Number(a.fraction_number ?? 0) - Number(b.fraction_number ?? 0) ||
        compareText(String(a.treatment_time), String(b.treatment_time)) ||
        compareText(String(a.plan_sop_instance_uid), String(b.plan_sop_instance_uid)),
    );
}

function fractionRow(course: Course, { plan, date, number, records }: Session, dates: readonly string[]): Row {
  const contents = records.map((record) => record.rtrecord);
  const beams = contents.flatMap((content) => content?.beams ?? []);
  const rank = dates.indexOf(date) + 1;
  const planned = course.plans.find((one) => one.SOPInstanceUID === plan)?.rtplan;
  const times = contents
    .map((content) => (content?.TreatmentTime ?? '').replace(/[^0-9]/g, '').slice(0, 6))
    .filter(Boolean);
  return {
    patient_id: course.patientId,
    course_id: course.courseId,
    treatment_date: date,
    treatment_time: times.sort(compareText)[0] ?? '',
    plan_sop_instance_uid: plan,
    plan_label: planned?.RTPlanLabel ?? '',
    fraction_number: number ?? (rank > 0 ? rank : null),
    fraction_number_source: number !== undefined ? 'record' : rank > 0 ? 'date_rank' : '',
    fractions_planned:
      contents.find((content) => content?.NumberOfFractionsPlanned)?.NumberOfFractionsPlanned ??
      total((planned?.fraction_groups ?? []).map((group) => group.NumberOfFractionsPlanned)) ??
      null,
    machine: distinct(contents.map((content) => content?.TreatmentMachineName)),
    delivered_dose_gy: total(contents.map((content) => content?.delivered_dose_gy)) ?? null,
    delivered_meterset: total(contents.map((content) => content?.delivered_meterset)) ?? null,
    specified_meterset: total(beams.map((beam) => beam.SpecifiedPrimaryMeterset)) ?? null,
    beams: beams.length,
    termination_status: distinct(beams.map((beam) => beam.TreatmentTerminationStatus)),
    merged_records: records.length,
    record_sop_instance_uids: distinct(records.map((record) => record.SOPInstanceUID)),
  };
}
