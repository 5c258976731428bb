/** The one dose of a course, or the sum of those that may be summed. */

import { readRtDose } from '../native/dicom.js';
import type { HeaderRecord } from '../native/dicom-types.js';
import { sumDoses, warpDose } from '../native/dose.js';
import { dispose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { moveOf } from './dose-moves.js';
import type { DoseChoice, Finding } from './model.js';

export interface EvaluatedDose {
  readonly dose: Handle<'DoseGrid'>;
  readonly findings: Finding[];
  /** Of a sum: the file whose lattice it has. */
  readonly summedOn?: HeaderRecord;
}

/**
 * REQUIRES at least one dose. Those of another frame are fetched, by their registrations, at the voxels of the first:
 * the sum is in the frame of that one.
 */
export async function readEvaluatedDose(
  { doses, moves }: Pick<DoseChoice, 'doses' | 'moves'>,
  options: SubmitOptions,
): Promise<EvaluatedDose> {
  const read = await Promise.all(doses.map(({ path }) => readRtDose({ path }, options)));
  const findings = read.flatMap(({ summary }) => summary.findings as Finding[]);
  const [first] = read as [(typeof read)[number]];
  if (read.length === 1) return { dose: first.dose, findings };
  const summands: Handle<'DoseGrid'>[] = [];
  for (const [n, { dose }] of read.entries()) {
    const move = moveOf(moves, doses[n] as HeaderRecord);
    if (!move) {
      summands.push(dose);
      continue;
    }
    const { fromFrame, toFrame, registration } = move;
    const warped = await warpDose(
      {
        dose,
        registration: registration.path,
        fromFrame,
        toFrame,
        reference: first.dose,
      },
      options,
    );
    dispose(dose);
    findings.push(...(warped.registration.findings as Finding[]), ...(warped.findings as Finding[]));
    summands.push(warped.dose);
  }
  const sum = await sumDoses({ doses: summands }, options);
  for (const dose of summands) dispose(dose);
  const lattice = doses[sum.reference];
  return {
    dose: sum.dose,
    findings: [...findings, ...(sum.findings as Finding[])],
    // A moved dose has the lattice of the first.
    summedOn: (lattice && !moveOf(moves, lattice) ? lattice : doses[0]) as HeaderRecord,
  };
}
