/** isovox dose-warp: an RTDOSE in another frame of reference, by a spatial registration. */

import { IsovoxError } from '../../errors.js';
import { derivedUid } from '../../native/derived-uid.js';
import { readRtDose, readSeries, scanHeaders, writeRtDose } from '../../native/dicom.js';
import type { HeaderRecord } from '../../native/dicom-types.js';
import { sumDoses, warpDose } from '../../native/dose.js';
import type { Finding } from '../../rt/model.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext, listFolder } from './common.js';

export interface DoseWarpOptions extends CommonOptions {
  readonly dose: string;
  readonly registration: string;
  readonly onto: string;
  readonly add?: string[];
  readonly out: string;
}

/** What the warped dose is laid on: the voxels of an RTDOSE, or of a CT series. */
async function targetOf(path: string, task: Parameters<typeof readRtDose>[1]) {
  const paths = await listFolder(path);
  if (paths.length === 1) {
    const { dose, summary } = await readRtDose({ path: paths[0] as string }, task);
    return { lattice: { reference: dose }, header: summary.header };
  }
  const [{ volume }, [header]] = await Promise.all([
    readSeries({ paths }, task),
    scanHeaders({ paths: paths.slice(0, 1) }, task),
  ]);
  return { lattice: { volume }, header: header as HeaderRecord };
}

/** The warped dose with those of --add, which must lie in its frame. */
async function withOthers(
  warped: Awaited<ReturnType<typeof warpDose>>,
  paths: readonly string[],
  frame: string,
  task: Parameters<typeof readRtDose>[1],
): Promise<{
  dose: typeof warped.dose;
  findings: readonly Pick<Finding, 'code' | 'severity' | 'message'>[];
}> {
  if (paths.length === 0) return warped;
  const others = await Promise.all(paths.map((path) => readRtDose({ path }, task)));
  others.forEach(({ summary }, n) => {
    const actual = summary.header.FrameOfReferenceUID ?? 'none';
    if (actual === frame) return;
    throw new IsovoxError(
      'ERR_INVALID_ARGUMENT',
      `Expected doses of frame ${frame} for --add but ${paths[n]} is of frame ${actual}`,
      { name: '--add', expected: frame, actual, path: paths[n] ?? '' },
    );
  });
  const sum = await sumDoses({ doses: [warped.dose, ...others.map(({ dose }) => dose)] }, task);
  const read = others.flatMap(({ summary }) => summary.findings);
  return {
    dose: sum.dose,
    findings: [...warped.findings, ...read, ...sum.findings],
  };
}

export async function doseWarp(options: DoseWarpOptions): Promise<number> {
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const [source, target] = await Promise.all([
      readRtDose({ path: options.dose }, task),
      targetOf(options.onto, task),
    ]);
    const [from, to] = [source.summary.header.FrameOfReferenceUID, target.header.FrameOfReferenceUID];
    const warped = await warpDose(
      {
        dose: source.dose,
        registration: options.registration,
        ...target.lattice,
        ...(from ? { fromFrame: from } : {}),
        ...(to ? { toFrame: to } : {}),
      },
      task,
    );
    const { inside, registration } = warped;
    const { header } = target;
    const added = options.add ?? [];
    const identity = [options.dose, options.registration, header.SeriesInstanceUID ?? '', ...added];
    const frame = to ?? registration.header.FrameOfReferenceUID ?? derivedUid('warped frame', ...identity);
    const { dose, findings } = await withOthers(warped, added, frame, task);
    await writeRtDose(
      {
        path: options.out,
        dose,
        identity: {
          PatientID: header.PatientID ?? source.summary.header.PatientID ?? '',
          StudyInstanceUID: header.StudyInstanceUID ?? derivedUid('warped study', ...identity),
          SeriesInstanceUID: derivedUid('warped series', ...identity),
          SOPInstanceUID: derivedUid('warped', ...identity),
          FrameOfReferenceUID: frame,
          ...(header.StudyDate ? { StudyDate: header.StudyDate } : {}),
          SeriesDescription: added.length > 0 ? 'Sum of doses' : 'Warped dose',
        },
        DoseComment: `Resampled by a spatial registration${added.length > 0 ? ' and added to others' : ''}`,
        ...(added.length > 0 && { DoseSummationType: 'PLAN_SUM' }),
      },
      task,
    );
    const all = [...registration.findings, ...findings];
    const deformable = registration.items.some((item) => item.deformable);
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ inside, deformable, findings: all, path: options.out })}\n`);
      return EXIT.done;
    }
    if (!options.quiet) {
      process.stderr.write(
        `${deformable ? 'deformed' : 'moved'} by ${options.registration}: ${(100 * inside).toFixed(2)} % of the voxels lie ` +
          `inside the dose; ${added.length > 0 ? `${added.length} added to it; ` : ''}written to ${options.out}\n`,
      );
    }
    for (const { severity, message, code } of all) process.stderr.write(`${severity}: ${message} (${code})\n`);
    return EXIT.done;
  });
}
