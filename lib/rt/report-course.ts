/** Gathers what the page of a course says, from the files that the other stages left in the course folder. */

import { join } from 'node:path';
import type {
  CheckData,
  CheckStatus,
  ConstraintData,
  CourseReportData,
  Fact,
  FindingData,
  RoiData,
} from '../report/data.js';
import { fixed, gray, plural } from '../report/number.js';
import { packageVersion } from '../runtime/package-root.js';
import type { Row } from '../table/table.js';
import { dvhColumns } from './dvh-columns.js';
import { COURSE_FILES } from './layout.js';
import type { Course, Finding } from './model.js';
import { readJson } from './read-json.js';
import { isTarget } from './report-targets.js';
import type { RunConfig } from './run-config.js';
import { type Manifest, StageStore } from './stage-store.js';

interface DvhFacts {
  rxGy?: number | null;
  rxSource?: string;
  rxReason?: string;
  rois?: Array<{
    number: number;
    name: string;
    type?: string;
    color?: [number, number, number] | null;
    volumeCc?: number;
    meanGy?: number | null;
    maxGy?: number | null;
  }>;
}

interface Curves {
  rois?: Array<{ number: number; doseGy: number[]; volumeCc: number[] }>;
}

interface QcReport {
  overall?: string;
  checks?: Array<{ name?: string; status?: string; reason?: string; findings?: Finding[] }>;
}

interface ImageFacts {
  Modality?: string;
  slices?: number;
  grid?: { size?: number[]; spacing?: number[] };
}

/** What the stages before this one left. A file that is absent or broken leaves its part of the page empty. */
export interface CourseFiles {
  readonly dvh: DvhFacts | undefined;
  readonly curves: Curves | undefined;
  readonly rows: readonly Row[];
  readonly constraints: readonly Row[] | undefined;
  readonly qc: QcReport | undefined;
  readonly image: ImageFacts | undefined;
  readonly caseMetadata: Row | undefined;
  readonly manifests: readonly Manifest[];
}

export async function readCourseFiles(courseFolder: string): Promise<CourseFiles> {
  const store = new StageStore(courseFolder);
  const [dvh, curves, rows, constraints, qc, image, caseMetadata, ...manifests] = await Promise.all([
    readJson<DvhFacts>(join(courseFolder, COURSE_FILES.dvh)),
    readJson<Curves>(join(courseFolder, 'dvh_curves.json')),
    readJson<Row[]>(join(courseFolder, 'dvh_metrics.json')),
    readJson<Row[]>(join(courseFolder, 'constraints.json')),
    readJson<QcReport>(join(courseFolder, COURSE_FILES.qcReport)),
    readJson<ImageFacts>(join(courseFolder, COURSE_FILES.image)),
    readJson<Row>(join(courseFolder, COURSE_FILES.caseMetadata)),
    ...['organize', 'dvh', 'qc'].map((stage) => store.manifest(stage)),
  ]);
  const present = manifests.filter((manifest) => manifest !== undefined);
  return {
    dvh,
    curves,
    rows: Array.isArray(rows) ? rows : [],
    constraints,
    qc,
    image,
    caseMetadata,
    manifests: present,
  };
}

/** Structures in the order of the metrics, which is that of the structure set. */
export function reportRois({ dvh, curves }: CourseFiles): RoiData[] {
  const byNumber = new Map((curves?.rois ?? []).map((curve) => [curve.number, curve]));
  return (dvh?.rois ?? []).map((roi) => {
    const curve = byNumber.get(roi.number);
    return {
      number: roi.number,
      name: roi.name,
      type: roi.type || undefined,
      isTarget: isTarget(roi.name, roi.type),
      color: roi.color ?? undefined,
      volumeCc: roi.volumeCc,
      meanGy: roi.meanGy ?? undefined,
      maxGy: roi.maxGy ?? undefined,
      curve: curve && { doseGy: curve.doseGy, volumeCc: curve.volumeCc },
    };
  });
}

