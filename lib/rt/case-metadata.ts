/** case_metadata: what is known of a course without looking at voxels. Never a name, never a birth date. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Cell, Column, Row } from '../table/table.js';
import { daysBetween, objectDate, validDate } from './dates.js';
import { fractionRows } from './fractions.js';
import type { Course } from './model.js';
import { type Prescription, prescriptionOf } from './prescription.js';
import type { RunConfig } from './run-config.js';
import { sliceCount } from './series.js';
import { slicePositionsMm } from './slice-geometry.js';

interface Facts {
  readonly course: Course;
  readonly image: HeaderRecord | undefined;
  readonly plan: HeaderRecord | undefined;
  readonly structures: HeaderRecord | undefined;
  readonly dose: HeaderRecord | undefined;
  readonly prescription: Prescription;
  readonly fractions: readonly Row[];
  /** Distances of the slices along their normal, ascending, mm. */
  readonly positionsMm: readonly number[];
}

interface Field extends Column {
  value(facts: Facts): Cell | undefined;
}

type Value = Field['value'];
const text = (name: string, definition: string, value: Value): Field => ({ name, type: 'string', unit: '', definition, value });
const count = (name: string, definition: string, value: Value): Field => ({ name, type: 'int', unit: '', definition, value });
const number = (name: string, unit: string, definition: string, value: Value): Field => ({ name, type: 'float', unit, definition, value });
const flag = (name: string, definition: string, value: Value): Field => ({ name, type: 'bool', unit: '', definition, value });

const joined = (values: ReadonlyArray<string | undefined>): string => values.filter((value) => value !== undefined && value !== '').join('|');
const distinct = (values: ReadonlyArray<string | undefined>): string => joined([...new Set(values)].sort());
const sum = (values: ReadonlyArray<number | undefined>): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
};
const uids = (records: readonly HeaderRecord[]): string => joined(records.map((record) => record.SOPInstanceUID));

/** The attribute of one object under a prefix, for the equipment that made it. */
function equipment(prefix: string, of: (facts: Facts) => HeaderRecord | undefined, what: string): Field[] {
  return [
    text(`${prefix}_manufacturer`, `Manufacturer (0008,0070) of ${what}`, (facts) => of(facts)?.Manufacturer),
    text(`${prefix}_model`, `ManufacturerModelName (0008,1090) of ${what}`, (facts) => of(facts)?.ManufacturerModelName),
    text(`${prefix}_software`, `SoftwareVersions (0018,1020) of ${what}`, (facts) => joined(of(facts)?.SoftwareVersions ?? [])),
  ];
}

const COURSE_FIELDS: readonly Field[] = [
  text('patient_id', 'PatientID (0010,0020), made safe as a folder name', ({ course }) => course.patientId),
  text('course_id', 'Course folder: year and month of the earliest plan', ({ course }) => course.courseId),
  text('PatientID', 'PatientID (0010,0020) as in the files', ({ course }) => course.PatientID),
  text('patient_sex', 'PatientSex (0010,0040)', ({ course }) => first(course, 'PatientSex')),
  text('patient_age', 'PatientAge (0010,1010)', ({ course }) => first(course, 'PatientAge')),
  text('study_instance_uid', 'StudyInstanceUID (0020,000D) of the planning image, else of the first object', ({ course, image }) => image?.StudyInstanceUID ?? first(course, 'StudyInstanceUID')),
  text('study_date', 'StudyDate (0008,0020)', ({ course, image }) => image?.StudyDate ?? first(course, 'StudyDate')),
  text('study_description', 'StudyDescription (0008,1030)', ({ course, image }) => image?.StudyDescription ?? first(course, 'StudyDescription')),
  text('course_start_date', 'Date of the earliest plan', ({ course }) => course.plans.map(objectDate).filter((date) => date !== undefined).sort()[0]),
  text('frames_of_reference', 'FrameOfReferenceUIDs of image, structures, plans and doses, separated by |', ({ course }) =>
    distinct([course.ct?.FrameOfReferenceUID, ...[...course.structures, ...course.plans, ...course.doses].map((one) => one.FrameOfReferenceUID)])),
  count('plan_count', 'Plans', ({ course }) => course.plans.length),
  count('dose_count', 'Dose objects', ({ course }) => course.doses.length),
  count('structure_set_count', 'Structure sets', ({ course }) => course.structures.length),
  count('record_count', 'Treatment records', ({ course }) => course.records.length),
  count('registration_count', 'Spatial registrations', ({ course }) => course.registrations.length),
  count('other_image_count', 'Image series beside the planning image', ({ course }) => course.otherImages.length),
  text('other_image_modalities', 'Their modalities, separated by |', ({ course }) => distinct(course.otherImages.map((one) => one.Modality))),
  count('link_count', 'Links between objects', ({ course }) => course.links.length),
  count('links_by_frame', 'Of these, links made by frame of reference instead of by reference', ({ course }) => course.links.filter(({ rule }) => rule === 'FrameOfReferenceUID').length),
  count('findings_warn', 'Findings of severity warn when the course was made', ({ course }) => course.findings.filter(({ severity }) => severity === 'warn').length),
  count('findings_fail', 'Findings of severity fail when the course was made', ({ course }) => course.findings.filter(({ severity }) => severity === 'fail').length),
];

