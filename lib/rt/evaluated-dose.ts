/** The one dose of a course, or the sum of those that may be summed. */

import { readRtDose } from '../native/dicom.js';
import type { HeaderRecord } from '../native/dicom-types.js';
import { sumDoses } from '../native/dose.js';
import { dispose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import type { Finding } from './model.js';

export interface EvaluatedDose {
  readonly dose: Handle<'DoseGrid'>;
  readonly findings: Finding[];
  /** Of a sum: the file whose lattice it has. */
  readonly summedOn?: HeaderRecord;
}

/** REQUIRES at least one. */
export async function readEvaluatedDose(
  doses: readonly HeaderRecord[],
  options: SubmitOptions,
): Promise<EvaluatedDose> {
  const read = await Promise.all(doses.map(({ path }) => readRtDose({ path }, options)));
  const findings = read.flatMap(({ summary }) => summary.findings as Finding[]);
  const [first] = read as [(typeof read)[number]];
  if (read.length === 1) return { dose: first.dose, findings };
  const sum = await sumDoses({ doses: read.map(({ dose }) => dose) }, options);
  for (const { dose } of read) dispose(dose);
  return {
    dose: sum.dose,
    findings: [...findings, ...(sum.findings as Finding[])],
    summedOn: (doses[sum.reference] ?? doses[0]) as HeaderRecord,
  };
}
