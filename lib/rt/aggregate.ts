/** aggregate: the rows of every course into the cohort's tables under _RESULTS, and the file that documents them. */

import { mkdir, rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

import { isS3 } from '../runtime/s3.js';
import { sweepTemporaries, writeText } from '../table/atomic.js';
import { columnsJson } from '../table/columns.js';
import { writeCsv } from '../table/csv.js';
import { writeParquet } from '../table/parquet.js';
import type { Column, Row, Table } from '../table/table.js';
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
import { type RadiomicsEntry, radiomicsTable } from './radiomics.js';
import { readJson } from './read-json.js';
import { type RobustnessEntry, robustnessTables } from './robustness.js';
import type { RunConfig } from './run-config.js';
import { TG263_REVIEW_COLUMNS, tg263Review } from './tg263.js';

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
  readonly rows: number;
  readonly report: string;
  readonly tables: readonly Table[];
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

/** File below the course folder, and the key in it, from which each table's rows come. */
export async function aggregate(options: AggregateOptions): Promise<AggregateSummary> {
  const folder = join(options.outdir, '_RESULTS');
  await mkdir(folder, { recursive: true });
  await sweepTemporaries(folder);
  const results = [...options.results].sort((a, b) => compare(label(a), label(b)));
  const tables = await collectTables(options, results);
  for (const table of tables) {
    await writeCsv(table, join(folder, `${table.name}.csv`));
    await writeParquet(table, join(folder, `${table.name}.parquet`));
  }
  const sheet = join(folder, 'isovox.xlsx');
  if (options.config.output.xlsx)
    await writeXlsx(
      tables.filter((table) => table.name !== 'dvh_curves'),
      sheet,
    );
  else await rm(sheet, { force: true });
  await writeText(join(folder, 'columns.json'), columnsJson(tables));
  const report = join(folder, 'report.html');
  await writeCohortReport({ ...options, results, tables, path: report });
  return { folder, rows: tables.reduce((sum, table) => sum + table.rows.length, 0), report, tables };
}

/** Every table of a cohort; without results, every table with its columns and no rows. */
export async function collectTables(options: AggregateOptions, results: readonly CourseResult[]): Promise<Table[]> {
  const dvh: Row[] = [];
  const curves: Row[] = [];
  const qc: Row[] = [];
  const cases: Row[] = [];
  const fractions: Row[] = [];
  const radiomics: RadiomicsEntry[] = [];
  const constraints: Row[] = [];
  const robustness: RobustnessEntry[] = [];
  for (const result of results) {
    const read = <T>(stage: string, path: string): Promise<T | undefined> => readOutput(result, stage, path);
    dvh.push(...((await read<Row[]>('dvh', 'dvh_metrics.json')) ?? []));
    curves.push(...curveRows(result, await read('dvh', 'dvh_curves.json')));
    radiomics.push(...((await read<RadiomicsEntry[]>('radiomics', 'radiomics.json')) ?? []));
    robustness.push(...((await read<RobustnessEntry[]>('robustness', 'robustness.json')) ?? []));
    const report = await read<{ row: Row }>('qc', 'qc_reports/qc_report.json');
    if (report) qc.push(report.row);
    constraints.push(...((await read<Row[]>('dvh', 'constraints.json')) ?? []));
    const metadata = await read<Row>('organize', 'metadata/case_metadata.json');
    if (metadata) cases.push(metadata);
    fractions.push(...((await read<Row[]>('organize', 'metadata/fractions.json')) ?? []));
  }
  return [
    { name: 'dvh_metrics', title: 'Dose-volume metrics', columns: dvhColumns(options.config.dvh), rows: dvh },
    { name: 'dvh_curves', title: 'Dose-volume histograms', columns: DVH_CURVE_COLUMNS, rows: curves },
    { name: 'tg263_review', title: 'Structure names', columns: TG263_REVIEW_COLUMNS, rows: tg263Review(dvh) },
    { name: 'constraints', title: 'Constraints', columns: CONSTRAINT_COLUMNS, rows: constraints },
    ...RADIOMICS_TABLES.map(([name, title, wanted]) =>
      radiomicsTable(
        name,
        title,
        radiomics.filter(({ modality }) => modality === wanted),
      ),
    ),
    ...(await robustnessTables(robustness)),
    { name: 'qc_reports', title: 'Quality control', columns: QC_COLUMNS, rows: qc },
    { name: 'case_metadata', title: 'Courses', columns: CASE_METADATA_COLUMNS, rows: cases },
    { name: 'fractions', title: 'Treatment fractions', columns: FRACTIONS_COLUMNS, rows: fractions },
    { name: 'failures', title: 'What could not be done', columns: FAILURE_COLUMNS, rows: failureRows(options) },
    { name: 'findings', title: 'Findings', columns: FINDING_COLUMNS, rows: findingRows(options, results) },
  ];
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

function failureRows({ discovery, failures, dicomRoot, outdir }: AggregateOptions): Row[] {
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

function findingRows({ discovery }: AggregateOptions, results: readonly CourseResult[]): Row[] {
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