const IMAGE_FIELDS: readonly Field[] = [
  text('image_modality', 'Modality (0008,0060) of the planning image', ({ course }) => course.ct?.Modality),
  text('image_series_instance_uid', 'SeriesInstanceUID (0020,000E)', ({ course }) => course.ct?.SeriesInstanceUID),
  text('image_frame_of_reference_uid', 'FrameOfReferenceUID (0020,0052)', ({ course }) => course.ct?.FrameOfReferenceUID),
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
  number('image_pixel_spacing_row_mm', 'mm', 'PixelSpacing (0028,0030), between rows', ({ image }) => image?.PixelSpacing?.[0]),
  number('image_pixel_spacing_column_mm', 'mm', 'PixelSpacing (0028,0030), between columns', ({ image }) => image?.PixelSpacing?.[1]),
  number('image_slice_thickness_mm', 'mm', 'SliceThickness (0018,0050) of the first slice', ({ image }) => image?.SliceThickness),
  number('image_slice_spacing_mm', 'mm', 'Median distance of neighbouring slices along their normal', ({ positionsMm }) => medianStep(positionsMm)),
  number('image_extent_mm', 'mm', 'Distance of the first slice from the last', ({ positionsMm }) => (positionsMm.length > 1 ? (positionsMm.at(-1) as number) - (positionsMm[0] as number) : undefined)),
  number('image_gantry_tilt_deg', 'deg', 'GantryDetectorTilt (0018,1120)', ({ image }) => image?.GantryDetectorTilt),
  count('image_bits_stored', 'BitsStored (0028,0101)', ({ image }) => image?.BitsStored),
  number('image_rescale_slope', '', 'RescaleSlope (0028,1053) of the first slice', ({ image }) => image?.RescaleSlope),
  number('image_rescale_intercept', '', 'RescaleIntercept (0028,1052) of the first slice', ({ image }) => image?.RescaleIntercept),
  number('image_kvp', 'kV', 'KVP (0018,0060)', ({ image }) => image?.KVP),
  text('image_kernel', 'ConvolutionKernel (0018,1210)', ({ image }) => joined(image?.ConvolutionKernel ?? [])),
  text('image_contrast_agent', 'ContrastBolusAgent (0018,0010)', ({ image }) => image?.ContrastBolusAgent),
];

const beamsOf = (plan: HeaderRecord | undefined) => plan?.rtplan?.beams ?? [];
const groupsOf = (plan: HeaderRecord | undefined) => plan?.rtplan?.fraction_groups ?? [];
const fractionsPlanned = (plan: HeaderRecord | undefined) => sum(groupsOf(plan).map((group) => group.NumberOfFractionsPlanned));

