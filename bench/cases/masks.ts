/** Exact Euclidean distances, connected components and the surface of a mask of 512 x 512 x 140. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder, contenders, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';

const SIZE = [512, 512, 140] as const;

/** A body with bright flecks: one large component and thousands of small ones. */
function writeMask(): string {
  const [nx, ny, nz] = SIZE;
  const file = join(cacheFolder, 'bench-mask.u8');
  const data = new Uint8Array(nx * ny * nz);
  let state = 5;
  for (let n = 0; n < data.length; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = (n % nx) / nx - 0.5;
    const y = (Math.floor(n / nx) % ny) / ny - 0.5;
    const z = Math.floor(n / nx / ny) / nz - 0.5;
    const inside = (x / 0.42) ** 2 + (y / 0.3) ** 2 + (z / 0.6) ** 2 < 1;
    const wave = Math.sin(x * 40) * Math.cos(y * 35) * Math.sin(z * 20);
    data[n] = inside ? (wave < 0.6 ? 1 : 0) : state >>> 8 < 2 ** 24 / 500 ? 1 : 0;
  }
  writeFileSync(file, data);
  return file;
}

function bench(
  mode: 'edt' | 'label' | 'surface',
  title: string,
  peers: ReadonlyArray<readonly [string, string]>,
  tolerance = 1e-5,
): BenchCase {
  return {
    name: `mask-${mode}`,
    title,
    async prepare() {
      const file = writeMask();
      const args = (threads: number): string[] => [mode, file, ...SIZE.map(String), String(threads), '3'];
      const isovox = (threads: number) => ({
        name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}`,
        command: [...tsx, join(contenders, 'isovox-masks.ts'), ...args(threads)],
      });
      return {
        data: `Mask of ${SIZE.join(' x ')} bytes at 0.9 x 0.9 x 2.5 mm in memory: a body with holes, thousands of flecks around it.`,
        contenders: [
          isovox(1),
          isovox(2),
          ...peers.map(([tool, name]) => ({
            name,
            command: [python ?? '', join(contenders, 'masks.py'), tool, ...args(1)],
            absent: pythonAbsent,
          })),
        ],
      };
    },
    compare: (reference, other) =>
      Object.entries(reference).flatMap(([key, ours]) => {
        const theirs = other[key] ?? Number.NaN;
        return Math.abs(ours - theirs) <= tolerance * ours ? [] : [`${key} ${theirs}, isovox ${ours}`];
      }),
  };
}

export const maskEdt = bench('edt', 'Exact Euclidean distances', [
  ['itk', 'SimpleITK Maurer, 1 thread'],
  ['scipy', 'SciPy, 1 thread'],
  ['edt', 'edt, 1 thread'],
]);
export const maskLabel = bench('label', 'Connected components by faces, edges and corners', [
  ['scipy', 'SciPy'],
  ['cc3d', 'cc3d'],
  ['itk', 'SimpleITK'],
]);
/** Cubes whose inside corners touch across a face are cut in more than one way. */
export const maskSurface = bench(
  'surface',
  'The surface of a mask as triangles that share points',
  [
    ['vtk', 'VTK Flying Edges'],
    ['skimage', 'scikit-image'],
  ],
  0.01,
);
