/** aggregate: the rows of every course into the cohort's tables under _RESULTS, and the file that documents them. */

import { mkdir, rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { COHORT_METRIC_NAMES } from '../report/distributions.js';
import { isS3 } from '../runtime/s3.js';
import { sweepTemporaries, writeText } from '../table/atomic.js';
import { columnsJson } from '../table/columns.js';
import type { Column, Row, Table, TableHead } from '../table/table.js';
import { writeTableFiles } from '../table/table-files.js';
import { writeXlsx } from '../table/xlsx.js';
import { CASE_METADATA_COLUMNS } from './case-metadata.js';
import { writeCohortReport } from './cohort-report.js';
import { CONSTRAINT_COLUMNS } from './constraints.js';
import type { CourseResult, Failure } from './course-run.js';
import type { Discovery } from './discover.js';
import { DVH_CURVE_COLUMNS, dvhColumns } from './dvh-columns.js';
import { FRACTIONS_COLUMNS } from './fractions.js';
import { inputRoot, relativeInput } from './input-path.js';
import type { Finding } from './model.js';
import { QC_COLUMNS } from './qc-columns.js';
import { RadiomicsColumns, type RadiomicsEntry, radiomicsRow } from './radiomics.js';
import { readJson } from './read-json.js';
import { ROBUSTNESS_VALUES, type RobustnessEntry, robustnessSummary, robustnessValueRows } from './robustness.js';
import type { RunConfig } from './run-config.js';
import { TG263_COLUMNS, TG263_REVIEW_COLUMNS, tg263Review } from './tg263.js';

export interface AggregateOptions {
  readonly outdir: string;
  readonly dicomRoot: string;
  readonly config: RunConfig;
  readonly discovery: Pick<Discovery, 'refusals' | 'findings'>;
  readonly results: readonly CourseResult[];
  readonly failures: readonly Failure[];
}

export interface AggregateSummary {
  readonly folder: string;
  /** Of all tables. */
  readonly rows: number;
  readonly report: string;
}

const text = (name: string, definition: string): Column => ({ name, type: 'string', unit: '', definition });

const COURSE = [text('patient_id', 'PatientID (0010,0020)'), text('course_id', 'Course folder')];

export const FAILURE_COLUMNS: readonly Column[] = [
  ...COURSE,
  text('stage', 'Stage that failed; index for files that were refused before any course was made'),
  text('roi', 'Structure that failed; empty when the whole stage or file did'),
  text('path', 'File below the DICOM root'),
  text(
    'severity',
    'fail: something is missing from the results; warn: worth a look; info: it was not meant to take part',
  ),
  text('code', 'Error or finding code'),
  text('reason', 'What was wrong, and what to do about it'),
];

export const FINDING_COLUMNS: readonly Column[] = [
  ...COURSE,
  text('stage', 'Stage that found it; index for the whole input folder'),
  text('severity', 'info, warn or fail'),
  text('code', 'Kind of finding'),
  text('roi', 'Structure it is about, when it is about one'),
  text('message', 'The finding in a sentence'),
];

const RADIOMICS_TABLES = [
  ['radiomics_ct', 'Radiomics on CT', 'CT'],
  ['radiomics_mr', 'Radiomics on MR', 'MR'],
  ['radiomics_pt', 'Radiomics on PET', 'PT'],
  ['radiomics_dose', 'Radiomics on the dose', 'RTDOSE'],
] as const;

/**
 * Writes the tables and the page. Tables of many rows for each course go to their files course by course, so that what
 * is held grows with the courses, not with their rows.
 */
export async function aggregate(options: AggregateOptions): Promise<AggregateSummary> {
  const folder = join(options.outdir, '_RESULTS');
  await mkdir(folder, { recursive: true });
  await sweepTemporaries(folder);
  const results = [...options.results].sort((a, b) => compare(label(a), label(b)));
  const cohort = await surveyCohort(options, results);
  const sheets = new Map<string, Row[]>();
  let count = 0;
  await writeTableFiles(folder, cohort.heads, async (files) => {
    const add = async (name: string, rows: readonly Row[]): Promise<void> => {
      count += rows.length;
      await files.get(name)?.add(rows);
      if (!options.config.output.xlsx || name === 'dvh_curves') return;
      const sheet = sheets.get(name) ?? [];
      for (const row of rows) sheet.push(row);
      sheets.set(name, sheet);
    };
    for (const { name, rows } of cohort.tables) await add(name, rows);
    for (const result of results) await addCourse(result, add);
  });
  const sheet = join(folder, 'isovox.xlsx');
  if (options.config.output.xlsx) {
    const wanted = cohort.heads.filter(({ name }) => name !== 'dvh_curves');
    await writeXlsx(
      wanted.map((head) => ({ ...head, rows: sheets.get(head.name) ?? [] })),
      sheet,
    );
  } else await rm(sheet, { force: true });
  await writeText(join(folder, 'columns.json'), columnsJson(cohort.heads));
  const report = join(folder, 'report.html');
  await writeCohortReport({ ...options, results, tables: cohort.tables, metrics: cohort.metrics, path: report });
  return { folder, rows: count, report };
}

/** What must be known of all courses before the first row is written. */
interface CohortSurvey {
  /** Every table, in the order of `columns.json`. */
  readonly heads: readonly TableHead[];
  /** Those of a few rows for each course. */
  readonly tables: readonly Table[];
  /** Of dvh_metrics what the cohort's page shows. */
  readonly metrics: Table;
}

/** Every table of a cohort; without results, every table with its columns. */
export async function surveyCohort(
  options: Pick<AggregateOptions, 'config' | 'discovery' | 'failures' | 'dicomRoot' | 'outdir'>,
  results: readonly CourseResult[],
): Promise<CohortSurvey> {
  const metrics: Row[] = [];
  const names: Row[] = [];
  const qc: Row[] = [];
  const cases: Row[] = [];
  const fractions: Row[] = [];
  const constraints: Row[] = [];
  const radiomics = new Map<string, RadiomicsColumns>(
    RADIOMICS_TABLES.map(([, , one]) => [one, new RadiomicsColumns()]),
  );
  const robustness: RobustnessEntry[] = [];
  for (const result of results) {
    for (const row of await read<Row>(result, OUTPUTS.metrics)) {
      metrics.push(picked(row, COHORT_METRICS));
      names.push(picked(row, TG263_SOURCE));
    }
    for (const entry of await read<RadiomicsEntry>(result, OUTPUTS.radiomics))
      radiomics.get(entry.modality)?.add(entry);
    for (const entry of await read<RobustnessEntry>(result, OUTPUTS.robustness)) robustness.push(entry);
    constraints.push(...(await read<Row>(result, OUTPUTS.constraints)));
    fractions.push(...(await read<Row>(result, OUTPUTS.fractions)));
    const report = await readOutput<{ row: Row }>(result, 'qc', 'qc_reports/qc_report.json');
    if (report) qc.push(report.row);
    const metadata = await readOutput<Row>(result, 'organize', 'metadata/case_metadata.json');
    if (metadata) cases.push(metadata);
  }
  const dvh: TableHead = {
    name: 'dvh_metrics',
    title: 'Dose-volume metrics',
    columns: dvhColumns(options.config.dvh),
  };
  const summary = await robustnessSummary(robustness);
  const review = {
    name: 'tg263_review',
    title: 'Structure names',
    columns: TG263_REVIEW_COLUMNS,
    rows: tg263Review(names),
  };
  const limits = { name: 'constraints', title: 'Constraints', columns: CONSTRAINT_COLUMNS, rows: constraints };
  const others: Table[] = [
    { name: 'qc_reports', title: 'Quality control', columns: QC_COLUMNS, rows: qc },
    { name: 'case_metadata', title: 'Courses', columns: CASE_METADATA_COLUMNS, rows: cases },
    { name: 'fractions', title: 'Treatment fractions', columns: FRACTIONS_COLUMNS, rows: fractions },
    { name: 'failures', title: 'What could not be done', columns: FAILURE_COLUMNS, rows: failureRows(options) },
    { name: 'findings', title: 'Findings', columns: FINDING_COLUMNS, rows: findingRows(options, results) },
  ];
  const heads = [
    dvh,
    { name: 'dvh_curves', title: 'Dose-volume histograms', columns: DVH_CURVE_COLUMNS },
    review,
    limits,
    ...RADIOMICS_TABLES.map(([name, title, one]) => ({ name, title, columns: radiomics.get(one)?.columns ?? [] })),
    summary,
    ROBUSTNESS_VALUES,
    ...others,
  ];
  return { heads, tables: [review, limits, summary, ...others], metrics: { ...dvh, rows: metrics } };
}

/** Rows of one course in the tables that have many for each. */
async function addCourse(
  result: CourseResult,
  add: (table: string, rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  await add('dvh_metrics', await read<Row>(result, OUTPUTS.metrics));
  await add('dvh_curves', curveRows(result, await readOutput(result, 'dvh', 'dvh_curves.json')));
  const radiomics = await read<RadiomicsEntry>(result, OUTPUTS.radiomics);
  for (const [name, , wanted] of RADIOMICS_TABLES) {
    await add(name, radiomics.filter(({ modality }) => modality === wanted).map(radiomicsRow));
  }
  for (const entry of await read<RobustnessEntry>(result, OUTPUTS.robustness)) {
    await add(ROBUSTNESS_VALUES.name, robustnessValueRows(entry));
  }
}

/** Stage and file of what is a list for each course. */
const OUTPUTS = {
  metrics: ['dvh', 'dvh_metrics.json'],
  constraints: ['dvh', 'constraints.json'],
  radiomics: ['radiomics', 'radiomics.json'],
  robustness: ['robustness', 'robustness.json'],
  fractions: ['organize', 'metadata/fractions.json'],
} as const;

/** What the page of a cohort needs of dvh_metrics, and what the review of names does. */
const COHORT_METRICS = ['patient_id', 'course_id', 'ROI_Name', 'rx_gy', ...COHORT_METRIC_NAMES];
const TG263_SOURCE = ['patient_id', 'course_id', 'ROI_OriginalName', ...TG263_COLUMNS.map(({ name }) => name)];

const picked = (row: Row, names: readonly string[]): Row => Object.fromEntries(names.map((name) => [name, row[name]]));

async function read<T>(result: CourseResult, [stage, path]: readonly [string, string]): Promise<readonly T[]> {
  return (await readOutput<T[]>(result, stage, path)) ?? [];
}

async function readOutput<T>(result: CourseResult, stage: string, path: string): Promise<T | undefined> {
  const state = result.stages.get(stage);
  if (state && !('manifest' in state)) return undefined;
  return readJson(join(result.folder, path));
}

interface Curves {
  rois: Array<{ number: number; name: string; doseGy: number[]; volumeCc: number[] }>;
}

function curveRows(result: CourseResult, curves: Curves | undefined): Row[] {
  const { patientId, courseId } = result.course;
  return (curves?.rois ?? []).flatMap((roi) =>
    roi.doseGy.map((dose, i) => ({
      patient_id: patientId,
      course_id: courseId,
      ROI_Number: roi.number,
      ROI_Name: roi.name,
      dose_gy: dose,
      volume_cc: roi.volumeCc[i] ?? 0,
    })),
  );
}

function failureRows({
  discovery,
  failures,
  dicomRoot,
  outdir,
}: Pick<AggregateOptions, 'discovery' | 'failures' | 'dicomRoot' | 'outdir'>): Row[] {
  const roots = [inputRoot(dicomRoot), resolve(outdir)].flatMap((root) => [`${root}${isS3(root) ? '/' : sep}`, root]);
  /** A reason names files by where they lie in the input or the output, not by where those are on this machine. */
  const placeless = (reason: string): string => roots.reduce((text, root) => text.replaceAll(root, ''), reason);
  const refused = discovery.refusals.map((refusal) => ({
    patient_id: '',
    course_id: '',
    stage: 'index',
    roi: '',
    path: relativeInput(dicomRoot, refusal.path),
    severity: refusal.severity ?? 'fail',
    code: refusal.code,
    reason: placeless(refusal.reason),
  }));
  const failed = failures.map((failure) => ({
    patient_id: failure.patientId,
    course_id: failure.courseId,
    stage: failure.stage,
    roi: failure.roi ?? '',
    path: failure.path === undefined ? '' : relativeInput(dicomRoot, failure.path),
    severity: 'fail',
    code: failure.code,
    reason: placeless(failure.reason),
  }));
  return [...failed, ...refused];
}

function findingRows({ discovery }: Pick<AggregateOptions, 'discovery'>, results: readonly CourseResult[]): Row[] {
  const row = (patientId: string, courseId: string, stage: string, finding: Finding): Row => ({
    patient_id: patientId,
    course_id: courseId,
    stage,
    severity: finding.severity,
    code: finding.code,
    roi: String(finding.context?.ROI_Name ?? ''),
    message: finding.message,
  });
  return [
    ...discovery.findings.map((finding) => row('', '', 'index', finding)),
    ...results.flatMap(({ course, stages }) => [
      ...course.findings.map((finding) => row(course.patientId, course.courseId, 'link', finding)),
      ...[...stages].flatMap(([stage, state]) =>
        'manifest' in state
          ? state.manifest.findings.map((finding) => row(course.patientId, course.courseId, stage, finding))
          : [],
      ),
    ]),
  ];
}

const label = ({ course }: CourseResult): string => `${course.patientId}/${course.courseId}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
