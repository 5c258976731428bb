/** Measures the structures of a course against its dose: the rows, curves and facts that the dvh stage writes. */

import { IsovoxError } from '../errors.js';
import { readRtStruct } from '../native/dicom.js';
import type { HeaderRecord, RtStructSummary } from '../native/dicom-types.js';
import { computeDvh, doseMetrics, dvhCurve } from '../native/dose.js';
import type { DvhResult } from '../native/dose-types.js';
import { addon } from '../runtime/addon.js';
import { packageVersion } from '../runtime/package-root.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import type { Row } from '../table/table.js';
import { evaluateConstraints } from './constraints.js';
import { metricColumns } from './dvh-columns.js';
import { type EvaluatedDose, readEvaluatedDose } from './evaluated-dose.js';
import { relativeInput } from './input-path.js';
import type { Course, Finding } from './model.js';
import { type Prescription, prescriptionOf } from './prescription.js';
import { matchesAny } from './roi-names.js';
import type { RunConfig } from './run-config.js';
import type { PartFailure } from './stage.js';
import type { StructureSet } from './structure-sets.js';
import { tg263Name } from './tg263.js';

export interface MeasureOptions extends SubmitOptions {
  readonly course: Course;
  readonly config: RunConfig;
  /** At least one; each structure of each is measured. */
  readonly sets: readonly StructureSet[];
  /** Paths in the rows are relative to it. */
  readonly dicomRoot: string;
  readonly settingsHash: string;
  /** Given a sum of several doses and the one whose lattice it has, before it is measured. */
  readonly onSum?: (dose: Handle<'DoseGrid'>, reference: HeaderRecord) => Promise<void>;
}

export interface RoiCurve {
  readonly number: number;
  readonly name: string;
  readonly color: readonly number[] | null;
  readonly doseGy: readonly number[];
  /** Volume that receives at least doseGy. */
  readonly volumeCc: readonly number[];
}

export interface Measurement {
  /** The columns of `dvhColumns`. */
  readonly rows: readonly Row[];
  readonly curves: readonly RoiCurve[];
  /** The columns of CONSTRAINT_COLUMNS. */
  readonly constraints: readonly Row[];
  readonly facts: unknown;
  readonly findings: readonly Finding[];
  readonly failures: readonly PartFailure[];
}

interface Measured {
  readonly set: StructureSet;
  readonly result: DvhResult;
  readonly summary: RtStructSummary['rois'][number];
}

export async function measureCourse(options: MeasureOptions): Promise<Measurement> {
  const { course, config } = options;
  const { dose, findings } = await evaluatedDose(options);
  const thickness = course.ct?.headers.find((header) => header.SliceThickness)?.SliceThickness;
  const measured: Measured[] = [];
  const setFindings: Finding[] = [];
  for (const set of options.sets) {
    const { rois, summary } = await readRtStruct({ path: set.path }, options);
    setFindings.push(...(summary.findings as Finding[]));
    const indices = summary.rois.flatMap((roi, i) => (matchesAny(roi.ROIName, config.dvh.skipRois) ? [] : [i]));
    const results = await computeDvh(
      {
        rois,
        dose,
        indices,
        options: { outside: config.dvh.outside, ...(thickness ? { sliceThicknessMm: thickness } : {}) },
      },
      options,
    );
    for (const result of results)
      measured.push({ set, result, summary: summary.rois[result.index] as Measured['summary'] });
    addon().dispose(rois);
  }
  const prescription = withEstimate(prescriptionOf(course, config), measured);
  const measurement: Measurement = {
    rows: measured.map((one) => metricsRow(options, one, prescription)),
    curves: measured.filter(({ result }) => result.meanGy !== null).map((one) => curveOf(one, config)),
    constraints: measured.flatMap((one) => constraintRows(options, one, prescription)),
    facts: factsOf(options, measured, prescription),
    findings: [...findings, ...setFindings, ...measured.flatMap(roiFindings)],
    failures: measured.flatMap(roiFailures),
  };
  for (const { result } of measured) addon().dispose(result.dvh);
  addon().dispose(dose);
  return measurement;
}

function curveOf({ result, summary }: Measured, config: RunConfig): RoiCurve {
  const curve = dvhCurve(result.dvh, config.dvh.curveStepGy);
  return {
    number: result.number,
    name: result.name,
    color: summary.ROIDisplayColor ?? null,
    doseGy: [...curve.doseGy],
    volumeCc: [...curve.volumeCc],
  };
}

function factsOf(
  { course, config }: MeasureOptions,
  measured: readonly Measured[],
  prescription: Prescription,
): unknown {
  return {
    rxGy: prescription.doseGy ?? null,
    rxSource: prescription.source,
    rxReason: prescription.reason,
    dose: {
      class: course.doseChoice.doseClass,
      reason: course.doseChoice.reason,
      SOPInstanceUIDs: course.doseChoice.doses.map((header) => header.SOPInstanceUID ?? ''),
      ...(course.doseChoice.moves && {
        moves: course.doseChoice.moves.map(({ dose, registration, fromFrame, toFrame }) => ({
          dose,
          registration: registration.SOPInstanceUID ?? '',
          fromFrame,
          toFrame,
        })),
      }),
      outside: config.dvh.outside,
    },
    rois: measured.map(({ result, summary: roi }) => ({
      number: result.number,
      name: result.name,
      type: roi.RTROIInterpretedType ?? '',
      color: roi.ROIDisplayColor ?? null,
      volumeCc: result.volumeCc,
      coveredFraction: result.coveredFraction,
      meanGy: result.meanGy,
      minGy: result.minGy,
      maxGy: result.maxGy,
      errorBound: result.errorBound,
      findings: [...roi.findings, ...result.findings],
    })),
  };
}

