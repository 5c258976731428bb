/**
 * report: one self-contained page per course.
 *
 *   report.html    curves, pictures, metrics, quality, links, provenance
 */

import { access } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError } from '../../errors.js';
import { readRtStruct } from '../../native/dicom.js';
import type { CourseReportData, RoiData } from '../../report/data.js';
import { addon } from '../../runtime/addon.js';
import { writeText } from '../../table/atomic.js';
import { evaluatedPaths } from '../dose-moves.js';
import { relativeInput } from '../input-path.js';
import { COURSE_FILES } from '../layout.js';
import type { Course, Finding } from '../model.js';
import { courseReport, readCourseFiles, reportRois } from '../report-course.js';
import { coursePictures } from '../report-images.js';
import { isTarget } from '../report-targets.js';
import { matchesAny } from '../roi-names.js';
import type { Stage, StageContext, StageOutcome } from '../stage.js';

/** Faults of what is pictured: they cost the pictures, not the page. */
const PICTURE_FAULTS = new Set(['ERR_CORRUPT_DATA', 'ERR_GEOMETRY', 'ERR_UNSUPPORTED', 'ERR_NOT_FOUND']);

export const reportStage: Stage = {
  id: 'report',
  title: 'A self-contained page per course',
  needs: ['organize'],
  after: ['dvh', 'qc'],
  lane: 'cpu',
  version: 2,
  settings: ({ report, dvh }) => ({ report, dvh }),
  inputs: (course) => [
    ...(course.ct?.headers.map(({ path }) => path) ?? []),
    ...(course.primaryStructures ? [course.primaryStructures.path] : []),
    ...evaluatedPaths(course),
  ],
  run,
};

/** The dose that was evaluated: the sum that the dvh stage wrote, or the one dose itself. */
async function evaluatedDose({ course, courseFolder }: StageContext): Promise<string | undefined> {
  const { doses } = course.doseChoice;
  if (doses.length <= 1) return doses[0]?.path;
  const sum = join(courseFolder, COURSE_FILES.doseSum);
  const exists = await access(sum).then(
    () => true,
    () => false,
  );
  return exists ? sum : undefined;
}

/** Structures as they were drawn, for a course in which nothing was measured. */
async function drawnRois({ course, config, context, signal }: StageContext): Promise<RoiData[]> {
  if (!course.primaryStructures) return [];
  const { rois, summary } = await readRtStruct({ path: course.primaryStructures.path }, { context, signal });
  addon().dispose(rois);
  return summary.rois
    .filter(({ ROIName }) => !matchesAny(ROIName, config.dvh.skipRois))
    .map((roi) => ({
      number: roi.ROINumber,
      name: roi.ROIName,
      type: roi.RTROIInterpretedType,
      isTarget: isTarget(roi.ROIName, roi.RTROIInterpretedType),
      color: roi.ROIDisplayColor,
    }));
}

/** A message that names no place of this machine. */
function withoutPaths(message: string, course: Course, dicomRoot: string): string {
  return reportStage
    .inputs(course)
    .reduce((text, path) => text.replaceAll(path, relativeInput(dicomRoot, path)), message);
}

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, context, signal, folder, courseFolder, settingsHash, dicomRoot } = stage;
  const files = await readCourseFiles(courseFolder);
  const findings: Finding[] = [];
  let rois = reportRois(files);
  let images: CourseReportData['images'];
  try {
    if (!files.dvh) rois = await drawnRois(stage);
    images = await coursePictures(
      {
        image: course.ct,
        structures: course.primaryStructures,
        dosePath: await evaluatedDose(stage),
        rxGy: files.dvh?.rxGy ?? undefined,
        roiNumbers: rois.map(({ number }) => number),
        meanGy: new Map(rois.map(({ number, meanGy }) => [number, meanGy ?? 0])),
        settings: config.report,
      },
      { context, signal },
    );
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (!PICTURE_FAULTS.has(error.code)) throw error;
    const message = `The pictures of the report could not be made: ${withoutPaths(error.message, course, dicomRoot)}`;
    findings.push({ code: 'report.no_pictures', severity: 'warn', message, context: { error: error.code } });
    images = { absent: message };
  }
  const { coursePage } = await import('../../report/course-page.js');
  const page = coursePage(courseReport({ course, config, files, rois, images, settingsHash }));
  await writeText(join(folder, 'report.html'), page);
  return { status: 'done', findings };
}
