/** isovox mask: structures as NIfTI masks on the CT grid. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { IsovoxError } from '../../errors.js';
import { readRtStruct } from '../../native/dicom.js';
import { readVolume, writeVolume } from '../../native/formats.js';
import { maskToVolume, voxelise } from '../../native/imaging.js';
import { safeName } from '../../rt/names.js';
import { matchesAny } from '../../rt/roi-names.js';
import { addon } from '../../runtime/addon.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export interface MaskCommandOptions extends CommonOptions {
  readonly rtstruct: string;
  readonly ct: string;
  readonly roi?: string[];
  readonly fraction?: boolean;
  readonly out: string;
}

export async function mask(options: MaskCommandOptions): Promise<number> {
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    const { volume: image } = await readVolume({ path: options.ct }, task);
    const { rois, summary } = await readRtStruct({ path: options.rtstruct }, task);
    const wanted = summary.rois.flatMap((roi, index) =>
      !options.roi || matchesAny(roi.ROIName, options.roi) ? [{ roi, index }] : [],
    );
    if (wanted.length === 0) {
      throw new IsovoxError(
        'ERR_NOT_FOUND',
        `No structure of ${options.rtstruct} is named ${(options.roi ?? []).join(', ')}`,
        {
          roi: (options.roi ?? []).join(', '),
        },
      );
    }
    await mkdir(options.out, { recursive: true });
    const mode = options.fraction ? 'fraction' : 'binary';
    const written = [];
    const taken = new Set<string>();
    for (const { roi, index } of wanted) {
      const result = await voxelise({ rois, index, volume: image }, task);
      const volume = await maskToVolume({ mask: result.mask, mode }, task);
      const name = taken.has(safeName(roi.ROIName).toLowerCase())
        ? `${safeName(roi.ROIName)}_${roi.ROINumber}`
        : safeName(roi.ROIName);
      taken.add(name.toLowerCase());
      const path = join(options.out, `${name}.nii.gz`);
      await writeVolume({ volume, path }, task);
      addon().dispose(volume);
      addon().dispose(result.mask);
      written.push({
        ROINumber: roi.ROINumber,
        ROIName: roi.ROIName,
        path,
        volumeCc: result.volumeCc,
        findings: [...roi.findings, ...result.findings],
      });
    }
    if (options.json) process.stdout.write(`${JSON.stringify(written)}\n`);
    else if (!options.quiet) {
      for (const { ROIName, path, volumeCc, findings } of written) {
        process.stderr.write(`${ROIName}: ${volumeCc.toFixed(2)} cc in ${path}\n`);
        for (const finding of findings)
          process.stderr.write(`  ${finding.severity}: ${finding.message} (${finding.code})\n`);
      }
    }
    return EXIT.done;
  });
}
