/**
 * organize: the course folder.
 *
 *   RP.dcm RD.dcm RS.dcm        the plan, dose and structure set that are evaluated
 *   DICOM/, DICOM_related/, MR/ copies of every object of the course; none in a run with pseudonyms
 *   NIFTI/ct.nii.gz             the planning image
 *   metadata/*.json             case metadata, course, links, fractions, image geometry
 */

import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { asIsovoxError } from '../../errors.js';
import type { HeaderRecord } from '../../native/dicom-types.js';
import { writeVolume } from '../../native/formats.js';
import { addon } from '../../runtime/addon.js';
import { eachInOrder } from '../../runtime/each.js';
import { writeText } from '../../table/atomic.js';
import { caseMetadataRow } from '../case-metadata.js';
import { DATA_FAULTS } from '../data-faults.js';
import { canonicalJson } from '../digest.js';
import { fractionRows } from '../fractions.js';
import { copyInput } from '../input-files.js';
import { relativeInput } from '../input-path.js';
import { stopIfAborted } from '../inventory.js';
import { COURSE_FILES, copiesOf, planningNifti } from '../layout.js';
import type { Course, Finding, ImageSeries } from '../model.js';
import { compareText } from '../names.js';
import { prescriptionOf } from '../prescription.js';
import { readImages } from '../read-images.js';
import { rewriteObjects } from '../rewrite-objects.js';
import type { RunConfig } from '../run-config.js';
import { sliceCount } from '../series.js';
import type { PartFailure, Stage, StageContext, StageOutcome } from '../stage.js';

const COPIES_AT_ONCE = 8;

export const organizeStage: Stage = {
  id: 'organize',
  title: 'Course folders, images and metadata',
  needs: [],
  lane: 'io',
  version: 1,
  settings: ({ organize, dvh, output }) => ({
    organize,
    prescriptionGy: dvh.prescriptionGy,
    ...(output.pseudonymise ? { pseudonymise: true } : {}),
  }),
  inputs: (course) => copiesOf(course, true).map(({ from }) => from),
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config } = stage;
  const lost = config.output.pseudonymise ? await rewriteObjects(stage) : [];
  if (!config.output.pseudonymise) await copyObjects(stage);
  const image = course.ct ? await planningImage(stage, course.ct) : undefined;
  const write = (file: string, data: unknown) => writeJson(path.join(stage.folder, file), data);
  await write(COURSE_FILES.caseMetadata, caseMetadataRow(course, config));
  await write(COURSE_FILES.fractions, fractionRows(course));
  await write(COURSE_FILES.links, sortedLinks(course));
  await write(COURSE_FILES.course, describeCourse(course, config, stage.dicomRoot));
  if (image) await write(COURSE_FILES.image, image.facts);
  return { status: 'done', findings: image?.findings ?? [], failures: [...lost, ...(image?.failures ?? [])] };
}

async function copyObjects({ course, config, folder, context, signal, progress }: StageContext): Promise<void> {
  const tasks = copiesOf(course, config.organize.copyImages);
  const folders = new Set(tasks.map(({ to }) => path.dirname(path.join(folder, to))));
  for (const one of folders) await mkdir(one, { recursive: true });
  let done = 0;
  await eachInOrder(tasks, COPIES_AT_ONCE, async (task) => {
    stopIfAborted(signal);
    await copyInput(task.from, path.join(folder, task.to), { context, signal });
    progress(++done, tasks.length);
  });
}

interface ImageOutcome {
  readonly facts: unknown;
  readonly findings: readonly Finding[];
  readonly failures: readonly PartFailure[];
}

/** Reads all slices once: the geometry that QC judges, and the NIfTI. A broken image does not cost the course its dose. */
async function planningImage(stage: StageContext, ct: ImageSeries): Promise<ImageOutcome> {
  const { context, signal, config, folder } = stage;
  const identity = {
    SeriesInstanceUID: ct.SeriesInstanceUID,
    FrameOfReferenceUID: ct.FrameOfReferenceUID,
    Modality: ct.Modality,
    slices: sliceCount(ct),
  };
  try {
    const { volume, ...summary } = await readImages(ct, { context, signal });
    try {
      const { size, spacing, origin, direction, orientation } = addon().describeVolume(volume).grid;
      let nifti: string | undefined;
      if (config.organize.writeNifti) {
        nifti = planningNifti(ct.Modality);
        const file = path.join(folder, nifti);
        await mkdir(path.dirname(file), { recursive: true });
        await writeVolume({ volume, path: file }, { context, signal });
      }
      const findings = summary.findings as Finding[];
      return {
        facts: {
          ...identity,
          readable: true,
          grid: { size, spacing, origin, direction, orientation },
          positionsMm: summary.positionsMm,
          findings,
          ...(nifti ? { nifti } : {}),
        },
        findings,
        failures: [],
      };
    } finally {
      addon().dispose(volume);
    }
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (!DATA_FAULTS.has(error.code)) throw error;
    const reason = ct.headers.reduce(
      (text, header) => text.replaceAll(header.path, relativeInput(stage.dicomRoot, header.path)),
      error.message,
    );
    const finding: Finding = {
      code: 'image.unreadable',
      severity: 'fail',
      message: `The planning image cannot be read: ${reason}`,
      context: { SeriesInstanceUID: ct.SeriesInstanceUID, error: error.code },
    };
    return {
      facts: { ...identity, readable: false, findings: [finding] },
      findings: [finding],
      failures: [{ code: error.code, reason: finding.message }],
    };
  }
}

function sortedLinks(course: Course) {
  return [...course.links].sort(
    (a, b) => compareText(a.kind, b.kind) || compareText(a.from, b.from) || compareText(a.to, b.to),
  );
}

/** The course as plain data: what belongs to it, what was chosen and why. */
function describeCourse(course: Course, config: RunConfig, dicomRoot: string) {
  const brief = (record: HeaderRecord) => ({
    SOPInstanceUID: record.SOPInstanceUID ?? '',
    path: relativeInput(dicomRoot, record.path),
  });
  const series = (one: ImageSeries) => ({
    SeriesInstanceUID: one.SeriesInstanceUID,
    Modality: one.Modality,
    slices: sliceCount(one),
  });
  const { doseClass, sum, reason, doses, moves = [] } = course.doseChoice;
  return {
    patient_id: course.patientId,
    course_id: course.courseId,
    image: course.ct ? series(course.ct) : null,
    other_images: course.otherImages.map(series),
    plans: course.plans.map(brief),
    doses: course.doses.map(brief),
    structure_sets: course.structures.map(brief),
    records: course.records.map(brief),
    registrations: course.registrations.map(brief),
    primary_plan: course.primaryPlan?.SOPInstanceUID ?? null,
    primary_structures: course.primaryStructures?.SOPInstanceUID ?? null,
    dose_choice: {
      class: doseClass,
      sum,
      reason,
      SOPInstanceUIDs: doses.map((dose) => dose.SOPInstanceUID ?? ''),
      ...(moves.length > 0 && {
        moves: moves.map(({ dose, registration }) => ({
          dose,
          registration: registration.SOPInstanceUID ?? '',
        })),
      }),
    },
    prescription: prescriptionOf(course, config),
    findings: course.findings,
  };
}

async function writeJson(file: string, data: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeText(file, `${canonicalJson(data)}\n`);
}
