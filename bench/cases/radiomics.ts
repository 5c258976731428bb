/** Features of one structure: PyRadiomics' 107, and every family of IBSI 1. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { cacheFolder, contenders, python, radiomicsPython, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';

interface Subject {
  readonly name: string;
  readonly size: readonly [number, number, number];
  readonly repetitions: number;
  readonly peerRepetitions: number;
}

/** Ellipsoids in a textured image of 1 mm voxels: of 125,000 and of 3.0 million voxels. */
const SMALL: Subject = { name: 'small', size: [72, 66, 51], repetitions: 9, peerRepetitions: 3 };
const LARGE: Subject = { name: 'large', size: [208, 190, 147], repetitions: 3, peerRepetitions: 1 };

async function written({ name, size }: Subject): Promise<{ image: string; mask: string; voxels: number }> {
  const [nx, ny, nz] = size;
  const [wide, high, deep] = [nx + 20, ny + 20, nz + 20];
  const image = join(cacheFolder, `radiomics-${name}.nii`);
  const mask = join(cacheFolder, `radiomics-${name}-mask.nii`);
  const voxels = new Int16Array(wide * high * deep);
  const inside = new Uint8Array(voxels.length);
  let state = 12345;
  let count = 0;
  for (let v = 0; v < voxels.length; v++) {
    const [i, j, k] = [v % wide, Math.floor(v / wide) % high, Math.floor(v / (wide * high))];
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    voxels[v] = Math.round(40 + 220 * Math.sin(i / 7) * Math.cos(j / 9) * Math.sin(k / 5) + (state >>> 24) / 2);
    const at = [(2 * (i - 10) - nx + 1) / nx, (2 * (j - 10) - ny + 1) / ny, (2 * (k - 10) - nz + 1) / nz];
    if (at.reduce((sum, x) => sum + x * x, 0) <= 1) {
      inside[v] = 1;
      count++;
    }
  }
  if (!existsSync(mask)) {
    const grid = { size: [wide, high, deep] as const, spacing: [1, 1, 1] as const, origin: [0, 0, 0] as const };
    const make = async (dtype: string, data: Int16Array | Uint8Array, path: string): Promise<void> => {
      const volume = await makeVolume({
        grid: { size: [...grid.size], spacing: [...grid.spacing], origin: [...grid.origin] },
        dtype,
        data,
      });
      await writeVolume({ volume, path });
    };
    await make('int16', voxels, image);
    await make('uint8', inside, mask);
  }
  return { image, mask, voxels: count };
}

/** Features that all name and define alike, from volume and intensity to texture. */
const LIMITS: Readonly<Record<string, number>> = {
  mean: 1e-6,
  variance: 1e-6,
  'mesh volume': 1e-6,
  diameter: 1e-6,
  'glcm contrast': 1e-6,
  'glrlm run entropy': 1e-6,
};

function benchOf(subject: Subject): BenchCase {
  return {
    name: `radiomics-${subject.name}`,
    title: `Radiomics of a structure, ${subject.name}`,
    async prepare() {
      const { image, mask, voxels } = await written(subject);
      const isovox = (what: string, threads: number) => ({
        name: `isovox, ${what === 'pyradiomics' ? '107 features' : 'all IBSI 1 families'}, ${threads} thread${threads > 1 ? 's' : ''}`,
        command: [
          ...tsx,
          join(contenders, 'isovox-radiomics.ts'),
          image,
          mask,
          what,
          String(subject.repetitions),
          String(threads),
        ],
      });
      const peer = (what: string, title: string, by: string | undefined) => ({
        name: title,
        command: [by ?? '', join(contenders, 'radiomics_peers.py'), image, mask, what, String(subject.peerRepetitions)],
        absent: by === undefined ? 'not installed: npm run bench:setup' : undefined,
      });
      return {
        data: `${voxels} voxels of 1 mm in an int16 image; fixed bin width of 25; image and mask are in memory.`,
        contenders: [
          isovox('pyradiomics', 1),
          isovox('pyradiomics', 2),
          peer('pyradiomics', 'PyRadiomics, 107 features', python),
          isovox('ibsi', 1),
          isovox('ibsi', 2),
          peer('mirp', 'MIRP, all base families', radiomicsPython),
          peer('nyxus', 'Nyxus, *3D_ALL*', radiomicsPython),
        ],
      };
    },
    compare: (reference, other) =>
      Object.entries(LIMITS).flatMap(([key, limit]) => {
        const [ours, theirs] = [reference[key], other[key]];
        if (ours === undefined || theirs === undefined) return [];
        return Math.abs(ours - theirs) <= limit * Math.abs(ours) ? [] : [`${key} ${theirs}, isovox ${ours}`];
      }),
  };
}

export const radiomicsSmall = benchOf(SMALL);
export const radiomicsLarge = benchOf(LARGE);
