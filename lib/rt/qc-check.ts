/** What a check of the quality control is and how a course's result follows from its checks. */

import type { Finding, Severity } from './model.js';

/** SKIPPED: there is nothing of that kind to check, and the reason says what. */
export type CheckStatus = 'PASS' | 'WARNING' | 'FAIL' | 'SKIPPED';

export interface Check {
  readonly name: CheckName;
  readonly status: CheckStatus;
  readonly reason: string;
  readonly findings: readonly Finding[];
}

/** In the order of the report. */
export const CHECK_NAMES = [
  'file_existence',
  'links',
  'ct_validation',
  'rp_validation',
  'rd_validation',
  'consistency',
  'structures',
  'structure_cropping',
  'dose_coverage',
  'volumes',
  'prescription',
] as const;

export type CheckName = (typeof CHECK_NAMES)[number];

const RANK: Record<CheckStatus, number> = { SKIPPED: 0, PASS: 0, WARNING: 1, FAIL: 2 };

export function finding(code: string, severity: Severity, message: string, context?: Finding['context']): Finding {
  return context ? { code, severity, message, context } : { code, severity, message };
}

/** The check's status is that of its worst finding; `passed` says what was looked at when there is nothing to say. */
export function judge(name: CheckName, findings: readonly Finding[], passed: string): Check {
  const worst = findings.some(({ severity }) => severity === 'fail')
    ? 'FAIL'
    : findings.some(({ severity }) => severity === 'warn')
      ? 'WARNING'
      : 'PASS';
  if (worst === 'PASS') return { name, status: worst, reason: passed, findings };
  const level = worst === 'FAIL' ? 'fail' : 'warn';
  const [first, ...more] = findings.filter(({ severity }) => severity === level);
  const reason = `${first?.message ?? ''}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
  return { name, status: worst, reason, findings };
}

export function skipped(name: CheckName, reason: string): Check {
  return { name, status: 'SKIPPED', reason, findings: [] };
}

/** The worst of the checks; a skipped one counts for nothing. */
export function overallStatus(checks: readonly Check[]): Exclude<CheckStatus, 'SKIPPED'> {
  const worst = Math.max(0, ...checks.map(({ status }) => RANK[status]));
  return worst === 2 ? 'FAIL' : worst === 1 ? 'WARNING' : 'PASS';
}
