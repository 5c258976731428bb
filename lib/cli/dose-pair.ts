/** Two doses that a command compares. */

import { readRtDose } from '../native/dicom.js';
import type { RoiFinding } from '../native/dose-types.js';
import type { SubmitOptions } from '../runtime/task.js';

export interface DosePairOptions {
  readonly reference: string;
  readonly evaluated: string;
}

/** Both, read at once, and a finding of this code where their frames of reference differ. */
export async function readDosePair(options: DosePairOptions, code: string, task: SubmitOptions) {
  const [reference, evaluated] = await Promise.all([
    readRtDose({ path: options.reference }, task),
    readRtDose({ path: options.evaluated }, task),
  ]);
  const [a, b] = [reference, evaluated].map(({ summary }) => summary.header.FrameOfReferenceUID ?? '');
  const message = 'The doses have different frames of reference; their positions are compared as they are';
  const findings: RoiFinding[] = a === b ? [] : [{ code, severity: 'warn', message }];
  return { reference, evaluated, findings };
}

/** As lines on stderr. */
export function printFindings(findings: readonly RoiFinding[]): void {
  for (const { severity, message, code } of findings) process.stderr.write(`${severity}: ${message} (${code})\n`);
}
