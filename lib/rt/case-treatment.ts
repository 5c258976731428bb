/** Fields of case_metadata about plan, structures, dose and delivered fractions. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Row } from '../table/table.js';
import { count, distinct, equipment, type Field, flag, joined, number, sum, text, uids } from './case-field.js';
import { daysBetween, validDate } from './dates.js';
import type { Course } from './model.js';

const beamsOf = (plan: HeaderRecord | undefined) => plan?.rtplan?.beams ?? [];
const groupsOf = (plan: HeaderRecord | undefined) => plan?.rtplan?.fraction_groups ?? [];
const fractionsPlanned = (plan: HeaderRecord | undefined) =>
  sum(groupsOf(plan).map((group) => group.NumberOfFractionsPlanned));

export const PLAN_FIELDS: readonly Field[] = [
  text('plan_sop_instance_uid', 'SOPInstanceUID (0008,0018) of the main plan', ({ plan }) => plan?.SOPInstanceUID),
  text('plan_label', 'RTPlanLabel (300A,0002)', ({ plan }) => plan?.rtplan?.RTPlanLabel),
  text('plan_name', 'RTPlanName (300A,0003)', ({ plan }) => plan?.rtplan?.RTPlanName),
  text('plan_date', 'RTPlanDate (300A,0006)', ({ plan }) => plan?.rtplan?.RTPlanDate),
  text('plan_time', 'RTPlanTime (300A,0007)', ({ plan }) => plan?.rtplan?.RTPlanTime),
  text('plan_geometry', 'RTPlanGeometry (300A,000C)', ({ plan }) => plan?.rtplan?.RTPlanGeometry),
  text('plan_intent', 'PlanIntent (300A,000A)', ({ plan }) => plan?.rtplan?.PlanIntent),
  text('plan_approval_status', 'ApprovalStatus (300E,0002)', ({ plan }) => plan?.rtplan?.ApprovalStatus),
  ...equipment('plan', ({ plan }) => plan, 'the main plan'),
  text('plan_labels', 'Labels of all plans, oldest first, separated by |', ({ course }) =>
    joined(course.plans.map((plan) => plan.rtplan?.RTPlanLabel)),
  ),
  text('plan_sop_instance_uids', 'SOPInstanceUIDs of all plans, separated by |', ({ course }) => uids(course.plans)),
  count('fraction_group_count', 'Fraction groups of the main plan', ({ plan }) =>
    plan ? groupsOf(plan).length : undefined,
  ),
  count('fractions_planned', 'NumberOfFractionsPlanned (300A,0078), summed over fraction groups', ({ plan }) =>
    fractionsPlanned(plan),
  ),
  number('prescription_gy', 'Gy', 'Prescribed dose of all fractions', ({ prescription }) => prescription.doseGy),
  text('prescription_source', 'explicit, rtplan_dicom or none', ({ prescription }) => prescription.source),
  text('prescription_reason', 'How the prescription was found', ({ prescription }) => prescription.reason),
  number(
    'fraction_dose_gy',
    'Gy',
    'prescription_gy / fractions_planned of the evaluated plan',
    ({ prescription, plan, course }) => {
      const fractions = fractionsPlanned(plan);
      return course.doseChoice.doses.length > 1 && course.doseChoice.doseClass === 'boost-summed'
        ? undefined
        : prescription.doseGy && fractions
          ? prescription.doseGy / fractions
          : undefined;
    },
  ),
  number(
    'plan_dose_per_fraction_gy',
    'Gy',
    'BeamDose (300A,0084) summed over the beams of the first fraction group',
    ({ plan }) => sum((groupsOf(plan)[0]?.beams ?? []).map((beam) => beam.BeamDose)),
  ),
  number(
    'plan_meterset',
    'MU',
    'BeamMeterset (300A,0086) summed over the beams of the first fraction group',
    ({ plan }) => sum((groupsOf(plan)[0]?.beams ?? []).map((beam) => beam.BeamMeterset)),
  ),
  count(
    'dose_reference_count',
    'Items of DoseReferenceSequence (300A,0010)',
    ({ plan }) => plan?.rtplan?.dose_references.length,
  ),
  number('target_prescription_max_gy', 'Gy', 'Highest TargetPrescriptionDose (300A,0026)', ({ plan }) =>
    extreme(plan, Math.max),
  ),
  number('target_prescription_min_gy', 'Gy', 'Lowest TargetPrescriptionDose (300A,0026)', ({ plan }) =>
    extreme(plan, Math.min),
  ),
  count('beam_count', 'Beams of the main plan', ({ plan }) => plan?.rtplan?.beams.length),
  count('treatment_beam_count', 'Beams that are not for set-up', ({ plan }) =>
    plan ? beamsOf(plan).filter((beam) => beam.TreatmentDeliveryType !== 'SETUP').length : undefined,
  ),
  text('beam_names', 'BeamName (300A,00C2), separated by |', ({ plan }) =>
    joined(beamsOf(plan).map((beam) => beam.BeamName)),
  ),
  text('beam_types', 'BeamType (300A,00C4), each once', ({ plan }) =>
    distinct(beamsOf(plan).map((beam) => beam.BeamType)),
  ),
  text('radiation_types', 'RadiationType (300A,00C6), each once', ({ plan }) =>
    distinct(beamsOf(plan).map((beam) => beam.RadiationType)),
  ),
  text('machines', 'TreatmentMachineName (300A,00B2), each once', ({ plan }) =>
    distinct(beamsOf(plan).map((beam) => beam.TreatmentMachineName)),
  ),
  count('control_point_count', 'NumberOfControlPoints (300A,0110) summed over beams', ({ plan }) =>
    sum(beamsOf(plan).map((beam) => beam.NumberOfControlPoints)),
  ),
  count('isocenter_count', 'Different IsocenterPosition (300A,012C)', ({ plan }) =>
    plan ? isocenters(plan).length : undefined,
  ),
  number(
    'isocenter_x_mm',
    'mm',
    'IsocenterPosition of the first beam, x (LPS)',
    ({ plan }) => plan && isocenters(plan)[0]?.[0],
  ),
  number(
    'isocenter_y_mm',
    'mm',
    'IsocenterPosition of the first beam, y (LPS)',
    ({ plan }) => plan && isocenters(plan)[0]?.[1],
  ),
  number(
    'isocenter_z_mm',
    'mm',
    'IsocenterPosition of the first beam, z (LPS)',
    ({ plan }) => plan && isocenters(plan)[0]?.[2],
  ),
];

const roisOf = (structures: HeaderRecord | undefined) => structures?.rtstruct?.rois ?? [];
const named = (structures: HeaderRecord | undefined, pattern: RegExp): number | undefined =>
  structures ? roisOf(structures).filter((roi) => pattern.test(roi.ROIName)).length : undefined;
const ruleOf = (course: Course, kind: Course['links'][number]['kind'], from: HeaderRecord | undefined) =>
  course.links.find((link) => link.kind === kind && link.from === from?.SOPInstanceUID)?.rule;

export const STRUCTURES_FIELDS: readonly Field[] = [
  text(
    'structures_sop_instance_uid',
    'SOPInstanceUID of the structure set that is measured',
    ({ structures }) => structures?.SOPInstanceUID,
  ),
  text(
    'structures_label',
    'StructureSetLabel (3006,0002)',
    ({ structures }) => structures?.rtstruct?.StructureSetLabel,
  ),
  text('structures_name', 'StructureSetName (3006,0004)', ({ structures }) => structures?.rtstruct?.StructureSetName),
  text('structures_date', 'StructureSetDate (3006,0008)', ({ structures }) => structures?.rtstruct?.StructureSetDate),
  text(
    'structures_approval_status',
    'ApprovalStatus (300E,0002)',
    ({ structures }) => structures?.rtstruct?.ApprovalStatus,
  ),
  ...equipment('structures', ({ structures }) => structures, 'the structure set'),
  text('structure_set_sop_instance_uids', 'SOPInstanceUIDs of all structure sets, separated by |', ({ course }) =>
    uids(course.structures),
  ),
  count('roi_count', 'ROIs of the structure set', ({ structures }) => structures?.rtstruct?.rois.length),
  count('gtv_count', 'ROIs whose name begins with GTV', ({ structures }) => named(structures, /^gtv/i)),
  count('ctv_count', 'ROIs whose name begins with CTV', ({ structures }) => named(structures, /^ctv/i)),
  count('ptv_count', 'ROIs whose name begins with PTV', ({ structures }) => named(structures, /^ptv/i)),
  text('roi_names', 'ROIName (3006,0026), separated by |', ({ structures }) =>
    joined(roisOf(structures).map((roi) => roi.ROIName)),
  ),
  text('roi_types', 'RTROIInterpretedType (3006,00A4), each once', ({ structures }) =>
    distinct(roisOf(structures).map((roi) => roi.RTROIInterpretedType)),
  ),
  text('structures_image_rule', 'Rule that ties the structure set to its image', ({ course, structures }) =>
    ruleOf(course, 'structures-images', structures),
  ),
  text('plan_structures_rule', 'Rule that ties the main plan to its structure set', ({ course, plan }) =>
    ruleOf(course, 'plan-structures', plan),
  ),
];

export const DOSE_FIELDS: readonly Field[] = [
  text(
    'dose_class',
    'How the doses were classified: none, single, plan-sum, beams-summed, boost-summed, replan-first, separate, ambiguous',
    ({ course }) => course.doseChoice.doseClass,
  ),
  text('dose_reason', 'The same in a sentence', ({ course }) => course.doseChoice.reason),
  flag('dose_summed', 'The evaluated dose is a sum that Isovox makes', ({ course }) => course.doseChoice.sum),
  text('dose_sop_instance_uids', 'SOPInstanceUIDs of the evaluated doses, separated by |', ({ course }) =>
    uids(course.doseChoice.doses),
  ),
  text('dose_plan_rule', 'Rule that ties the evaluated dose to its plan', ({ course, dose }) =>
    ruleOf(course, 'dose-plan', dose),
  ),
  text('dose_units', 'DoseUnits (3004,0002)', ({ dose }) => dose?.rtdose?.DoseUnits),
  text('dose_type', 'DoseType (3004,0004)', ({ dose }) => dose?.rtdose?.DoseType),
  text('dose_summation_type', 'DoseSummationType (3004,000A)', ({ dose }) => dose?.rtdose?.DoseSummationType),
  number('dose_grid_scaling', 'Gy', 'DoseGridScaling (3004,000E)', ({ dose }) => dose?.rtdose?.DoseGridScaling),
  text('dose_frame_of_reference_uid', 'FrameOfReferenceUID (0020,0052)', ({ dose }) => dose?.FrameOfReferenceUID),
  count('dose_rows', 'Rows (0028,0010)', ({ dose }) => dose?.Rows),
  count('dose_columns', 'Columns (0028,0011)', ({ dose }) => dose?.Columns),
  count('dose_planes', 'NumberOfFrames (0028,0008)', ({ dose }) => dose && (dose.NumberOfFrames ?? 1)),
  number('dose_spacing_row_mm', 'mm', 'PixelSpacing (0028,0030), between rows', ({ dose }) => dose?.PixelSpacing?.[0]),
  number(
    'dose_spacing_column_mm',
    'mm',
    'PixelSpacing (0028,0030), between columns',
    ({ dose }) => dose?.PixelSpacing?.[1],
  ),
  number(
    'dose_spacing_plane_mm',
    'mm',
    'Step of GridFrameOffsetVector (3004,000C) when it is even',
    ({ dose }) => dose?.rtdose?.frame_offsets?.step,
  ),
  count('dose_bits', 'BitsAllocated (0028,0100)', ({ dose }) => dose?.BitsAllocated),
  flag('dose_has_dvh', 'The dose object holds DVHs of the planning system', ({ dose }) => dose?.rtdose?.has_dvh),
  ...equipment('dose', ({ dose }) => dose, 'the first evaluated dose'),
];

export const TREATMENT_FIELDS: readonly Field[] = [
  count('fractions_delivered', 'Rows of fractions', ({ fractions, course }) =>
    course.records.length > 0 ? fractions.length : undefined,
  ),
  text('first_treatment_date', 'Earliest treatment date', ({ fractions }) => treatmentDates(fractions)[0]),
  text('last_treatment_date', 'Latest treatment date', ({ fractions }) => treatmentDates(fractions).at(-1)),
  count('treatment_days', 'Days from the first to the last treatment, both counted', ({ fractions }) => {
    const [begin, end] = [treatmentDates(fractions)[0], treatmentDates(fractions).at(-1)];
    return begin !== undefined && end !== undefined ? daysBetween(begin, end) + 1 : undefined;
  }),
  number('delivered_dose_gy', 'Gy', 'Delivered dose stated in the records, summed', ({ fractions }) =>
    sum(fractions.map((row) => (row.delivered_dose_gy as number | null) ?? undefined)),
  ),
  number('delivered_meterset', 'MU', 'Delivered meterset, summed', ({ fractions }) =>
    sum(fractions.map((row) => (row.delivered_meterset as number | null) ?? undefined)),
  ),
  text('treatment_machines', 'Machines of the records, each once', ({ fractions }) =>
    distinct(fractions.map((row) => String(row.machine))),
  ),
];

function extreme(plan: HeaderRecord | undefined, pick: (...values: number[]) => number): number | undefined {
  const doses = (plan?.rtplan?.dose_references ?? [])
    .map((one) => one.TargetPrescriptionDose)
    .filter((gy) => gy !== undefined);
  return doses.length > 0 ? pick(...doses) : undefined;
}

function isocenters(plan: HeaderRecord): number[][] {
  const positions = beamsOf(plan)
    .map((beam) => beam.IsocenterPosition)
    .filter((position) => position?.length === 3) as number[][];
  return [...new Map(positions.map((position) => [position.map((mm) => mm.toFixed(2)).join(), position])).values()];
}

function treatmentDates(fractions: readonly Row[]): string[] {
  return fractions
    .map((row) => validDate(String(row.treatment_date)))
    .filter((date) => date !== undefined)
    .sort();
}
