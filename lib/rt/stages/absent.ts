/** A stage that has a place in the order but nothing to run with: it says why it is skipped. */

import { IsovoxError } from '../../errors.js';
import type { Stage } from '../stage.js';

export function absentStage(id: string, title: string, reason: string): Stage {
  return {
    id,
    title,
    needs: ['organize'],
    lane: 'cpu',
    version: 0,
    settings: () => null,
    inputs: () => [],
    skip: () => reason,
    run: async () => {
      throw new IsovoxError('ERR_UNSUPPORTED', `Stage ${id} cannot run: ${reason}`);
    },
  };
}