const PLAN_FIELDS: readonly Field[] = [
  text('plan_sop_instance_uid', 'SOPInstanceUID (0008,0018) of the main plan', ({ plan }) => plan?.SOPInstanceUID),
  text('plan_label', 'RTPlanLabel (300A,0002)', ({ plan }) => plan?.rtplan?.RTPlanLabel),
  text('plan_name', 'RTPlanName (300A,0003)', ({ plan }) => plan?.rtplan?.RTPlanName),
  text('plan_date', 'RTPlanDate (300A,0006)', ({ plan }) => plan?.rtplan?.RTPlanDate),
  text('plan_time', 'RTPlanTime (300A,0007)', ({ plan }) => plan?.rtplan?.RTPlanTime),
  text('plan_geometry', 'RTPlanGeometry (300A,000C)', ({ plan }) => plan?.rtplan?.RTPlanGeometry),
  text('plan_intent', 'PlanIntent (300A,000A)', ({ plan }) => plan?.rtplan?.PlanIntent),
  text('plan_approval_status', 'ApprovalStatus (300E,0002)', ({ plan }) => plan?.rtplan?.ApprovalStatus),
  ...equipment('plan', ({ plan }) => plan, 'the main plan'),
  text('plan_labels', 'Labels of all plans, oldest first, separated by |', ({ course }) => joined(course.plans.map((plan) => plan.rtplan?.RTPlanLabel))),
  text('plan_sop_instance_uids', 'SOPInstanceUIDs of all plans, separated by |', ({ course }) => uids(course.plans)),
  count('fraction_group_count', 'Fraction groups of the main plan', ({ plan }) => (plan ? groupsOf(plan).length : undefined)),
  count('fractions_planned', 'NumberOfFractionsPlanned (300A,0078), summed over fraction groups', ({ plan }) => fractionsPlanned(plan)),
  number('prescription_gy', 'Gy', 'Prescribed dose of all fractions', ({ prescription }) => prescription.doseGy),
  text('prescription_source', 'explicit, rtplan_dicom or none', ({ prescription }) => prescription.source),
  text('prescription_reason', 'How the prescription was found', ({ prescription }) => prescription.reason),
  number('fraction_dose_gy', 'Gy', 'prescription_gy / fractions_planned of the evaluated plan', ({ prescription, plan, course }) => {
    const fractions = fractionsPlanned(plan);
    return course.doseChoice.doses.length > 1 && course.doseChoice.doseClass === 'boost-summed' ? undefined : prescription.doseGy && fractions ? prescription.doseGy / fractions : undefined;
  }),
  number('plan_dose_per_fraction_gy', 'Gy', 'BeamDose (300A,0084) summed over the beams of the first fraction group', ({ plan }) => sum((groupsOf(plan)[0]?.beams ?? []).map((beam) => beam.BeamDose))),
  number('plan_meterset', 'MU', 'BeamMeterset (300A,0086) summed over the beams of the first fraction group', ({ plan }) => sum((groupsOf(plan)[0]?.beams ?? []).map((beam) => beam.BeamMeterset))),
  count('dose_reference_count', 'Items of DoseReferenceSequence (300A,0010)', ({ plan }) => plan?.rtplan?.dose_references.length),
  number('target_prescription_max_gy', 'Gy', 'Highest TargetPrescriptionDose (300A,0026)', ({ plan }) => extreme(plan, Math.max)),
  number('target_prescription_min_gy', 'Gy', 'Lowest TargetPrescriptionDose (300A,0026)', ({ plan }) => extreme(plan, Math.min)),
  count('beam_count', 'Beams of the main plan', ({ plan }) => plan?.rtplan?.beams.length),
  count('treatment_beam_count', 'Beams that are not for set-up', ({ plan }) => (plan ? beamsOf(plan).filter((beam) => beam.TreatmentDeliveryType !== 'SETUP').length : undefined)),
  text('beam_names', 'BeamName (300A,00C2), separated by |', ({ plan }) => joined(beamsOf(plan).map((beam) => beam.BeamName))),
  text('beam_types', 'BeamType (300A,00C4), each once', ({ plan }) => distinct(beamsOf(plan).map((beam) => beam.BeamType))),
  text('radiation_types', 'RadiationType (300A,00C6), each once', ({ plan }) => distinct(beamsOf(plan).map((beam) => beam.RadiationType))),
  text('machines', 'TreatmentMachineName (300A,00B2), each once', ({ plan }) => distinct(beamsOf(plan).map((beam) => beam.TreatmentMachineName))),
  count('control_point_count', 'NumberOfControlPoints (300A,0110) summed over beams', ({ plan }) => sum(beamsOf(plan).map((beam) => beam.NumberOfControlPoints))),
  count('isocenter_count', 'Different IsocenterPosition (300A,012C)', ({ plan }) => (plan ? isocenters(plan).length : undefined)),
  number('isocenter_x_mm', 'mm', 'IsocenterPosition of the first beam, x (LPS)', ({ plan }) => plan && isocenters(plan)[0]?.[0]),
  number('isocenter_y_mm', 'mm', 'IsocenterPosition of the first beam, y (LPS)', ({ plan }) => plan && isocenters(plan)[0]?.[1]),
  number('isocenter_z_mm', 'mm', 'IsocenterPosition of the first beam, z (LPS)', ({ plan }) => plan && isocenters(plan)[0]?.[2]),
];

