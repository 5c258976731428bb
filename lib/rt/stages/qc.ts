/** qc: every check of a course, from its headers and from what organize and dvh wrote. Writes qc_reports/qc_report.json. */

import { access, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { asIsovoxError } from '../../errors.js';
import { readRtDose, readRtStruct } from '../../native/dicom.js';
import type { RtStructSummary } from '../../native/dicom-types.js';
import type { GridArgs, VoxeliseResult } from '../../native/dose-types.js';
import { voxelise } from '../../native/imaging.js';
import { addon } from '../../runtime/addon.js';
import type { Handle } from '../../runtime/surface.js';
import { writeText } from '../../table/atomic.js';
import { canonicalJson } from '../digest.js';
import { relativeInput } from '../input-path.js';
import { COURSE_FILES, copiesOf, planningNifti } from '../layout.js';
import type { Finding } from '../model.js';
import { type Prescription, prescriptionOf } from '../prescription.js';
import { type Check, finding, judge, overallStatus, skipped } from '../qc-check.js';
import { qcRow } from '../qc-columns.js';
import { checkImage, type ImageFacts } from '../qc-image.js';
import { checkConsistency, checkDose, checkLinks, checkPlan, checkPrescription } from '../qc-objects.js';
import { checkCoverage, checkCropping, checkStructures, checkVolumes, type StructureFacts } from '../qc-structures.js';
import type { Stage, StageContext, StageOutcome } from '../stage.js';

export const qcStage: Stage = {
  id: 'qc',
  title: 'Quality control',
  needs: ['organize'],
  after: ['dvh'],
  lane: 'cpu',
  version: 2,
  settings: ({ organize, dvh }) => ({ organize, prescriptionGy: dvh.prescriptionGy, skipRois: dvh.skipRois }),
  inputs: (course) => [
    ...(course.primaryStructures ? [course.primaryStructures.path] : []),
    ...course.doseChoice.doses.slice(0, 1).map((dose) => dose.path),
  ],
  run,
};

/** `metadata/dvh.json`, every part of which may be missing. */
interface DvhFacts {
  readonly rxGy?: number | null;
  readonly rxSource?: Prescription['source'];
  readonly rxReason?: string;
  readonly rois?: ReadonlyArray<{
    readonly number: number;
    readonly volumeCc?: number | null;
    readonly coveredFraction?: number | null;
    readonly meanGy?: number | null;
    readonly maxGy?: number | null;
    readonly findings?: readonly Finding[];
  }>;
}

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, courseFolder, folder } = stage;
  const image = await readJson<ImageFacts>(courseFolder, COURSE_FILES.image);
  const dvh = await readJson<DvhFacts>(courseFolder, COURSE_FILES.dvh);
  const structures = await structureFacts(stage, image, dvh);
  const rois = structures?.rois;
  const noDvh = dvh?.rois ? undefined : 'No dose-volume histograms were made';
  const checks: Check[] = [
    await checkFiles(stage),
    checkLinks(course),
    course.ct ? checkImage(course.ct, image) : skipped('ct_validation', 'The course has no planning image'),
    checkPlan(course),
    checkDose(course),
    checkConsistency(course),
    structures?.unreadable ? judge('structures', [structures.unreadable], '') : checkStructures(rois),
    checkCropping(rois, stackOf(image) !== undefined),
    checkCoverage(rois, noDvh),
    checkVolumes(rois, noDvh),
    checkPrescription(
      course,
      prescriptionIn(dvh) ?? prescriptionOf(course, config),
      (rois ?? []).map(({ name, type, meanGy, maxGy }) => ({
        name,
        type,
        meanGy: meanGy ?? null,
        maxGy: maxGy ?? null,
      })),
    ),
  ];
  const overall = overallStatus(checks);
  const report = { overall, checks, row: qcRow(course, checks, COURSE_FILES.qcReport) };
  const file = path.join(folder, COURSE_FILES.qcReport);
  await mkdir(path.dirname(file), { recursive: true });
  await writeText(file, `${canonicalJson(report)}\n`);
  return { status: 'done', findings: ownFindings(checks, [...course.findings, ...(image?.findings ?? [])]) };
}

