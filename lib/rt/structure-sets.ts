/** The structure sets of a course that are measured: the drawn one, RS_auto.dcm and RS_custom.dcm. */

import { join } from 'node:path';

import { COURSE_FILES } from './layout.js';
import type { Course } from './model.js';
import { readJson } from './read-json.js';
import type { RunConfig } from './run-config.js';
import type { StructureFacts } from './segmented-structures.js';

export interface StructureSet {
  readonly path: string;
  readonly SOPInstanceUID: string;
  /** Undefined for files of the input: their path in tables is relative to the DICOM root. */
  readonly file?: string;
  readonly rule: string;
  readonly reason: string;
  source(roiNumber: number): string;
  partial(roiNumber: number): boolean;
}

export function drawnStructures(course: Course): StructureSet | undefined {
  const structures = course.primaryStructures;
  if (!structures) return undefined;
  const SOPInstanceUID = structures.SOPInstanceUID ?? '';
  const referenced = course.primaryPlan?.rtplan?.ReferencedStructureSetUIDs ?? [];
  const link = course.links.find(
    ({ kind, to }) => (kind === 'plan-structures' || kind === 'dose-structures') && to === structures.SOPInstanceUID,
  );
  const source = referenced.includes(SOPInstanceUID) ? 'PlanRTSTRUCT' : 'Manual';
  return {
    path: structures.path,
    SOPInstanceUID,
    rule: link?.rule ?? 'only_structure_set',
    reason: link?.reason ?? 'The structure set of this course',
    source: () => source,
    partial: () => false,
  };
}

/** Whether a run with these settings may find structures that nobody drew. */
export function findsStructures(course: Course, { segmentation, customModels }: RunConfig): boolean {
  return course.ct !== undefined && segmentation.found.length + customModels.found.length > 0;
}

/** What the segment stage wrote, or undefined. */
export const autoStructuresOf = (courseFolder: string): Promise<StructureFacts | undefined> =>
  readJson<StructureFacts>(join(courseFolder, COURSE_FILES.segmentation));

/** The drawn structures first, then those of models, then the user's own. */
export async function measuredStructures(course: Course, courseFolder: string): Promise<StructureSet[]> {
  const drawn = drawnStructures(course);
  const sets = drawn ? [drawn] : [];
  for (const [file, facts, reason] of [
    [COURSE_FILES.autoStructures, COURSE_FILES.segmentation, 'Segmented by models on the planning image'],
    [COURSE_FILES.customStructures, COURSE_FILES.segmentationCustom, 'Custom models and derived structures'],
  ] as const) {
    const known = await readJson<StructureFacts>(join(courseFolder, facts));
    if (!known) continue;
    const byNumber = new Map(known.rois.map((roi) => [roi.number, roi]));
    sets.push({
      path: join(courseFolder, file),
      file,
      SOPInstanceUID: known.SOPInstanceUID,
      rule: 'segmented',
      reason,
      source: (number) => byNumber.get(number)?.source ?? '',
      partial: (number) => byNumber.get(number)?.partial ?? false,
    });
  }
  return sets;
}