const roisOf = (structures: HeaderRecord | undefined) => structures?.rtstruct?.rois ?? [];
const named = (structures: HeaderRecord | undefined, pattern: RegExp): number | undefined =>
  structures ? roisOf(structures).filter((roi) => pattern.test(roi.ROIName)).length : undefined;
const ruleOf = (course: Course, kind: Course['links'][number]['kind'], from: HeaderRecord | undefined) =>
  course.links.find((link) => link.kind === kind && link.from === from?.SOPInstanceUID)?.rule;

const STRUCTURES_FIELDS: readonly Field[] = [
  text('structures_sop_instance_uid', 'SOPInstanceUID of the structure set that is measured', ({ structures }) => structures?.SOPInstanceUID),
  text('structures_label', 'StructureSetLabel (3006,0002)', ({ structures }) => structures?.rtstruct?.StructureSetLabel),
  text('structures_name', 'StructureSetName (3006,0004)', ({ structures }) => structures?.rtstruct?.StructureSetName),
  text('structures_date', 'StructureSetDate (3006,0008)', ({ structures }) => structures?.rtstruct?.StructureSetDate),
  text('structures_approval_status', 'ApprovalStatus (300E,0002)', ({ structures }) => structures?.rtstruct?.ApprovalStatus),
  ...equipment('structures', ({ structures }) => structures, 'the structure set'),
  text('structure_set_sop_instance_uids', 'SOPInstanceUIDs of all structure sets, separated by |', ({ course }) => uids(course.structures)),
  count('roi_count', 'ROIs of the structure set', ({ structures }) => structures?.rtstruct?.rois.length),
  count('gtv_count', 'ROIs whose name begins with GTV', ({ structures }) => named(structures, /^gtv/i)),
  count('ctv_count', 'ROIs whose name begins with CTV', ({ structures }) => named(structures, /^ctv/i)),
  count('ptv_count', 'ROIs whose name begins with PTV', ({ structures }) => named(structures, /^ptv/i)),
  text('roi_names', 'ROIName (3006,0026), separated by |', ({ structures }) => joined(roisOf(structures).map((roi) => roi.ROIName))),
  text('roi_types', 'RTROIInterpretedType (3006,00A4), each once', ({ structures }) => distinct(roisOf(structures).map((roi) => roi.RTROIInterpretedType))),
  text('structures_image_rule', 'Rule that ties the structure set to its image', ({ course, structures }) => ruleOf(course, 'structures-images', structures)),
  text('plan_structures_rule', 'Rule that ties the main plan to its structure set', ({ course, plan }) => ruleOf(course, 'plan-structures', plan)),
];

const DOSE_FIELDS: readonly Field[] = [
  text('dose_class', 'How the doses were classified: none, single, plan-sum, beams-summed, boost-summed, replan-first, separate, ambiguous', ({ course }) => course.doseChoice.doseClass),
  text('dose_reason', 'The same in a sentence', ({ course }) => course.doseChoice.reason),
  flag('dose_summed', 'The evaluated dose is a sum that Isovox makes', ({ course }) => course.doseChoice.sum),
  text('dose_sop_instance_uids', 'SOPInstanceUIDs of the evaluated doses, separated by |', ({ course }) => uids(course.doseChoice.doses)),
  text('dose_plan_rule', 'Rule that ties the evaluated dose to its plan', ({ course, dose }) => ruleOf(course, 'dose-plan', dose)),
  text('dose_units', 'DoseUnits (3004,0002)', ({ dose }) => dose?.rtdose?.DoseUnits),
  text('dose_type', 'DoseType (3004,0004)', ({ dose }) => dose?.rtdose?.DoseType),
  text('dose_summation_type', 'DoseSummationType (3004,000A)', ({ dose }) => dose?.rtdose?.DoseSummationType),
  number('dose_grid_scaling', 'Gy', 'DoseGridScaling (3004,000E)', ({ dose }) => dose?.rtdose?.DoseGridScaling),
  text('dose_frame_of_reference_uid', 'FrameOfReferenceUID (0020,0052)', ({ dose }) => dose?.FrameOfReferenceUID),
  count('dose_rows', 'Rows (0028,0010)', ({ dose }) => dose?.Rows),
  count('dose_columns', 'Columns (0028,0011)', ({ dose }) => dose?.Columns),
  count('dose_planes', 'NumberOfFrames (0028,0008)', ({ dose }) => dose && (dose.NumberOfFrames ?? 1)),
  number('dose_spacing_row_mm', 'mm', 'PixelSpacing (0028,0030), between rows', ({ dose }) => dose?.PixelSpacing?.[0]),
  number('dose_spacing_column_mm', 'mm', 'PixelSpacing (0028,0030), between columns', ({ dose }) => dose?.PixelSpacing?.[1]),
  number('dose_spacing_plane_mm', 'mm', 'Step of GridFrameOffsetVector (3004,000C) when it is even', ({ dose }) => dose?.rtdose?.frame_offsets?.step),
  count('dose_bits', 'BitsAllocated (0028,0100)', ({ dose }) => dose?.BitsAllocated),
  flag('dose_has_dvh', 'The dose object holds DVHs of the planning system', ({ dose }) => dose?.rtdose?.has_dvh),
  ...equipment('dose', ({ dose }) => dose, 'the first evaluated dose'),
];

