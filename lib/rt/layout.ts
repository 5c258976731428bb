/** The tree of results: the one place that knows what a file of a course is called. */

import path from 'node:path';

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Course, ImageSeries } from './model.js';
import { safeName, uidName } from './names.js';

/** Copies of the objects that are evaluated. */
export const PRIMARY_FILES = { plan: 'RP.dcm', dose: 'RD.dcm', structures: 'RS.dcm' } as const;

export const COURSE_FILES = {
  caseMetadata: 'metadata/case_metadata.json',
  course: 'metadata/course.json',
  links: 'metadata/links.json',
  fractions: 'metadata/fractions.json',
  image: 'metadata/image.json',
  dvh: 'metadata/dvh.json',
  doseSum: 'RD_sum.dcm',
  autoStructures: 'RS_auto.dcm',
  customStructures: 'RS_custom.dcm',
  croppedStructures: 'RS_auto_cropped.dcm',
  segmentation: 'metadata/segmentation.json',
  segmentationCustom: 'metadata/segmentation_custom.json',
  cropping: 'metadata/cropping_metadata.json',
  qcReport: 'qc_reports/qc_report.json',
} as const;

/** `<outdir>/<patient>/<course>`. Both names are safe: `patientId` and `courseId` never hold a separator. */
export function courseFolder(outdir: string, course: Pick<Course, 'patientId' | 'courseId'>): string {
  return path.join(outdir, safeName(course.patientId), safeName(course.courseId));
}

/** Modality as a folder name. */
function modalityName(modality: string): string {
  return /^[A-Z]{2,16}$/.test(modality) ? modality : 'OTHER';
}

/** The planning image as one file: `NIFTI/ct.nii.gz`, `NIFTI/mr.nii.gz`. */
export function planningNifti(modality: string): string {
  return `NIFTI/${modalityName(modality).toLowerCase()}.nii.gz`;
}

function objectName(record: HeaderRecord): string {
  return `${uidName(record.SOPInstanceUID ?? '')}.dcm`;
}

/** `DICOM/RTPLAN/<UID>.dcm`, by what the object is, not by what its Modality says. */
export function rtObjectFile(record: HeaderRecord): string {
  const folders = {
    rtplan: 'DICOM/RTPLAN',
    rtdose: 'DICOM/RTDOSE',
    rtstruct: 'DICOM/RTSTRUCT',
    rtrecord: 'DICOM/RTRECORD',
    reg: 'DICOM_related/REG',
  } as const;
  const folder = folders[record.kind as keyof typeof folders] ?? 'DICOM_related/OTHER';
  return `${folder}/${objectName(record)}`;
}

/** `DICOM/CT/<UID>.dcm`. */
export function planningImageFile(series: ImageSeries, slice: HeaderRecord): string {
  return `DICOM/${modalityName(series.Modality)}/${objectName(slice)}`;
}

/** `MR/<series>/DICOM/<UID>.dcm`; another CT goes to `DICOM_related/CT/<series>`. */
export function otherImageFile(series: ImageSeries, slice: HeaderRecord): string {
  const modality = modalityName(series.Modality);
  const uid = uidName(series.SeriesInstanceUID);
  return modality === 'MR' || modality === 'PT'
    ? `${modality}/${uid}/DICOM/${objectName(slice)}`
    : `DICOM_related/${modality}/${uid}/${objectName(slice)}`;
}

export interface CopyTask {
  readonly from: string;
  /** Below the course folder, forward slashes. */
  readonly to: string;
}

/** Every file of a course that is copied, sorted by target; each target once. */
export function copiesOf(course: Course, copyImages: boolean): CopyTask[] {
  const tasks = new Map<string, string>();
  const add = (to: string, record: HeaderRecord | undefined) => {
    if (record && !tasks.has(to)) tasks.set(to, record.path);
  };
  for (const record of [
    ...course.plans,
    ...course.doses,
    ...course.structures,
    ...course.records,
    ...course.registrations,
  ]) {
    add(rtObjectFile(record), record);
  }
  add(PRIMARY_FILES.plan, course.primaryPlan);
  add(PRIMARY_FILES.dose, course.doseChoice.doses[0]);
  add(PRIMARY_FILES.structures, course.primaryStructures);
  if (copyImages) {
    for (const slice of course.ct?.headers ?? []) add(planningImageFile(course.ct as ImageSeries, slice), slice);
    for (const series of course.otherImages)
      for (const slice of series.headers) add(otherImageFile(series, slice), slice);
  }
  return [...tasks].map(([to, from]) => ({ from, to })).sort((a, b) => (a.to < b.to ? -1 : 1));
}
