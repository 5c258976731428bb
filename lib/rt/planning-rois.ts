/** Structures of a course as masks on an image, one by one, with limits on size and time: a structure that fails costs no other. */

import { asIsovoxError, IsovoxError } from '../errors.js';
import { readRtStruct } from '../native/dicom.js';
import type { RoiSummary } from '../native/dicom-types.js';
import { maskToVolume, voxelise } from '../native/imaging.js';
import { describeVolume, dispose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { FEWEST_SLICES, type MeasuredImage, planningImage } from './measured-images.js';
import type { Course, Finding } from './model.js';
import type { RunConfig } from './run-config.js';
import type { PartFailure, StageContext } from './stage.js';
import { findsStructures, measuredStructures, type StructureSet } from './structure-sets.js';

export interface RoiLimits {
  readonly minVoxels: number;
  readonly maxVoxels: number;
  readonly timeoutSeconds: number;
  /** One structure at a time. */
  readonly sequential: boolean;
}

export interface RoiTask {
  readonly image: Handle<'Volume'>;
  readonly mask: Handle<'Volume'>;
  readonly roi: RoiSummary;
  /** With the structure's deadline. */
  readonly task: SubmitOptions;
}

/** What a structure gave; `result` is absent when it has no voxels to measure. */
export interface RoiOutcome<Result> {
  readonly set: StructureSet;
  readonly roi: RoiSummary;
  readonly voxels: number;
  readonly result?: Result;
  readonly findings: readonly Finding[];
}

export interface RoiOutcomes<Result> {
  /** In the order of the structure sets, drawn ones first. */
  readonly outcomes: readonly RoiOutcome<Result>[];
  readonly findings: readonly Finding[];
  readonly failures: readonly PartFailure[];
}

/** Structures in flight at a time: each brings parallel work of its own. */
const IN_FLIGHT = 3;

/** Absolute paths of the image and the structures: what a stage over structures reads. */
export const roiInputs = (course: Course): string[] => [
  ...imagePaths(course),
  ...(course.primaryStructures ? [course.primaryStructures.path] : []),
];

/** Why a course has no structures to measure. */
export function withoutRois(course: Course, config: RunConfig): string | undefined {
  if (!course.primaryStructures && !findsStructures(course, config)) return 'no structures';
  if (!course.ct) return 'no planning image';
  if (course.ct.headers.length < FEWEST_SLICES) return `an image of ${course.ct.headers.length} slices`;
  return undefined;
}

interface Chosen {
  readonly set: StructureSet;
  readonly rois: Handle<'RoiSet'>;
  readonly roi: RoiSummary;
  readonly index: number;
}

/**
 * Calls `measure` for the structures that `wanted` chooses, drawn, found by models or made of others, on the planning
 * image or another one.
 */
export async function measureRois<Result>(
  stage: StageContext,
  limits: RoiLimits,
  wanted: (roi: RoiSummary) => boolean,
  measure: (task: RoiTask) => Promise<{ result: Result; findings: readonly Finding[] }>,
  measured: MeasuredImage = planningImage(stage.course),
): Promise<RoiOutcomes<Result>> {
  const { course, context, signal } = stage;
  const task = { context, signal };
  const { volume: image, findings: ofImage } = await measured.open(task);
  const opened: Array<Handle<'RoiSet'>> = [];
  const chosen: Chosen[] = [];
  for (const set of await measuredStructures(course, stage.courseFolder)) {
    const { rois, summary } = await readRtStruct({ path: set.path }, task);
    opened.push(rois);
    for (const [index, roi] of summary.rois.entries())
      if (roi.contours > 0 && wanted(roi)) chosen.push({ set, rois, roi, index });
  }
  const outcomes: (RoiOutcome<Result> | PartFailure)[] = new Array(chosen.length);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < chosen.length; at = next++) {
      outcomes[at] = await measureOne(stage, limits, image, chosen[at] as Chosen, measure);
      stage.progress(++done, chosen.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: limits.sequential ? 1 : IN_FLIGHT }, work));
  } finally {
    dispose(image);
    for (const rois of opened) dispose(rois);
  }
  const isFailure = (one: RoiOutcome<Result> | PartFailure): one is PartFailure => 'reason' in one;
  const failures = outcomes.filter(isFailure);
  const results = outcomes.filter((one): one is RoiOutcome<Result> => !isFailure(one));
  const about = (roi: RoiSummary) => ({ ROI_Number: roi.ROINumber, ROI_Name: roi.ROIName });
  return {
    outcomes: results,
    findings: [
      ...(measured.uid === course.ct?.SeriesInstanceUID ? [] : ofImage),
      ...results.flatMap(({ roi, findings }) => findings.map((finding) => ({ ...finding, context: about(roi) }))),
      ...failures.map(({ roi, reason }) => ({
        code: 'roi.failed',
        severity: 'fail' as const,
        message: reason,
        context: { ROI_Name: roi ?? '' },
      })),
    ],
    failures,
  };
}

