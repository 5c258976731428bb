/**
 * radiomics: features of every structure on the planning image.
 *
 *   radiomics.json   one entry per structure: identity, feature values with unit and IBSI id, findings
 *
 * A structure that cannot be measured is an entry without values and a finding that says why.
 */

import { join } from 'node:path';

import { asIsovoxError } from '../../errors.js';
import { readRtStruct, readSeries } from '../../native/dicom.js';
import type { HeaderRecord, RoiSummary } from '../../native/dicom-types.js';
import { maskToVolume, voxelise } from '../../native/imaging.js';
import { extractFeatures, extractPyradiomics } from '../../native/radiomics.js';
import type { ExtractFeaturesResult } from '../../native/radiomics-types.js';
import { dispose } from '../../native/volume.js';
import type { Handle } from '../../runtime/surface.js';
import { writeText } from '../../table/atomic.js';
import type { Course, Finding } from '../model.js';
import { type RadiomicsEntry, settingsFor } from '../radiomics.js';
import { matchesAny } from '../roi-names.js';
import type { PartFailure, Stage, StageContext, StageOutcome } from '../stage.js';

/** Fewer slices than this are no volume to take textures from. */
const FEWEST_SLICES = 3;

export const radiomicsStage: Stage = {
  id: 'radiomics',
  title: 'Radiomics features',
  needs: ['organize'],
  lane: 'cpu',
  version: 1,
  settings: (config) => config.radiomics,
  inputs: (course) => [
    ...(course.ct?.headers.map((header) => header.path) ?? []),
    ...(course.primaryStructures ? [course.primaryStructures.path] : []),
  ],
  skip(course, config) {
    if (!config.radiomics.enabled) return 'switched off';
    if (!course.primaryStructures) return 'no structures';
    if (!course.ct) return 'no planning image';
    if (course.ct.headers.length < FEWEST_SLICES) return `an image of ${course.ct.headers.length} slices`;
    return undefined;
  },
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, context, signal, folder } = stage;
  const task = { context, signal };
  const { volume: image } = await readSeries({ paths: imagePaths(course) }, task);
  const { rois, summary } = await readRtStruct({ path: (course.primaryStructures as HeaderRecord).path }, task);
  const entries: RadiomicsEntry[] = [];
  const findings: Finding[] = [];
  const failures: PartFailure[] = [];
  for (const [index, roi] of summary.rois.entries()) {
    if (roi.contours === 0 || matchesAny(roi.ROIName, config.radiomics.skipRois)) continue;
    const about = { ROI_Number: roi.ROINumber, ROI_Name: roi.ROIName };
    let result: ExtractFeaturesResult & { voxels: number };
    try {
      result = await measure(stage, image, rois, index);
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      if (error.code === 'ERR_CANCELLED') throw error;
      failures.push({ roi: roi.ROIName, code: error.code, reason: error.message });
      continue;
    }
    findings.push(...result.findings.map((finding) => ({ ...finding, context: about })));
    entries.push({ ...identify(course, roi), settings_hash: stage.settingsHash, ...result });
    stage.progress(index + 1, summary.rois.length);
  }
  dispose(image);
  dispose(rois);
  await writeText(join(folder, 'radiomics.json'), `${JSON.stringify(entries)}\n`);
  return { status: 'done', findings, failures };
}

const imagePaths = (course: Course): string[] => course.ct?.headers.map((header) => header.path) ?? [];

async function measure(
  { config, context, signal, course }: StageContext,
  image: Handle<'Volume'>,
  rois: Handle<'RoiSet'>,
  index: number,
): Promise<ExtractFeaturesResult & { voxels: number }> {
  const task = { context, signal };
  const { dialect, minVoxels, maxVoxels } = config.radiomics;
  const { mask: coverage, volumeCc, box } = await voxelise({ rois, index, volume: image }, task);
  const voxels = voxelsIn(volumeCc, course);
  const refused = sizeFinding(voxels, minVoxels, maxVoxels);
  if (refused) {
    dispose(coverage);
    return { features: [], findings: [refused], voxels };
  }
  const mask = await maskToVolume({ mask: coverage, mode: 'binary' }, task);
  dispose(coverage);
  try {
    if (box.begin.some((begin, axis) => begin >= (box.end[axis] ?? 0))) return { features: [], findings: [], voxels };
    const volumes = { image, mask, label: 1 };
    const settings = settingsFor(config, course.ct?.Modality ?? 'CT');
    const result =
      dialect === 'pyradiomics'
        ? await extractPyradiomics({ ...volumes, settings: settings.pyradiomics }, task)
        : await extractFeatures({ ...volumes, settings: settings.ibsi }, task);
    return { ...result, voxels };
  } finally {
    dispose(mask);
  }
}

/** About how many voxels of the image the structure has. */
function voxelsIn(volumeCc: number, course: Course): number {
  const [first] = course.ct?.headers ?? [];
  const [rows = 1, columns = 1] = first?.PixelSpacing ?? [];
  const thickness = first?.SpacingBetweenSlices ?? first?.SliceThickness ?? 1;
  return Math.round((volumeCc * 1000) / (rows * columns * Math.abs(thickness)));
}

function sizeFinding(voxels: number, least: number, most: number): Finding | undefined {
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

function identify(course: Course, roi: RoiSummary) {
  const structures = course.primaryStructures as HeaderRecord;
  const planned =
    course.primaryPlan?.rtplan?.ReferencedStructureSetUIDs.includes(structures.SOPInstanceUID ?? '') ?? false;
  return {
    patient_id: course.patientId,
    course_id: course.courseId,
    modality: course.ct?.Modality ?? '',
    segmentation_source: planned ? 'PlanRTSTRUCT' : 'Manual',
    roi_number: roi.ROINumber,
    roi_name: roi.ROIName,
    roi_original_name: roi.ROIName,
    SeriesInstanceUID: course.ct?.SeriesInstanceUID ?? '',
    rtstruct_sop_instance_uid: structures.SOPInstanceUID ?? '',
  };
}
