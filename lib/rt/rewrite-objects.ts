/**
 * RS.dcm and RD.dcm of a run with pseudonyms: written anew from contours and doses, so that they hold what Isovox writes
 * into every object, the pseudonym, and nothing else that the originals said of the patient.
 */

import { join } from 'node:path';

import { asIsovoxError } from '../errors.js';
import { derivedUid } from '../native/derived-uid.js';
import { readRtDose, readRtStruct, writeRtDose, writeRtStruct } from '../native/dicom.js';
import type { DicomIdentity, HeaderRecord } from '../native/dicom-types.js';
import { dispose } from '../native/volume.js';
import { DATA_FAULTS } from './data-faults.js';
import { relativeInput } from './input-path.js';
import { PRIMARY_FILES } from './layout.js';
import type { Course } from './model.js';
import { referencesTo } from './series.js';
import type { PartFailure, StageContext } from './stage.js';

/** What cannot be read is a failure of its own: the course has its other results without it. */
export async function rewriteObjects(stage: StageContext): Promise<PartFailure[]> {
  const { primaryStructures, doseChoice } = stage.course;
  const failures: PartFailure[] = [];
  for (const [original, rewrite] of [
    [primaryStructures, rewriteStructures],
    [doseChoice.doses[0], rewriteDose],
  ] as const) {
    if (original === undefined) continue;
    try {
      await rewrite(stage, original);
    } catch (thrown) {
      const { code, message } = asIsovoxError(thrown);
      if (!DATA_FAULTS.has(code)) throw thrown;
      failures.push({
        code,
        reason: message.replaceAll(original.path, relativeInput(stage.dicomRoot, original.path)),
      });
    }
  }
  return failures;
}

async function rewriteStructures({ course, folder, context, signal }: StageContext, original: HeaderRecord) {
  const { rois } = await readRtStruct({ path: original.path }, { context, signal });
  try {
    const { ct } = course;
    await writeRtStruct(
      {
        path: join(folder, PRIMARY_FILES.structures),
        identity: identityOf(course, original),
        roiSet: rois,
        ...(ct ? referencesTo(ct) : {}),
      },
      { context, signal },
    );
  } finally {
    dispose(rois);
  }
}

async function rewriteDose({ course, folder, context, signal }: StageContext, original: HeaderRecord) {
  const { dose } = await readRtDose({ path: original.path }, { context, signal });
  try {
    const { DoseSummationType, DoseType, ReferencedRTPlanUIDs } = original.rtdose ?? {};
    await writeRtDose(
      {
        path: join(folder, PRIMARY_FILES.dose),
        dose,
        identity: identityOf(course, original),
        bits: 32,
        ...(DoseSummationType ? { DoseSummationType } : {}),
        ...(DoseType ? { DoseType } : {}),
        ...(ReferencedRTPlanUIDs ? { referencedRTPlanUIDs: ReferencedRTPlanUIDs } : {}),
      },
      { context, signal },
    );
  } finally {
    dispose(dose);
  }
}

function identityOf(course: Course, original: HeaderRecord): DicomIdentity {
  const uid = original.SOPInstanceUID ?? '';
  return {
    PatientID: course.patientId,
    StudyInstanceUID: original.StudyInstanceUID ?? derivedUid('study', uid),
    SeriesInstanceUID: original.SeriesInstanceUID ?? derivedUid('series', uid),
    FrameOfReferenceUID: original.FrameOfReferenceUID ?? course.ct?.FrameOfReferenceUID ?? derivedUid('frame', uid),
    SOPInstanceUID: uid,
    ...(original.StudyDate ? { StudyDate: original.StudyDate } : {}),
  };
}