export function reportFinding({ code, severity, message, context }: Finding): FindingData {
  const subject = context?.ROI_Name ?? context?.roi;
  return { code, severity, message, subject: subject === undefined ? undefined : String(subject) };
}

/** Checks repeat what stages found: one finding is shown once. */
function findingKey({ code, subject = '', message }: FindingData): string {
  return JSON.stringify([code, subject, message]);
}

const STATUSES = new Set<string>(['PASS', 'WARNING', 'FAIL', 'ERROR', 'SKIPPED']);

function checkStatus(text: string | undefined): CheckStatus {
  return text !== undefined && STATUSES.has(text) ? (text as CheckStatus) : 'SKIPPED';
}

function checks({ qc }: CourseFiles): CheckData[] {
  return (qc?.checks ?? []).map(({ name = '', status, reason = '', findings = [] }) => ({
    name,
    status: checkStatus(status),
    reason,
    findings: findings.map(reportFinding),
  }));
}

/** The limits that were looked at; undefined when the run had no constraint sheet. */
function constraintsOf({ constraints }: CourseFiles, config: RunConfig): ConstraintData[] | undefined {
  if (config.dvh.constraintSheets.length === 0) return undefined;
  return (constraints ?? []).map((row) => ({
    roi: String(row.ROI_Name ?? ''),
    sheet: String(row.sheet ?? ''),
    limit: `${row.metric} ${row.comparison} ${row.limit} ${row.unit}`.trim(),
    value: typeof row.value === 'number' ? row.value : undefined,
    result: row.result === 'pass' || row.result === 'fail' ? row.result : 'unknown',
    endpoint: String(row.endpoint ?? ''),
  }));
}

const RX_SOURCE: Record<string, string> = {
  explicit: 'given in the configuration',
  rtplan_dicom: 'from the plan',
  estimated_ctv1_d95: 'estimated: D95 of CTV1',
  none: 'none found',
};

function headline(course: Course, files: CourseFiles, rois: readonly RoiData[]): Fact[] {
  const { dvh, image, caseMetadata, rows } = files;
  const facts: Fact[] = [];
  const rxGy = dvh?.rxGy ?? undefined;
  const label = caseMetadata?.plan_label;
  const fractions = caseMetadata?.fractions_planned;
  const origin = RX_SOURCE[dvh?.rxSource ?? 'none'] ?? dvh?.rxSource;
  if (dvh) {
    const schedule = typeof fractions === 'number' && fractions > 0 ? `${plural(fractions, 'fraction')}; ` : '';
    facts.push({ label: 'Prescription', value: gray(rxGy), note: `${schedule}${origin}` });
  }
  const maximum = Math.max(...rois.map(({ maxGy }) => maxGy ?? Number.NEGATIVE_INFINITY));
  if (Number.isFinite(maximum)) {
    const part = rxGy ? `${fixed((100 * maximum) / rxGy, 1)} % of the prescription` : undefined;
    facts.push({ label: 'Highest dose in a structure', value: gray(maximum), note: part });
  }
  const target = rois
    .filter((roi) => roi.isTarget && roi.meanGy !== undefined)
    .sort((a, b) => (b.meanGy ?? 0) - (a.meanGy ?? 0))[0];
  const d95 = target && rows.find((row) => row.ROI_Number === target.number)?.D95Gy;
  if (target && typeof d95 === 'number') {
    facts.push({
      label: target.name,
      value: `D95 ${gray(d95)}`,
      note: `${fixed(target.volumeCc, 1)} cm³, mean ${gray(target.meanGy)}`,
    });
  }
  if (rois.length > 0) {
    const measured = rois.filter(({ curve }) => curve).length;
    facts.push({
      label: 'Structures',
      value: fixed(rois.length, 0),
      note: measured === rois.length ? undefined : `${measured} with a dose`,
    });
  }
  if (typeof label === 'string' && label !== '') {
    facts.push({
      label: 'Plan',
      value: label,
      note: course.plans.length > 1 ? `one of ${course.plans.length}` : undefined,
    });
  }
  if (image) {
    const { size = [], spacing = [] } = image.grid ?? {};
    const lattice = spacing.length === 3 ? spacing.map((step) => fixed(step, 2)).join(' × ') : '';
    facts.push({
      label: image.Modality ?? 'Image',
      value: plural(image.slices ?? size[2] ?? 0, 'slice'),
      note: lattice && `${lattice} mm`,
    });
  }
  return facts;
}

