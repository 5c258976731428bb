/** isovox dose-warp: an RTDOSE in another frame of reference, by a spatial registration. */

import { derivedUid } from '../../native/derived-uid.js';
import { readRtDose, readSeries, scanHeaders, writeRtDose } from '../../native/dicom.js';
import type { HeaderRecord } from '../../native/dicom-types.js';
import { warpDose } from '../../native/dose.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext, listFolder } from './common.js';

export interface DoseWarpOptions extends CommonOptions {
  readonly dose: string;
  readonly registration: string;
  readonly onto: string;
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

export async function doseWarp(options: DoseWarpOptions): Promise<number> {
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const [source, target] = await Promise.all([
      readRtDose({ path: options.dose }, task),
      targetOf(options.onto, task),
    ]);
    const [from, to] = [source.summary.header.FrameOfReferenceUID, target.header.FrameOfReferenceUID];
    const { dose, inside, registration, findings } = await warpDose(
      {
        dose: source.dose,
        registration: options.registration,
        ...target.lattice,
        ...(from ? { fromFrame: from } : {}),
        ...(to ? { toFrame: to } : {}),
      },
      task,
    );
    const { header } = target;
    const identity = [options.dose, options.registration, header.SeriesInstanceUID ?? ''];
    const frame = to ?? registration.header.FrameOfReferenceUID ?? derivedUid('warped frame', ...identity);
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
          SeriesDescription: 'Warped dose',
        },
        DoseComment: 'Resampled by a spatial registration',
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
          `inside the dose; written to ${options.out}\n`,
      );
    }
    for (const { severity, message, code } of all) process.stderr.write(`${severity}: ${message} (${code})\n`);
    return EXIT.done;
  });
}
