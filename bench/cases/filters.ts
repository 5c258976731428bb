/** Filters of a volume of 140 x 512 x 512. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { cacheFolder, contenders, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';

const SIZE: [number, number, number] = [512, 512, 140];

async function written(): Promise<string> {
  const path = join(cacheFolder, 'filters.nii');
  if (existsSync(path)) return path;
  const [nx, ny, nz] = SIZE;
  const data = new Float32Array(nx * ny * nz);
  let state = 99;
  for (let v = 0; v < data.length; v++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    data[v] = Math.round(300 * Math.sin((v % nx) / 20) * Math.cos((Math.floor(v / nx) % ny) / 30) + (state >>> 24) / 4);
  }
  const grid = {
    size: SIZE,
    spacing: [1, 1, 1] as [number, number, number],
    origin: [0, 0, 0] as [number, number, number],
  };
  await writeVolume({ volume: await makeVolume({ grid, dtype: 'float32', data }), path });
  return path;
}

function filterCase(
  name: string,
  title: string,
  peers: readonly (readonly [what: string, title: string])[],
  limit: number,
): BenchCase {
  return {
    name: `filter-${name}`,
    title,
    async prepare() {
      const path = await written();
      const isovox = (threads: number) => ({
        name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}`,
        command: [...tsx, join(contenders, 'isovox-filter.ts'), path, name, '5', String(threads)],
      });
      return {
        data: 'float32, 140 x 512 x 512 voxels of 1 mm, in memory; one thread where not said otherwise.',
        contenders: [
          isovox(1),
          isovox(2),
          ...peers.map(([what, peer]) => ({
            name: peer,
            command: [python ?? '', join(contenders, 'filters.py'), path, name, what],
            absent: pythonAbsent,
          })),
        ],
      };
    },
    /** Mean and deviation of the inner part, which no boundary touches. */
    compare: (reference, other) =>
      Object.entries(reference).flatMap(([key, ours]) => {
        const theirs = other[key] ?? Number.NaN;
        return Math.abs(ours - theirs) <= limit * Math.max(Math.abs(reference.deviation ?? 0), 1e-3)
          ? []
          : [`${key} ${theirs}, isovox ${ours}`];
      }),
  };
}

export const filterCases: readonly BenchCase[] = [
  filterCase(
    'gaussian',
    'Gaussian, sigma 2 mm',
    [
      ['scipy', 'SciPy'],
      ['itk', 'SimpleITK, recursive'],
    ],
    0.02,
  ),
  filterCase(
    'log',
    'Laplacian of Gaussian, sigma 2 mm',
    [
      ['scipy', 'SciPy'],
      ['itk', 'SimpleITK, recursive'],
    ],
    0.02,
  ),
  filterCase(
    'resample',
    'Resampled to 1.5 mm by cubic B-splines',
    [
      ['scipy', 'SciPy'],
      ['itk', 'SimpleITK'],
    ],
    0.02,
  ),
  filterCase('median', 'Median of 3 x 3 x 3', [['itk', 'SimpleITK']], 1e-6),
  filterCase('wavelet', 'coif1, one level, LLH of a stationary transform', [['pywt', 'PyWavelets, all 8 bands']], 1e-4),
];
