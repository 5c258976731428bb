/** isovox mesh: the surface of a structure or at a level of an image, as triangles. */

import { IsovoxError } from '../../errors.js';
import { readVolume } from '../../native/formats.js';
import { maskToVolume } from '../../native/imaging.js';
import { extractSurface, maskFromVolume } from '../../native/masks.js';
import { dispose } from '../../native/volume.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { writeSurface } from '../surface-file.js';
import { commandContext } from './common.js';

export interface MeshCommandOptions extends CommonOptions {
  readonly image: string;
  readonly level?: number;
  readonly label?: number;
  readonly out: string;
}

export async function mesh(options: MeshCommandOptions): Promise<number> {
  const { image, label, out } = options;
  if (label !== undefined && options.level !== undefined)
    throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected --level or --label, not both', { name: '--level' });
  return interruptible(async (signal) => {
    const task = { context: commandContext(options), signal };
    let { volume } = await readVolume({ path: image }, task);
    if (label !== undefined) {
      const { mask } = await maskFromVolume({ volume, label }, task);
      dispose(volume);
      volume = await maskToVolume({ mask, mode: 'binary' }, task);
      dispose(mask);
    }
    const surface = await extractSurface({ volume, level: options.level ?? 0.5 }, task);
    dispose(volume);
    const [points, triangles] = [surface.points.length / 3, surface.triangles.length / 3];
    if (triangles === 0) {
      const what = label === undefined ? `the level ${options.level ?? 0.5}` : `the label ${label}`;
      throw new IsovoxError('ERR_NOT_FOUND', `${image} has no surface at ${what}; isovox info shows its values`, {
        path: image,
      });
    }
    await writeSurface(surface, out);
    const { areaMm2, volumeMm3 } = surface;
    if (options.json) process.stdout.write(`${JSON.stringify({ path: out, points, triangles, areaMm2, volumeMm3 })}\n`);
    else if (!options.quiet) {
      const cc = (volumeMm3 / 1000).toFixed(2);
      process.stderr.write(
        `${triangles} triangles, ${(areaMm2 / 100).toFixed(1)} cm2 around ${cc} cc; written to ${out}\n`,
      );
    }
    return EXIT.done;
  });
}