async function measureOne<Result>(
  { context, signal }: StageContext,
  limits: RoiLimits,
  image: Handle<'Volume'>,
  { set, rois, roi, index }: Chosen,
  measure: (task: RoiTask) => Promise<{ result: Result; findings: readonly Finding[] }>,
): Promise<RoiOutcome<Result> | PartFailure> {
  const deadline = AbortSignal.timeout(limits.timeoutSeconds * 1000);
  const task = { context, signal: AbortSignal.any([signal, deadline]) };
  try {
    const { mask: coverage, volumeCc, box, findings: placing } = await voxelise({ rois, index, volume: image }, task);
    try {
      const voxels = voxelsIn(volumeCc, image);
      const refused = sizeFinding(voxels, limits);
      if (refused) return { set, roi, voxels, findings: [...placing, refused] };
      if (box.begin.some((begin, axis) => begin >= (box.end[axis] ?? 0)))
        return { set, roi, voxels, findings: placing };
      const mask = await maskToVolume({ mask: coverage, mode: 'binary' }, task);
      try {
        const { result, findings } = await measure({ image, mask, roi, task });
        return { set, roi, voxels, result, findings: [...placing, ...findings] };
      } finally {
        dispose(mask);
      }
    } finally {
      dispose(coverage);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const error = deadline.aborted ? overdue(limits.timeoutSeconds) : asIsovoxError(thrown);
    return { roi: roi.ROIName, code: error.code, reason: error.message };
  }
}

function overdue(seconds: number): IsovoxError {
  const message = `Not measured within ${seconds} s; a longer radiomics.timeoutSeconds or a coarser spacing may help`;
  return new IsovoxError('ERR_TIMEOUT', message, { limit: String(seconds) });
}

const imagePaths = (course: Course): string[] => course.ct?.headers.map((header) => header.path) ?? [];

/** About how many voxels of the image the structure has. */
function voxelsIn(volumeCc: number, image: Handle<'Volume'>): number {
  const [x, y, z] = describeVolume(image).grid.spacing as [number, number, number];
  return Math.round((volumeCc * 1000) / (x * y * z));
}

function sizeFinding(voxels: number, { minVoxels: least, maxVoxels: most }: RoiLimits): Finding | undefined {
  if (voxels < least) {
    return {
      code: 'roi.too_small',
      severity: 'warn',
      message: `About ${voxels} voxels; features need at least ${least}`,
    };
  }
  if (voxels > most) {
    return {
      code: 'roi.too_large',
      severity: 'warn',
      message: `About ${voxels} voxels; the limit is ${most} (radiomics.maxVoxels)`,
    };
  }
  return undefined;
}

/** Identity of a structure's row. */
export function identifyRoi(course: Course, set: StructureSet, roi: RoiSummary) {
  return {
    patient_id: course.patientId,
    course_id: course.courseId,
    modality: course.ct?.Modality ?? '',
    segmentation_source: set.source(roi.ROINumber),
    roi_number: roi.ROINumber,
    roi_name: roi.ROIName,
    roi_original_name: roi.ROIName,
    SeriesInstanceUID: course.ct?.SeriesInstanceUID ?? '',
    rtstruct_sop_instance_uid: set.SOPInstanceUID,
  };
}
