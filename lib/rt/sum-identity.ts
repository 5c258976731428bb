/** The identity of a summed dose: UIDs made from its sources, so that the same sources give the same object. */

import { derivedUid } from '../native/derived-uid.js';
import type { DicomIdentity, HeaderRecord } from '../native/dicom-types.js';
import type { Course } from './model.js';

export function sumIdentity(course: Course, reference: HeaderRecord): DicomIdentity {
  const { doses, moves = [] } = course.doseChoice;
  const sources = [...doses, ...moves.map(({ registration }) => registration)].map((one) => one.SOPInstanceUID ?? '');
  return {
    PatientID: course.patientId,
    StudyInstanceUID: reference.StudyInstanceUID ?? derivedUid('study', ...sources),
    SeriesInstanceUID: derivedUid('dose sum series', ...sources),
    FrameOfReferenceUID: reference.FrameOfReferenceUID ?? derivedUid('frame', ...sources),
    SOPInstanceUID: derivedUid('dose sum', ...sources),
    SeriesDescription: 'Sum of doses',
    ...(reference.StudyDate ? { StudyDate: reference.StudyDate } : {}),
  };
}