/** Findings that only this stage made: those of the course and of earlier stages are told by them. */
function ownFindings(checks: readonly Check[], before: readonly Finding[]): Finding[] {
  const told = new Set(before.map((one) => canonicalJson(one)));
  const own = new Set([
    'file_existence',
    'ct_validation',
    'rp_validation',
    'rd_validation',
    'consistency',
    'structure_cropping',
    'volumes',
    'prescription',
  ]);
  return checks
    .filter(({ name }) => own.has(name))
    .flatMap(({ findings }) => findings.filter((one) => !told.has(canonicalJson(one))));
}

function prescriptionIn(dvh: DvhFacts | undefined): Prescription | undefined {
  if (dvh?.rxSource === undefined) return undefined;
  const reason = dvh.rxReason ?? '';
  return typeof dvh.rxGy === 'number'
    ? { doseGy: dvh.rxGy, source: dvh.rxSource, reason }
    : { source: dvh.rxSource, reason };
}

/** The copies are there, and a treatment has image, plan, dose and structures. */
async function checkFiles({ course, config, courseFolder }: StageContext): Promise<Check> {
  const expected = copiesOf(course, config.organize.copyImages).map(({ to }) => to);
  if (course.ct && config.organize.writeNifti) expected.push(planningNifti(course.ct.Modality));
  expected.push(COURSE_FILES.caseMetadata, COURSE_FILES.links, COURSE_FILES.fractions);
  const findings: Finding[] = [];
  const missing: string[] = [];
  for (const file of expected) {
    await access(path.join(courseFolder, file)).catch(() => missing.push(file));
  }
  if (missing.length > 0) {
    findings.push(
      finding(
        'file.missing',
        'fail',
        `${missing.length} file(s) of the course folder are missing, first ${missing[0]}`,
        { count: missing.length },
      ),
    );
  }
  const imagesOnly = course.plans.length + course.doses.length + course.structures.length === 0;
  if (!imagesOnly) {
    const parts: Array<[string, boolean]> = [
      ['planning image', course.ct !== undefined],
      ['plan', course.plans.length > 0],
      ['dose', course.doses.length > 0],
      ['structure set', course.structures.length > 0],
    ];
    for (const [part, there] of parts) {
      if (!there) findings.push(finding('course.incomplete', 'warn', `The course has no ${part}`, { part }));
    }
  }
  return judge('file_existence', findings, `${expected.length} files are in place${imagesOnly ? '; images only' : ''}`);
}

interface Structures {
  readonly rois?: readonly StructureFacts[];
  readonly unreadable?: Finding;
}

/** The image's lattice when it is a stack: one slice tells nothing of where structures end. */
function stackOf(image: ImageFacts | undefined): ImageFacts['grid'] {
  return (image?.grid?.size[2] ?? 0) > 1 ? image?.grid : undefined;
}

