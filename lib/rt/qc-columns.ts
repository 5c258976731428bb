/** qc_reports: one row per course. */

import type { Column, Row } from '../table/table.js';
import type { Course } from './model.js';
import { CHECK_NAMES, type Check, type CheckName, overallStatus } from './qc-check.js';

const DEFINITIONS: Record<CheckName, string> = {
  file_existence: 'The files of the course are in its folder, and it has image, plan, dose and structures',
  links: 'References between the objects lead somewhere, and no rule had to guess',
  ct_validation: 'All slices: thickness, spacing, gaps, duplicates, orientation, frame of reference, readability',
  rp_validation: 'Plan: fractions, beams, references, approval',
  rd_validation: 'Dose: units, type, summation, scaling, grid',
  consistency: 'Image, structures, plan and dose are in one frame of reference',
  structures: 'Structures that are empty, degenerate or could not be measured',
  structure_cropping: 'Structures cut by the border of the image',
  dose_coverage: 'Structures that lie partly or wholly outside the dose grid',
  volumes: 'Volumes of the dose-volume stage against contour areas times slice spacing',
  prescription: 'A prescription is known, plausible, and the dose fits it',
};

export const QC_COLUMNS: readonly Column[] = [
  { name: 'patient_id', type: 'string', unit: '', definition: 'PatientID (0010,0020), made safe as a folder name' },
  { name: 'course_id', type: 'string', unit: '', definition: 'Course folder' },
  {
    name: 'report_name',
    type: 'string',
    unit: '',
    definition: 'The report with every finding, below the course folder',
  },
  { name: 'overall_status', type: 'string', unit: '', definition: 'PASS, WARNING or FAIL: the worst of the checks' },
  ...CHECK_NAMES.map(
    (name): Column => ({
      name,
      type: 'string',
      unit: '',
      definition: `${DEFINITIONS[name]}: PASS, WARNING, FAIL, or SKIPPED where there is nothing to check`,
    }),
  ),
  { name: 'findings_info', type: 'int', unit: '', definition: 'Findings that are remarks' },
  { name: 'findings_warn', type: 'int', unit: '', definition: 'Findings that are warnings' },
  { name: 'findings_fail', type: 'int', unit: '', definition: 'Findings that are failures' },
  { name: 'reasons', type: 'string', unit: '', definition: 'Reason of every check that did not pass, separated by |' },
  {
    name: 'cropped_structures',
    type: 'string',
    unit: '',
    definition: 'Structures cut by the image border in its plane, separated by |',
  },
  { name: 'image_modality', type: 'string', unit: '', definition: 'Modality (0008,0060) of the planning image' },
  {
    name: 'contrast_phase',
    type: 'string',
    unit: '',
    definition: 'contrast where ContrastBolusAgent (0018,0010) is stated',
  },
];

export function qcRow(course: Course, checks: readonly Check[], reportName: string): Row {
  const findings = checks.flatMap((check) => check.findings);
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const cropped = findings
    .filter(({ code }) => code === 'roi.touches_border')
    .map(({ context }) => String(context?.ROI_Name ?? ''));
  return {
    patient_id: course.patientId,
    course_id: course.courseId,
    report_name: reportName,
    overall_status: overallStatus(checks),
    ...Object.fromEntries(checks.map(({ name, status }) => [name, status])),
    findings_info: count('info'),
    findings_warn: count('warn'),
    findings_fail: count('fail'),
    reasons: checks
      .filter(({ status }) => status === 'WARNING' || status === 'FAIL')
      .map(({ name, reason }) => `${name}: ${reason}`)
      .join('|'),
    cropped_structures: cropped.join('|'),
    image_modality: course.ct?.Modality ?? '',
    contrast_phase: course.ct?.headers.some(({ ContrastBolusAgent }) => ContrastBolusAgent) ? 'contrast' : '',
  };
}