/** Files of one kind are many: more than this and they are counted, not listed. */
const MOST_LISTED = 24;

function provenance(course: Course, files: CourseFiles, settingsHash: string): Fact[] {
  const { manifests } = files;
  const uid = (label: string, value: string | undefined) => (value ? [{ label, value }] : []);
  const inputs = new Map(manifests.flatMap((manifest) => manifest.inputs.map((input) => [input.path, input])));
  const images = new Set(course.ct?.headers.map(({ path }) => path.split(/[\\/]/).at(-1)));
  const listed = [...inputs.values()].filter(({ path }) => !images.has(path.split('/').at(-1)));
  return [
    { label: 'Isovox', value: packageVersion },
    { label: 'Settings of the report', value: settingsHash },
    ...manifests.map(({ stage, settingsHash: hash }) => ({ label: `Settings of ${stage}`, value: hash })),
    ...uid('Image series', course.ct?.SeriesInstanceUID),
    ...uid('Structure set', course.primaryStructures?.SOPInstanceUID),
    ...uid('Plan', course.primaryPlan?.SOPInstanceUID),
    ...course.doseChoice.doses.flatMap((dose) => uid('Dose', dose.SOPInstanceUID)),
    ...listed.slice(0, MOST_LISTED).map(({ path, sha256, size }) => ({
      label: 'Input',
      value: path,
      note: `${fixed(size, 0)} bytes, SHA-256 ${sha256}`,
    })),
    {
      label: 'All inputs',
      value: plural(inputs.size, 'file'),
      note: 'with size and SHA-256 in .isovox of the course folder',
    },
  ];
}

function curvesAbsent(course: Course): string {
  if (!course.primaryStructures) return 'The course has no structure set, so nothing was measured.';
  if (course.doses.length === 0) return 'The course has no dose, so nothing was measured.';
  if (course.doseChoice.doses.length === 0) return `No dose may be used: ${course.doseChoice.reason}`;
  return 'No structure has a dose-volume curve.';
}

export interface GatherOptions {
  readonly course: Course;
  readonly config: RunConfig;
  readonly files: CourseFiles;
  readonly rois: readonly RoiData[];
  readonly images: CourseReportData['images'];
  readonly settingsHash: string;
}

export function courseReport({ course, config, files, rois, images, settingsHash }: GatherOptions): CourseReportData {
  const { dvh, rows, qc, manifests } = files;
  const own = manifests.filter(({ stage }) => stage !== 'qc').flatMap(({ findings }) => findings);
  const judged = checks(files);
  const said = new Set(judged.flatMap((check) => check.findings.map(findingKey)));
  const others = [...course.findings, ...own].map(reportFinding).filter((finding) => !said.has(findingKey(finding)));
  return {
    patientId: course.patientId,
    courseId: course.courseId,
    cohortHref: '../../_RESULTS/report.html',
    facts: headline(course, files, rois),
    qc: { overall: checkStatus(qc?.overall), checks: judged },
    dose: {
      doseClass: course.doseChoice.doseClass,
      reason: course.doseChoice.reason,
      rxGy: dvh?.rxGy ?? undefined,
      rxSource: dvh && [RX_SOURCE[dvh.rxSource ?? 'none'] ?? dvh.rxSource, dvh.rxReason].filter(Boolean).join('. '),
    },
    rois,
    curvesAbsent: curvesAbsent(course),
    metrics: { name: 'dvh_metrics', title: 'Dose-volume metrics', columns: dvhColumns(config.dvh), rows },
    constraints: constraintsOf(files, config),
    images,
    links: course.links.map(({ kind, from, to, rule, reason }) => ({ kind, from, to, rule, reason })),
    findings: others,
    provenance: provenance(course, files, settingsHash),
  };
}