async function evaluatedDose(options: MeasureOptions): Promise<EvaluatedDose> {
  const { doseChoice } = options.course;
  if (doseChoice.doses.length === 0)
    throw new IsovoxError('ERR_INTERNAL', 'A course without a dose was to be measured');
  const evaluated = await readEvaluatedDose(doseChoice, options);
  if (evaluated.summedOn) await options.onSum?.(evaluated.dose, evaluated.summedOn);
  return evaluated;
}

/** Without any prescription, the D95 of a CTV1 stands for it, and says so. */
function withEstimate(prescription: Prescription, measured: readonly Measured[]): Prescription {
  if (prescription.doseGy !== undefined) return prescription;
  const ctv1 = measured.find(({ result }) => /^ctv[ _-]?1$/i.test(result.name.trim()) && result.meanGy !== null);
  if (!ctv1) return prescription;
  const d95 = doseMetrics({ dvh: ctv1.result.dvh, names: ['D95%'] }).values['D95%'];
  if (d95 === null || d95 === undefined || !(d95 > 0)) return prescription;
  return {
    doseGy: d95,
    source: 'estimated_ctv1_d95',
    reason: `Neither the configuration nor a plan states a dose: D95 of ${ctv1.result.name} taken`,
  };
}

function metricsRow(options: MeasureOptions, { set, result, summary }: Measured, prescription: Prescription): Row {
  const { course, config } = options;
  const columns = metricColumns(config.dvh);
  const { values } = doseMetrics({
    dvh: result.dvh,
    names: columns.map((column) => column.metric),
    ...(prescription.doseGy === undefined ? {} : { rxGy: prescription.doseGy }),
  });
  const metrics = Object.fromEntries(columns.map((column) => [column.name, values[column.metric] ?? null]));
  const referenced = course.primaryPlan?.rtplan?.ReferencedStructureSetUIDs ?? [];
  const doses = course.doseChoice.doses;
  const contrast = course.ct?.headers.some((header) => header.ContrastBolusAgent) ? 'contrast' : '';
  const tg263 = tg263Name(summary.ROIName, config.dvh.tg263);
  const codes = [...new Set([...summary.findings, ...result.findings].map((finding) => finding.code))].sort();
  return {
    patient_id: course.patientId,
    course_id: course.courseId,
    ROI_Number: result.number,
    ROI_Name: result.name,
    ROI_OriginalName: summary.ROIName,
    ROI_Type: summary.RTROIInterpretedType ?? '',
    tg263_name: tg263.name,
    tg263_confidence: tg263.confidence,
    tg263_rule: tg263.rule,
    Segmentation_Source: set.source(result.number),
    ...metrics,
    'Volume (cm³)': result.volumeCc,
    structure_cropped: set.partial(result.number),
    covered_fraction: result.coveredFraction,
    error_bound_gy: result.errorBound.doseGy,
    error_bound_cc: result.errorBound.volumeCc,
    rx_gy: prescription.doseGy ?? null,
    rx_source: prescription.source,
    rx_reason: prescription.reason,
    dose_resolution: course.doseChoice.doseClass,
    dose_resolution_reason: course.doseChoice.reason,
    dose_sop_instance_uid: doses[0]?.SOPInstanceUID ?? '',
    dose_summation_type: doses.length > 1 ? 'PLAN_SUM' : (doses[0]?.rtdose?.DoseSummationType ?? ''),
    source_dose_sop_instance_uids: doses.map((dose) => dose.SOPInstanceUID ?? '').join('|'),
    plan_sop_instance_uid: course.primaryPlan?.SOPInstanceUID ?? '',
    plan_referenced_rtstruct_sop_instance_uids: referenced.join('|'),
    rtstruct_sop_instance_uid: set.SOPInstanceUID,
    rtstruct_path: set.file ?? relativeInput(options.dicomRoot, set.path),
    rtstruct_resolution: set.rule,
    rtstruct_resolution_reason: set.reason,
    image_modality: course.ct?.Modality ?? '',
    contrast_phase: contrast,
    body_regions: '',
    findings: codes.join('|'),
    settings_hash: options.settingsHash,
    isovox_version: packageVersion,
  };
}

function constraintRows({ course, config }: MeasureOptions, { result }: Measured, prescription: Prescription): Row[] {
  const identity = {
    patient_id: course.patientId,
    course_id: course.courseId,
    ROI_Number: result.number,
    ROI_Name: result.name,
  };
  const rx = prescription.doseGy === undefined ? {} : { rxGy: prescription.doseGy };
  return evaluateConstraints(
    config.dvh.constraintSheets,
    identity,
    (metric) => doseMetrics({ dvh: result.dvh, names: [metric], ...rx }).values[metric] ?? null,
  );
}

function roiFindings({ result, summary }: Measured): Finding[] {
  return [...summary.findings, ...result.findings].map((finding) => ({
    ...finding,
    context: { ROI_Number: result.number, ROI_Name: result.name },
  }));
}

/** A structure without a dose at all is a failed part of the course; everything less is a finding. */
function roiFailures({ result, summary }: Measured): PartFailure[] {
  if (result.meanGy !== null) return [];
  const cause = [...summary.findings, ...result.findings].find((finding) => finding.severity !== 'info');
  return [{ roi: result.name, code: cause?.code ?? 'roi.no_dose', reason: cause?.message ?? 'No dose was computed' }];
}
