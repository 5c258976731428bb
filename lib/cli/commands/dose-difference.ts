/** isovox dose-difference: one RTDOSE minus another, as a volume and in numbers. */

import { doseDifference } from '../../native/dose.js';
import { writeVolume } from '../../native/formats.js';
import { writeComparison } from '../../rt/dose-comparison.js';
import { type DosePairOptions, printFindings, readDosePair } from '../dose-pair.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export interface DoseDifferenceOptions extends CommonOptions, DosePairOptions {
  readonly cutoff: number;
  readonly tolerance: number;
  readonly out: string;
  readonly picture?: string;
}

export async function doseDifferenceCommand(options: DoseDifferenceOptions): Promise<number> {
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const { reference, evaluated, findings: ofFrames } = await readDosePair(options, 'dose.frames_differ', task);
    const maximumGy = reference.summary.maximumGy;
    const { difference, ...result } = await doseDifference(
      {
        reference: reference.dose,
        evaluated: evaluated.dose,
        cutoffGy: (maximumGy * options.cutoff) / 100,
        toleranceGy: (maximumGy * options.tolerance) / 100,
      },
      task,
    );
    const findings = [...result.findings, ...ofFrames];
    await writeVolume({ volume: difference, path: options.out }, task);
    const gray = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(3)} Gy`;
    if (options.picture !== undefined) {
      const most = Math.max(Math.abs(result.minGy), Math.abs(result.maxGy), 1e-3);
      const facts = [
        { label: 'Mean difference', value: gray(result.meanGy), note: 'evaluated − reference' },
        { label: 'Root mean square', value: `${result.rmsGy.toFixed(3)} Gy` },
        { label: 'Range', value: `${gray(result.minGy)} to ${gray(result.maxGy)}` },
        {
          label: 'Within tolerance',
          value: `${(100 * result.withinTolerance).toFixed(2)} %`,
          note: `${options.tolerance} % of the maximum of the reference`,
        },
        { label: 'Voxels', value: String(result.voxels), note: `above ${options.cutoff} % of the maximum` },
      ];
      await writeComparison(
        {
          title: 'Difference of two doses',
          facts,
          findings,
          reference: reference.dose,
          maximumGy,
          map: difference,
          scale: { kind: 'difference', title: 'Evaluated − reference', unit: 'Gy', low: -most, middle: 0, high: most },
        },
        options.picture,
        task,
      );
    }
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ ...result, findings, path: options.out })}\n`);
      return EXIT.done;
    }
    if (!options.quiet) {
      process.stderr.write(
        `evaluated - reference over ${result.voxels} voxels: mean ${gray(result.meanGy)}, rms ${result.rmsGy.toFixed(3)} Gy, ` +
          `from ${gray(result.minGy)} to ${gray(result.maxGy)}; ${(100 * result.withinTolerance).toFixed(2)} % within ` +
          `${options.tolerance} % of the maximum; written to ${options.out}\n`,
      );
    }
    printFindings(findings);
    return EXIT.done;
  });
}
