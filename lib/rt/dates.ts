/** Dates of DICOM objects (VR DA) and the order that they give. */

import type { HeaderRecord } from '../native/dicom-types.js';
import { compareText } from './names.js';

/** `YYYYMMDD` when it is a date of the calendar; the older `YYYY.MM.DD` is accepted. */
export function validDate(text: string | undefined): string | undefined {
  const digits = text?.trim().replace(/^(\d{4})\.(\d{2})\.(\d{2})$/, '$1$2$3');
  if (digits === undefined || !/^\d{8}$/.test(digits)) return undefined;
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6, 8)].map(Number) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1000;
  return exists ? digits : undefined;
}

function first(...candidates: Array<string | undefined>): string | undefined {
  for (const candidate of candidates) {
    const date = validDate(candidate);
    if (date !== undefined) return date;
  }
  return undefined;
}

/** Days from `a` to `b`, both YYYYMMDD. */
export function daysBetween(a: string, b: string): number {
  const utc = (date: string) => Date.UTC(+date.slice(0, 4), +date.slice(4, 6) - 1, +date.slice(6, 8));
  return Math.round((utc(b) - utc(a)) / 86_400_000);
}

/** The date an object was made, as its own module says, else its series, else its study. */
export function objectDate(record: HeaderRecord): string | undefined {
  return first(
    record.rtplan?.RTPlanDate,
    record.rtstruct?.StructureSetDate,
    record.rtrecord?.TreatmentDate,
    record.ContentDate,
    record.SeriesDate,
    record.AcquisitionDate,
    record.StudyDate,
  );
}

/** Date and time for ordering; empty where there is no date. */
export function objectMoment(record: HeaderRecord): string {
  const date = objectDate(record);
  if (date === undefined) return '';
  const time =
    record.rtplan?.RTPlanTime ??
    record.rtstruct?.StructureSetTime ??
    record.rtrecord?.TreatmentTime ??
    record.ContentTime;
  return `${date}${(time ?? '').replace(/[^0-9]/g, '').slice(0, 6)}`;
}

/** Oldest first; undated objects last; the UID decides between equals. */
export function oldestFirst(a: HeaderRecord, b: HeaderRecord): number {
  return (
    compareText(objectMoment(a) || '~', objectMoment(b) || '~') ||
    compareText(a.SOPInstanceUID ?? '', b.SOPInstanceUID ?? '')
  );
}

/** Newest first; undated objects last; the UID decides between equals. */
export function newestFirst(a: HeaderRecord, b: HeaderRecord): number {
  return compareText(objectMoment(b), objectMoment(a)) || compareText(a.SOPInstanceUID ?? '', b.SOPInstanceUID ?? '');
}
