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
}

export async function writeCohortReport(options: CohortReportOptions): Promise<void> {
  const { config, discovery, results, tables } = options;
  const rows = (name: string): readonly Row[] => tables.find((table) => table.name === name)?.rows ?? [];
  const data: CohortReportData = {
    title: 'Cohort',
    facts: [
      { label: 'Courses', value: String(results.length) },
      { label: 'Patients', value: String(new Set(results.map(({ course }) => course.patientId)).size) },
      { label: 'Structures measured', value: String(rows('dvh_metrics').filter((row) => row.DmeanGy !== null).length) },
      { label: 'Failures', value: String(rows('failures').filter((row) => row.course_id !== '').length) },
      { label: 'Files refused', value: String(discovery.refusals.length), note: 'each with its reason below' },
    ],
    courses: results.map((result) => courseRow(options, result, rows)),
    checks: countChecks(rows('qc_reports')),
    failures: rows('failures').map((row) => ({
      path: String(row.path ?? ''),
      stage: String(row.stage ?? ''),
      roi: String(row.roi ?? ''),
      code: String(row.code ?? ''),
      reason: String(row.reason ?? ''),
    })),
    distributions: tables.filter(({ name }) => name === 'dvh_metrics').flatMap(distributionsOf),
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

function courseRow(
  options: CohortReportOptions,
  result: CourseResult,
  rows: (name: string) => readonly Row[],
): CohortCourse {
  const { course, stages } = result;
  const failures = options.failures.filter(
    ({ patientId, courseId }) => patientId === course.patientId && courseId === course.courseId,
  );
  const of = (row: Row): boolean => row.patient_id === course.patientId && row.course_id === course.courseId;
  const qc = rows('qc_reports').find(of);
  const dvh = rows('dvh_metrics').filter(of);
  const findings = rows('findings').filter(of);
  const maxima = dvh.map((row) => row.DmaxGy).filter((value) => typeof value === 'number');
  const rx = dvh[0]?.rx_gy;
  const report = stages.get('report');
  const skipped = stages.get('dvh');
  const remark =
    failures[0]?.reason ?? (skipped?.state === 'skipped' ? `No dose metrics: ${skipped.reason}` : undefined);
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
