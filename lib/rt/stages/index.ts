/** The stages in their order. The command line, the help, the plan and the report read this list. */

import { IsovoxError } from '../../errors.js';
import type { Stage } from '../stage.js';
import { cropStage } from './crop.js';
import { dvhStage } from './dvh.js';
import { organizeStage } from './organize.js';
import { qcStage } from './qc.js';
import { radiomicsStage } from './radiomics.js';
import { reportStage } from './report.js';
import { robustnessStage } from './robustness.js';
import { segmentStage } from './segment.js';
import { segmentCustomStage } from './segment-custom.js';

export const STAGES: readonly Stage[] = [
  organizeStage,
  segmentStage,
  segmentCustomStage,
  cropStage,
  dvhStage,
  radiomicsStage,
  robustnessStage,
  qcStage,
  reportStage,
];

/** The stages asked for, in their order; all when none is named. The cohort's tables are made after them. */
export function selectStages(ids: readonly string[] = []): readonly Stage[] {
  const known = [...STAGES.map((stage) => stage.id), 'aggregate'];
  for (const id of ids) {
    if (!known.includes(id)) {
      throw new IsovoxError(
        'ERR_INVALID_ARGUMENT',
        `Expected one of ${known.join(', ')} for --stages but received "${id}"`,
        {
          name: '--stages',
          expected: known.join(', '),
          actual: id,
        },
      );
    }
  }
  return ids.length === 0 ? STAGES : STAGES.filter((stage) => ids.includes(stage.id));
}
