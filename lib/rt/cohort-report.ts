/** The cohort page: gathers what the tables and manifests say, and writes report.html beside them. */

import { relative, sep } from 'node:path';
import { stringify } from 'yaml';

import { cohortPage } from '../report/cohort-page.js';
import type { CheckStatus, CohortCourse, CohortReportData } from '../report/data.js';
import { distributionsOf } from '../report/distributions.js';
import { robustnessFigures } from '../report/robustness-figures.js';
import { packageVersion } from '../runtime/package-root.js';
import { writeText } from '../table/atomic.js';
import type { Row, Table } from '../table/table.js';
import type { CourseResult, Failure } from './course-run.js';
import { digestData } from './digest.js';
import type { Discovery } from './discover.js';
import type { RunConfig } from './run-config.js';

export interface CohortReportOptions {
  readonly path: string;
  readonly config: RunConfig;
  readonly discovery: Pick<Discovery, 'refusals' | 'findings'>;
  readonly results: readonly CourseResult[];
  readonly failures: readonly Failure[];
  readonly tables: readonly Table[];
  /** Of dvh_metrics what is shown here. */
  readonly metrics: Table;
}

export async function writeCohortReport(options: CohortReportOptions): Promise<void> {
  const { config, discovery, results, tables, metrics } = options;
  const rows = (name: string): readonly Row[] => tables.find((table) => table.name === name)?.rows ?? [];
  const qc = byCourse(rows('qc_reports'));
  const dvh = byCourse(metrics.rows);
  const findings = byCourse(rows('findings'));
  const failures = byCourse(rows('failures'));
  const data: CohortReportData = {
    title: 'Cohort',
    facts: [
      { label: 'Courses', value: String(results.length) },
      { label: 'Patients', value: String(new Set(results.map(({ course }) => course.patientId)).size) },
      { label: 'Structures measured', value: String(metrics.rows.filter((row) => row.DmeanGy !== null).length) },
      { label: 'Failures', value: String(rows('failures').filter((row) => row.course_id !== '').length) },
      { label: 'Files refused', value: String(discovery.refusals.length), note: 'each with its reason below' },
    ],
    courses: results.map((result) => courseRow(options, result, { qc, dvh, findings, failures })),
    checks: countChecks(rows('qc_reports')),
    failures: rows('failures').map((row) => ({
      path: String(row.path ?? ''),
      stage: String(row.stage ?? ''),
      roi: String(row.roi ?? ''),
      code: String(row.code ?? ''),
      reason: String(row.reason ?? ''),
    })),
    distributions: distributionsOf(metrics),
    robustness: tables.filter(({ name }) => name === 'robustness_summary').map(robustnessFigures)[0],
    // Where the pseudonyms are explained is for those who have them.
    configuration: stringify({ ...config, output: { ...config.output, pseudonyms: undefined } }),
    provenance: [
      { label: 'Isovox', value: packageVersion },
      {
        label: 'Settings',
        value: digestData(config).slice(0, 16),
        note: 'first digits of the SHA-256 of the configuration',
      },
    ],
  };
  await writeText(options.path, cohortPage(data));
}

type RowsOf = (course: CourseResult['course']) => readonly Row[];

function byCourse(rows: readonly Row[]): RowsOf {
  const groups = new Map<string, Row[]>();
  const key = (patient: unknown, course: unknown): string => JSON.stringify([patient, course]);
  for (const row of rows) {
    const name = key(row.patient_id, row.course_id);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return ({ patientId, courseId }) => groups.get(key(patientId, courseId)) ?? [];
}

function courseRow(
  options: CohortReportOptions,
  result: CourseResult,
  rows: { readonly qc: RowsOf; readonly dvh: RowsOf; readonly findings: RowsOf; readonly failures: RowsOf },
): CohortCourse {
  const { course, stages } = result;
  const [qc] = rows.qc(course);
  const dvh = rows.dvh(course);
  const findings = rows.findings(course);
  const failures = rows.failures(course);
  const maxima = dvh.map((row) => row.DmaxGy).filter((value) => typeof value === 'number');
  const rx = dvh[0]?.rx_gy;
  const report = stages.get('report');
  const skipped = stages.get('dvh');
  const remark =
    failures[0]?.reason?.toString() ??
    (skipped?.state === 'skipped' ? `No dose metrics: ${skipped.reason}` : undefined);
  return {
    patientId: course.patientId,
    courseId: course.courseId,
    ...(report && 'manifest' in report ? { href: address(options.path, result.folder) } : {}),
    qc: (qc?.overall_status as CheckStatus | undefined) ?? 'SKIPPED',
    doseClass: course.doseChoice.doseClass,
    ...(typeof rx === 'number' ? { rxGy: rx } : {}),
    ...(maxima.length > 0 ? { maximumGy: Math.max(...maxima) } : {}),
    rois: dvh.length,
    warnings: findings.filter((row) => row.severity === 'warn').length,
    failures: findings.filter((row) => row.severity === 'fail').length + failures.length,
    ...(remark === undefined ? {} : { remark }),
  };
}

function address(page: string, folder: string): string {
  const steps = relative(`${page}/..`, folder).split(sep);
  return [...steps.map((step) => (step === '..' ? step : encodeURIComponent(step))), 'report.html'].join('/');
}

function countChecks(reports: readonly Row[]): CohortReportData['checks'] {
  const counts = new Map<string, Partial<Record<CheckStatus, number>>>();
  for (const row of reports) {
    for (const [column, value] of Object.entries(row)) {
      if (!/^(PASS|WARNING|FAIL|ERROR|SKIPPED)$/.test(String(value))) continue;
      const count = counts.get(column) ?? {};
      count[value as CheckStatus] = (count[value as CheckStatus] ?? 0) + 1;
      counts.set(column, count);
    }
  }
  return [...counts].map(([name, count]) => ({ name, counts: count }));
}