const TREATMENT_FIELDS: readonly Field[] = [
  count('fractions_delivered', 'Rows of fractions', ({ fractions, course }) => (course.records.length > 0 ? fractions.length : undefined)),
  text('first_treatment_date', 'Earliest treatment date', ({ fractions }) => treatmentDates(fractions)[0]),
  text('last_treatment_date', 'Latest treatment date', ({ fractions }) => treatmentDates(fractions).at(-1)),
  count('treatment_days', 'Days from the first to the last treatment, both counted', ({ fractions }) => {
    const [begin, end] = [treatmentDates(fractions)[0], treatmentDates(fractions).at(-1)];
    return begin !== undefined && end !== undefined ? daysBetween(begin, end) + 1 : undefined;
  }),
  number('delivered_dose_gy', 'Gy', 'Delivered dose stated in the records, summed', ({ fractions }) => sum(fractions.map((row) => row.delivered_dose_gy as number | null ?? undefined))),
  number('delivered_meterset', 'MU', 'Delivered meterset, summed', ({ fractions }) => sum(fractions.map((row) => row.delivered_meterset as number | null ?? undefined))),
  text('treatment_machines', 'Machines of the records, each once', ({ fractions }) => distinct(fractions.map((row) => String(row.machine)))),
];

const FIELDS: readonly Field[] = [
  ...COURSE_FIELDS,
  ...IMAGE_FIELDS,
  ...PLAN_FIELDS,
  ...STRUCTURES_FIELDS,
  ...DOSE_FIELDS,
  ...TREATMENT_FIELDS,
];

export const CASE_METADATA_COLUMNS: readonly Column[] = FIELDS.map(({ name, type, unit, definition }) => ({ name, type, unit, definition }));

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
  const cell = (value: Cell | undefined): Cell => (value === undefined || value === '' || Number.isNaN(value) ? null : value);
  return Object.fromEntries(FIELDS.map((field) => [field.name, cell(field.value(facts))]));
}

function first(course: Course, key: 'PatientSex' | 'PatientAge' | 'StudyInstanceUID' | 'StudyDate' | 'StudyDescription') {
  const records = [...(course.ct?.headers.slice(0, 1) ?? []), ...course.structures, ...course.plans, ...course.doses];
  return records.map((record) => record[key]).find((value) => value !== undefined && value !== '');
}

function extreme(plan: HeaderRecord | undefined, pick: (...values: number[]) => number): number | undefined {
  const doses = (plan?.rtplan?.dose_references ?? []).map((one) => one.TargetPrescriptionDose).filter((gy) => gy !== undefined);
  return doses.length > 0 ? pick(...doses) : undefined;
}

function isocenters(plan: HeaderRecord): number[][] {
  const positions = beamsOf(plan).map((beam) => beam.IsocenterPosition).filter((position) => position?.length === 3) as number[][];
  return [...new Map(positions.map((position) => [position.map((mm) => mm.toFixed(2)).join(), position])).values()];
}

function medianStep(positions: readonly number[]): number | undefined {
  const steps = positions.slice(1).map((mm, n) => mm - (positions[n] as number)).sort((a, b) => a - b);
  return steps.length === 0 ? undefined : Math.round((steps[Math.floor(steps.length / 2)] as number) * 1e6) / 1e6;
}

function treatmentDates(fractions: readonly Row[]): string[] {
  return fractions.map((row) => validDate(String(row.treatment_date))).filter((date) => date !== undefined).sort();
}
