/** Constraint sheets: limits on dose metrics by structure name, and how each course fares. */

import { dirname, extname, join, resolve } from 'node:path';

import { z } from 'zod';

import { readYaml } from '../config/yaml.js';
import { IsovoxError } from '../errors.js';
import { packageRoot } from '../runtime/package-root.js';
import type { Column, Row } from '../table/table.js';
import { matchesAny } from './roi-names.js';

const constraintSchema = z
  .strictObject({
    roi: z.array(z.string()).min(1).describe('Structure names this is about; * matches anything'),
    metric: z.string().describe('A metric of the dose catalogue: Dmean, D0.03cc, V20Gy, V95%Rx'),
    atMost: z.number().optional().describe('Upper limit in the unit of the metric'),
    atLeast: z.number().optional().describe('Lower limit in the unit of the metric'),
    unit: z.string().default('').describe('Unit of the limit, for people'),
    endpoint: z.string().default('').describe('What the limit keeps from happening, and how often it still does'),
  })
  .refine((one) => (one.atMost === undefined) !== (one.atLeast === undefined), 'Expected one of atMost, atLeast');

export const constraintSheetSchema = z.strictObject({
  name: z.string(),
  source: z.string().default('').describe('Where the limits were published'),
  constraints: z.array(constraintSchema).min(1),
});

export type ConstraintSheet = z.infer<typeof constraintSheetSchema>;

/** Sheets that come with the package, by name. */
export const KNOWN_SHEETS = ['quantec', 'sbrt-spine'] as const;

/** Reads sheets by file, relative to `base`, or by the name of one that comes with the package. */
export async function loadConstraintSheets(names: readonly string[], base: string): Promise<ConstraintSheet[]> {
  return Promise.all(names.map((name) => loadSheet(sheetPath(name, base))));
}

function sheetPath(name: string, base: string): string {
  if ((KNOWN_SHEETS as readonly string[]).includes(name)) {
    return join(packageRoot, 'lib', 'rt', 'constraint-sheets', `${name}.yaml`);
  }
  if (extname(name) === '') {
    throw new IsovoxError(
      'ERR_INVALID_ARGUMENT',
      `Expected a YAML file or one of ${KNOWN_SHEETS.join(', ')} for dvh.constraints but received "${name}"`,
      { name: 'dvh.constraints', actual: name },
    );
  }
  return resolve(base, name);
}

async function loadSheet(path: string): Promise<ConstraintSheet> {
  const { value, lineOf } = await readYaml(path);
  const parsed = constraintSheetSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  throw refused(path, lineOf(issue.path), `${issue.path.join('.')}: ${issue.message}`);
}

function refused(path: string, line: number | undefined, message: string): IsovoxError {
  return new IsovoxError('ERR_INVALID_ARGUMENT', `${path}${line === undefined ? '' : `:${line}`}: ${message}`, {
    path,
  });
}

/** The folder that relative sheet names in a configuration file start from. */
export function sheetBase(configPath: string | undefined): string {
  return configPath === undefined ? process.cwd() : dirname(resolve(configPath));
}

const text = (name: string, definition: string): Column => ({ name, type: 'string', unit: '', definition });

export const CONSTRAINT_COLUMNS: readonly Column[] = [
  text('patient_id', 'PatientID (0010,0020), made safe as a folder name'),
  text('course_id', 'Course folder'),
  { name: 'ROI_Number', type: 'int', unit: '', definition: 'ROINumber (3006,0022)' },
  text('ROI_Name', 'ROIName (3006,0026)'),
  text('sheet', 'Name of the constraint sheet'),
  text('metric', 'Metric that is limited'),
  text('comparison', '<= for an upper limit, >= for a lower one'),
  { name: 'limit', type: 'float', unit: '', definition: 'The limit, in the unit beside it' },
  text('unit', 'Unit of limit and value'),
  { name: 'value', type: 'float', unit: '', definition: 'The metric of this structure; empty where it is not defined' },
  text('result', 'pass, fail, or unknown where the metric is not defined'),
  text('endpoint', 'What the limit keeps from happening'),
  text('source', 'Where the limit was published'),
];

/** A row for every constraint of every sheet that names this structure. `measure` gives a metric of the structure. */
export function evaluateConstraints(
  sheets: readonly ConstraintSheet[],
  identity: { patient_id: string; course_id: string; ROI_Number: number; ROI_Name: string },
  measure: (metric: string) => number | null,
): Row[] {
  return sheets.flatMap((sheet) =>
    sheet.constraints
      .filter(({ roi }) => matchesAny(identity.ROI_Name, roi))
      .map(({ metric, atMost, atLeast, unit, endpoint }) => {
        const value = measure(metric);
        const limit = atMost ?? atLeast ?? Number.NaN;
        const holds = value !== null && (atMost === undefined ? value >= limit : value <= limit);
        return {
          ...identity,
          sheet: sheet.name,
          metric,
          comparison: atMost === undefined ? '>=' : '<=',
          limit,
          unit,
          value,
          result: value === null ? 'unknown' : holds ? 'pass' : 'fail',
          endpoint,
          source: sheet.source,
        };
      }),
  );
}
