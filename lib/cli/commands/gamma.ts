/** isovox gamma: the gamma index of two RTDOSE files, as a volume and as a pass rate. */

import { gammaIndex } from '../../native/dose.js';
import { writeVolume } from '../../native/formats.js';
import { writeComparison } from '../../rt/dose-comparison.js';
import { type DosePairOptions, printFindings, readDosePair } from '../dose-pair.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export interface GammaCommandOptions extends CommonOptions, DosePairOptions {
  readonly dose: number;
  readonly distance: number;
  readonly local?: boolean;
  readonly cutoff: number;
  readonly maxGamma: number;
  readonly out: string;
  readonly picture?: string;
}

export async function gamma(options: GammaCommandOptions): Promise<number> {
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const { reference, evaluated, findings: ofFrames } = await readDosePair(options, 'gamma.frames_differ', task);
    const { gamma: volume, ...result } = await gammaIndex(
      {
        reference: reference.dose,
        evaluated: evaluated.dose,
        dosePercent: options.dose,
        distanceMm: options.distance,
        local: options.local ?? false,
        cutoffPercent: options.cutoff,
        maxGamma: options.maxGamma,
      },
      task,
    );
    const findings = [...result.findings, ...ofFrames];
    await writeVolume({ volume, path: options.out }, task);
    const kind = options.local ? 'local' : 'global';
    if (options.picture !== undefined) {
      const facts = [
        { label: 'Pass rate', value: `${(100 * result.passRate).toFixed(2)} %`, note: 'voxels with gamma at most 1' },
        { label: 'Criteria', value: `${options.dose} % / ${options.distance} mm`, note: `${kind} dose difference` },
        { label: 'Mean gamma', value: result.meanGamma.toFixed(3) },
        { label: 'Largest gamma', value: result.maxGamma.toFixed(3), note: `looked for up to ${options.maxGamma}` },
        { label: 'Voxels', value: String(result.evaluatedVoxels), note: `above ${options.cutoff} % of the maximum` },
      ];
      await writeComparison(
        {
          title: 'Gamma index of two doses',
          facts,
          findings,
          reference: reference.dose,
          maximumGy: reference.summary.maximumGy,
          map: volume,
          scale: {
            kind: 'pass-fail',
            title: 'Gamma index',
            unit: '',
            low: 0,
            middle: Math.min(1, options.maxGamma / 2),
            high: options.maxGamma,
          },
        },
        options.picture,
        task,
      );
    }
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ ...result, findings, path: options.out })}\n`);
    } else if (!options.quiet) {
      process.stderr.write(
        `${options.dose} % / ${options.distance} mm ${kind}: ${(100 * result.passRate).toFixed(2)} % of ` +
          `${result.evaluatedVoxels} voxels pass, mean ${result.meanGamma.toFixed(3)}, ` +
          `max ${result.maxGamma.toFixed(3)}; written to ${options.out}\n`,
      );
    }
    if (!options.json) printFindings(findings);
    return EXIT.done;
  });
}
