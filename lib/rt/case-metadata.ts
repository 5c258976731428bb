/** case_metadata: what is known of a course without looking at voxels. Never a name, never a birth date. */

import type { Cell, Column, Row } from '../table/table.js';
import { count, distinct, equipment, type Facts, type Field, joined, number, text } from './case-field.js';
import { DOSE_FIELDS, PLAN_FIELDS, STRUCTURES_FIELDS, TREATMENT_FIELDS } from './case-treatment.js';
import { objectDate } from './dates.js';
import { fractionRows } from './fractions.js';
import type { Course } from './model.js';
import { prescriptionOf } from './prescription.js';
import type { RunConfig } from './run-config.js';
import { sliceCount } from './series.js';
import { slicePositionsMm } from './slice-geometry.js';

const COURSE_FIELDS: readonly Field[] = [
  text('patient_id', 'PatientID (0010,0020), made safe as a folder name', ({ course }) => course.patientId),
  text('course_id', 'Course folder: year and month of the earliest plan', ({ course }) => course.courseId),
  text('PatientID', 'PatientID (0010,0020) as in the files', ({ course }) => course.PatientID),
  text('patient_sex', 'PatientSex (0010,0040)', ({ course }) => first(course, 'PatientSex')),
  text('patient_age', 'PatientAge (0010,1010)', ({ course }) => first(course, 'PatientAge')),
  text(
    'study_instance_uid',
    'StudyInstanceUID (0020,000D) of the planning image, else of the first object',
    ({ course, image }) => image?.StudyInstanceUID ?? first(course, 'StudyInstanceUID'),
  ),
  text('study_date', 'StudyDate (0008,0020)', ({ course, image }) => image?.StudyDate ?? first(course, 'StudyDate')),
  text(
    'study_description',
    'StudyDescription (0008,1030)',
    ({ course, image }) => image?.StudyDescription ?? first(course, 'StudyDescription'),
  ),
  text(
    'course_start_date',
    'Date of the earliest plan',
    ({ course }) =>
      course.plans
        .map(objectDate)
        .filter((date) => date !== undefined)
        .sort()[0],
  ),
  text(
    'frames_of_reference',
    'FrameOfReferenceUIDs of image, structures, plans and doses, separated by |',
    ({ course }) =>
      distinct([
        course.ct?.FrameOfReferenceUID,
        ...[...course.structures, ...course.plans, ...course.doses].map((one) => one.FrameOfReferenceUID),
      ]),
  ),
  count('plan_count', 'Plans', ({ course }) => course.plans.length),
  count('dose_count', 'Dose objects', ({ course }) => course.doses.length),
  count('structure_set_count', 'Structure sets', ({ course }) => course.structures.length),
  count('record_count', 'Treatment records', ({ course }) => course.records.length),
  count('registration_count', 'Spatial registrations', ({ course }) => course.registrations.length),
  count('other_image_count', 'Image series beside the planning image', ({ course }) => course.otherImages.length),
  text('other_image_modalities', 'Their modalities, separated by |', ({ course }) =>
    distinct(course.otherImages.map((one) => one.Modality)),
  ),
  count('link_count', 'Links between objects', ({ course }) => course.links.length),
  count(
    'links_by_frame',
    'Of these, links made by frame of reference instead of by reference',
    ({ course }) => course.links.filter(({ rule }) => rule === 'FrameOfReferenceUID').length,
  ),
  count(
    'findings_warn',
    'Findings of severity warn when the course was made',
    ({ course }) => course.findings.filter(({ severity }) => severity === 'warn').length,
  ),
  count(
    'findings_fail',
    'Findings of severity fail when the course was made',
    ({ course }) => course.findings.filter(({ severity }) => severity === 'fail').length,
  ),
];