/** Reads the measured structure set once more for what only contours tell: where they end, and their volume. */
async function structureFacts(
  stage: StageContext,
  image: ImageFacts | undefined,
  dvh: DvhFacts | undefined,
): Promise<Structures | undefined> {
  const { course, context, signal, dicomRoot } = stage;
  const header = course.primaryStructures;
  if (!header) return undefined;
  let read: { rois: Handle<'RoiSet'>; summary: RtStructSummary };
  try {
    read = await readRtStruct({ path: header.path }, { context, signal });
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (['ERR_CANCELLED', 'ERR_IO', 'ERR_RESOURCE', 'ERR_INTERNAL'].includes(error.code)) throw error;
    const message = error.message.replaceAll(header.path, relativeInput(dicomRoot, header.path));
    return {
      unreadable: finding('roi.unreadable', 'fail', `The structure set cannot be read: ${message}`, {
        error: error.code,
      }),
    };
  }
  try {
    const onImage = stackOf(image);
    const grid = onImage ?? (await doseLattice(stage));
    const measured = new Map((dvh?.rois ?? []).map((roi) => [roi.number, roi]));
    const thickness = course.ct?.headers.find((slice) => slice.SliceThickness)?.SliceThickness;
    const rois: StructureFacts[] = [];
    for (const [index, roi] of read.summary.rois.entries()) {
      const known = measured.get(roi.ROINumber);
      const solid = grid && roi.contours > 0 ? await solidOn(stage, read.rois, index, grid, thickness) : undefined;
      const whole = solid !== undefined && insideOf(solid, grid as GridArgs);
      rois.push({
        number: roi.ROINumber,
        name: roi.ROIName,
        type: roi.RTROIInterpretedType ?? '',
        contours: roi.contours,
        findings: uniqueFindings([...(roi.findings as Finding[]), ...(known?.findings ?? [])]),
        volumeCc: known?.volumeCc ?? undefined,
        coveredFraction: known?.coveredFraction ?? undefined,
        meanGy: known?.meanGy,
        maxGy: known?.maxGy,
        contourVolumeCc: whole ? solid.volumeCc : undefined,
        box: onImage ? solid?.box : undefined,
        imageSize: onImage?.size,
      });
    }
    return { rois };
  } finally {
    addon().dispose(read.rois);
  }
}

/** Each contour's area times the slice distance, on the planes of `grid`: another way to the volume than the dose-volume stage's. */
async function solidOn(
  { context, signal }: StageContext,
  rois: Handle<'RoiSet'>,
  index: number,
  grid: GridArgs,
  thickness: number | undefined,
): Promise<VoxeliseResult | undefined> {
  try {
    const result = await voxelise(
      {
        rois,
        index,
        grid: {
          size: grid.size,
          spacing: grid.spacing,
          origin: grid.origin,
          ...(grid.direction ? { direction: grid.direction } : {}),
        },
        interpolation: 'slab',
        endCaps: 'half',
        coverage: 'section',
        ...(thickness ? { sliceThicknessMm: thickness } : {}),
      },
      { context, signal },
    );
    addon().dispose(result.mask);
    return result;
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (['ERR_CANCELLED', 'ERR_IO', 'ERR_RESOURCE', 'ERR_INTERNAL'].includes(error.code)) throw error;
    return undefined;
  }
}

/** Without an image the dose grid is the lattice. */
async function doseLattice({ course, context, signal }: StageContext): Promise<GridArgs | undefined> {
  const [dose] = course.doseChoice.doses;
  if (!dose) return undefined;
  try {
    const read = await readRtDose({ path: dose.path }, { context, signal });
    const { grid } = addon().describeDose(read.dose);
    addon().dispose(read.dose);
    return { size: grid.size, spacing: grid.spacing, origin: grid.origin, direction: grid.direction };
  } catch (thrown) {
    const error = asIsovoxError(thrown);
    if (['ERR_CANCELLED', 'ERR_IO', 'ERR_RESOURCE', 'ERR_INTERNAL'].includes(error.code)) throw error;
    return undefined;
  }
}

/** Whether the structure ends before the lattice does: otherwise a part of it may lie outside. */
function insideOf({ box }: VoxeliseResult, grid: GridArgs): boolean {
  return box.begin.every(
    (begin, axis) => begin > 0 && (box.end[axis] ?? 0) < (grid.size[axis] ?? 0) && begin < (box.end[axis] ?? 0),
  );
}

/** Each finding once; a structure without contours is empty of itself. */
function uniqueFindings(findings: readonly Finding[]): Finding[] {
  const undrawn = findings.some(({ code }) => code === 'roi.no_contours');
  const kept = undrawn ? findings.filter(({ code }) => code !== 'roi.empty') : findings;
  return [...new Map(kept.map((one) => [`${one.code}\n${one.message}`, one])).values()];
}

async function readJson<T>(courseFolder: string, file: string): Promise<T | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path.join(courseFolder, file), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
