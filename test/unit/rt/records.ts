/** Header records as a scan of well-formed files gives them; a test changes what it is about. */

import type { HeaderRecord, RtDoseHeader, RtPlanHeader, RtStructHeader } from '../../../lib/native/dicom-types.js';
import { runConfigSchema } from '../../../lib/rt/run-config.js';

export const ROOT = '/in';
export const config = runConfigSchema.parse({});

const base = (path: string): HeaderRecord => ({
  path: `${ROOT}/${path}`,
  size: 1000,
  status: 'dicom',
  PatientID: 'P1',
  StudyInstanceUID: '1.1',
  StudyDate: '20200101',
  FrameOfReferenceUID: '1.9',
});

export function image(n: number, change: Partial<HeaderRecord> = {}): HeaderRecord {
  const series = change.SeriesInstanceUID ?? '1.2';
  return {
    ...base(`ct/${series}/${String(n).padStart(3, '0')}.dcm`),
    kind: 'image',
    Modality: 'CT',
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SOPInstanceUID: `${series}.${n}`,
    SeriesInstanceUID: series,
    Rows: 64,
    Columns: 64,
    PixelSpacing: [1, 1],
    SliceThickness: 3,
    ImagePositionPatient: [0, 0, 3 * n],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    InstanceNumber: n,
    RescaleSlope: 1,
    RescaleIntercept: -1024,
    ...change,
  };
}

export const series = (count: number, change: Partial<HeaderRecord> = {}): HeaderRecord[] =>
  Array.from({ length: count }, (_, n) => image(n + 1, change));

export function structures(
  uid: string,
  content: Partial<RtStructHeader> = {},
  change: Partial<HeaderRecord> = {},
): HeaderRecord {
  return {
    ...base(`rs-${uid}.dcm`),
    kind: 'rtstruct',
    Modality: 'RTSTRUCT',
    SOPInstanceUID: uid,
    SeriesInstanceUID: `${uid}.0`,
    rtstruct: {
      StructureSetLabel: 'SS',
      StructureSetDate: '20200103',
      rois: [{ ROINumber: 1, ROIName: 'PTV' }],
      ReferencedFrameOfReferenceUIDs: ['1.9'],
      ReferencedStudyUIDs: ['1.1'],
      ReferencedSeriesUIDs: ['1.2'],
      ReferencedSOPInstanceUIDs: [],
      ...content,
    },
    ...change,
  };
}

export function plan(
  uid: string,
  content: Partial<RtPlanHeader> = {},
  change: Partial<HeaderRecord> = {},
): HeaderRecord {
  return {
    ...base(`rp-${uid}.dcm`),
    kind: 'rtplan',
    Modality: 'RTPLAN',
    SOPInstanceUID: uid,
    SeriesInstanceUID: `${uid}.0`,
    rtplan: {
      RTPlanLabel: 'prostate',
      RTPlanDate: '20200105',
      RTPlanGeometry: 'PATIENT',
      ApprovalStatus: 'APPROVED',
      ReferencedStructureSetUIDs: ['3.1'],
      ReferencedDoseUIDs: [],
      ReferencedRTPlanUIDs: [],
      dose_references: [
        { DoseReferenceType: 'TARGET', DoseReferenceStructureType: 'VOLUME', TargetPrescriptionDose: 50 },
      ],
      fraction_groups: [
        {
          FractionGroupNumber: 1,
          NumberOfFractionsPlanned: 25,
          NumberOfBeams: 2,
          beams: [
            { ReferencedBeamNumber: 1, BeamDose: 1, BeamMeterset: 100 },
            { ReferencedBeamNumber: 2, BeamDose: 1, BeamMeterset: 100 },
          ],
        },
      ],
      beams: [
        { BeamNumber: 1, BeamName: 'A', TreatmentDeliveryType: 'TREATMENT' },
        { BeamNumber: 2, BeamName: 'B', TreatmentDeliveryType: 'TREATMENT' },
      ],
      ...content,
    },
    ...change,
  };
}

export function dose(
  uid: string,
  content: Partial<RtDoseHeader> = {},
  change: Partial<HeaderRecord> = {},
): HeaderRecord {
  return {
    ...base(`rd-${uid}.dcm`),
    kind: 'rtdose',
    Modality: 'RTDOSE',
    SOPInstanceUID: uid,
    SeriesInstanceUID: `${uid}.0`,
    Rows: 20,
    Columns: 20,
    NumberOfFrames: 10,
    PixelSpacing: [3, 3],
    ImagePositionPatient: [0, 0, 0],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    pixel_data_bytes: 16000,
    rtdose: {
      DoseUnits: 'GY',
      DoseType: 'PHYSICAL',
      DoseSummationType: 'PLAN',
      DoseGridScaling: 0.001,
      frame_offsets: { count: 10, first: 0, last: 27, step: 3 },
      has_dvh: false,
      ReferencedRTPlanUIDs: ['4.1'],
      ReferencedFractionGroupNumbers: [],
      ReferencedBeamNumbers: [],
      ReferencedStructureSetUIDs: [],
      ...content,
    },
    ...change,
  };
}

export function record(
  uid: string,
  change: Partial<HeaderRecord> & { on?: string; fraction?: number; plan?: string } = {},
): HeaderRecord {
  const { on = '20200110', fraction, plan: planUid = '4.1', ...rest } = change;
  return {
    ...base(`rt-${uid}.dcm`),
    kind: 'rtrecord',
    Modality: 'RTRECORD',
    SOPInstanceUID: uid,
    rtrecord: {
      TreatmentDate: on,
      TreatmentTime: '101500.00',
      TreatmentMachineName: 'LINAC1',
      ReferencedRTPlanUIDs: [planUid],
      delivered_meterset: 100,
      ...(fraction === undefined ? {} : { CurrentFractionNumber: fraction }),
      beams: [
        {
          ReferencedBeamNumber: 1,
          DeliveredPrimaryMeterset: 100,
          SpecifiedPrimaryMeterset: 100,
          TreatmentTerminationStatus: 'NORMAL',
        },
      ],
    },
    ...rest,
  };
}