const IMAGE_FIELDS: readonly Field[] = [
  text('image_modality', 'Modality (0008,0060) of the planning image', ({ course }) => course.ct?.Modality),
  text('image_series_instance_uid', 'SeriesInstanceUID (0020,000E)', ({ course }) => course.ct?.SeriesInstanceUID),
  text(
    'image_frame_of_reference_uid',
    'FrameOfReferenceUID (0020,0052)',
    ({ course }) => course.ct?.FrameOfReferenceUID,
  ),
  text('image_series_description', 'SeriesDescription (0008,103E)', ({ image }) => image?.SeriesDescription),
  count('image_series_number', 'SeriesNumber (0020,0011)', ({ image }) => image?.SeriesNumber),
  text('image_series_date', 'SeriesDate (0008,0021)', ({ image }) => image?.SeriesDate),
  text('image_acquisition_date', 'AcquisitionDate (0008,0022)', ({ image }) => image?.AcquisitionDate),
  text('image_type', 'ImageType (0008,0008)', ({ image }) => joined(image?.ImageType ?? [])),
  ...equipment('image', ({ image }) => image, 'the planning image'),
  text('image_station', 'StationName (0008,1010)', ({ image }) => image?.StationName),
  text('image_protocol', 'ProtocolName (0018,1030)', ({ image }) => image?.ProtocolName),
  text('image_body_part', 'BodyPartExamined (0018,0015)', ({ image }) => image?.BodyPartExamined),
  text('image_patient_position', 'PatientPosition (0018,5100)', ({ image }) => image?.PatientPosition),
  text('image_transfer_syntax_uid', 'TransferSyntaxUID (0002,0010)', ({ image }) => image?.TransferSyntaxUID),
  count('image_slices', 'Slices, counting frames', ({ course }) => (course.ct ? sliceCount(course.ct) : undefined)),
  count('image_rows', 'Rows (0028,0010)', ({ image }) => image?.Rows),
  count('image_columns', 'Columns (0028,0011)', ({ image }) => image?.Columns),
  number(
    'image_pixel_spacing_row_mm',
    'mm',
    'PixelSpacing (0028,0030), between rows',
    ({ image }) => image?.PixelSpacing?.[0],
  ),
  number(
    'image_pixel_spacing_column_mm',
    'mm',
    'PixelSpacing (0028,0030), between columns',
    ({ image }) => image?.PixelSpacing?.[1],
  ),
  number(
    'image_slice_thickness_mm',
    'mm',
    'SliceThickness (0018,0050) of the first slice',
    ({ image }) => image?.SliceThickness,
  ),
  number(
    'image_slice_spacing_mm',
    'mm',
    'Median distance of neighbouring slices along their normal',
    ({ positionsMm }) => medianStep(positionsMm),
  ),
  number('image_extent_mm', 'mm', 'Distance of the first slice from the last', ({ positionsMm }) =>
    positionsMm.length > 1 ? (positionsMm.at(-1) as number) - (positionsMm[0] as number) : undefined,
  ),
  number('image_gantry_tilt_deg', 'deg', 'GantryDetectorTilt (0018,1120)', ({ image }) => image?.GantryDetectorTilt),
  count('image_bits_stored', 'BitsStored (0028,0101)', ({ image }) => image?.BitsStored),
  number('image_rescale_slope', '', 'RescaleSlope (0028,1053) of the first slice', ({ image }) => image?.RescaleSlope),
  number(
    'image_rescale_intercept',
    '',
    'RescaleIntercept (0028,1052) of the first slice',
    ({ image }) => image?.RescaleIntercept,
  ),
  number('image_kvp', 'kV', 'KVP (0018,0060)', ({ image }) => image?.KVP),
  text('image_kernel', 'ConvolutionKernel (0018,1210)', ({ image }) => joined(image?.ConvolutionKernel ?? [])),
  text('image_contrast_agent', 'ContrastBolusAgent (0018,0010)', ({ image }) => image?.ContrastBolusAgent),
];

const FIELDS: readonly Field[] = [
  ...COURSE_FIELDS,
  ...IMAGE_FIELDS,
  ...PLAN_FIELDS,
  ...STRUCTURES_FIELDS,
  ...DOSE_FIELDS,
  ...TREATMENT_FIELDS,
];

export const CASE_METADATA_COLUMNS: readonly Column[] = FIELDS.map(({ name, type, unit, definition }) => ({
  name,
  type,
  unit,
  definition,
}));

/** The row of one course. */
export function caseMetadataRow(course: Course, config: RunConfig): Row {
  const facts: Facts = {
    course,
    image: course.ct?.headers[0],
    plan: course.primaryPlan,
    structures: course.primaryStructures,
    dose: course.doseChoice.doses[0],
    prescription: prescriptionOf(course, config),
    fractions: fractionRows(course),
    positionsMm: slicePositionsMm(course.ct?.headers ?? []),
  };
  const cell = (value: Cell | undefined): Cell =>
    value === undefined || value === '' || Number.isNaN(value) ? null : value;
  return Object.fromEntries(FIELDS.map((field) => [field.name, cell(field.value(facts))]));
}

function first(
  course: Course,
  key: 'PatientSex' | 'PatientAge' | 'StudyInstanceUID' | 'StudyDate' | 'StudyDescription',
) {
  const records = [...(course.ct?.headers.slice(0, 1) ?? []), ...course.structures, ...course.plans, ...course.doses];
  return records.map((record) => record[key]).find((value) => value !== undefined && value !== '');
}

function medianStep(positions: readonly number[]): number | undefined {
  const steps = positions
    .slice(1)
    .map((mm, n) => mm - (positions[n] as number))
    .sort((a, b) => a - b);
  return steps.length === 0 ? undefined : Math.round((steps[Math.floor(steps.length / 2)] as number) * 1e6) / 1e6;
}
