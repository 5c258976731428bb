/** Networks: one run, and a sliding window over a volume, beside ONNX Runtime's own interfaces. */

import { join } from 'node:path';

import { cacheFolder, contenders, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { benchModel, benchVolume } from '../network.js';

const PATCH = 96;
const THREADS = 2;

function bench(mode: 'run' | 'slide', size: readonly [number, number, number], title: string): BenchCase {
  const repetitions = mode === 'run' ? '5' : '1';
  return {
    name: mode === 'run' ? 'inference-run' : 'inference-slide',
    title,
    async prepare() {
      const shape = [...size, PATCH, THREADS].map(String);
      const args = [benchModel(cacheFolder, PATCH), benchVolume(cacheFolder, size), ...shape, repetitions];
      const python3 = (what: string, name: string) => ({
        name,
        command: [python ?? '', join(contenders, 'inference.py'), what, ...args],
        absent: pythonAbsent,
      });
      return {
        data: `Three 3x3x3 convolutions (8 channels, 4 labels), ${THREADS} threads, volume ${size.join(' x ')}, tiles of ${PATCH}, overlap 0.5. The model is loaded and the volume in memory before the clock.`,
        contenders: [
          { name: 'isovox', command: [...tsx, join(contenders, 'isovox-inference.ts'), mode, ...args] },
          python3(mode, mode === 'run' ? 'onnxruntime, Python' : 'onnxruntime, Python + NumPy tiling'),
          ...(mode === 'slide' ? [python3('sum', 'its runs alone, added up')] : []),
          {
            name: mode === 'run' ? 'onnxruntime-node' : 'onnxruntime-node, tiled in JavaScript',
            command: [process.execPath, join(contenders, 'onnxruntime-node.mjs'), mode, ...args],
          },
        ],
      };
    },
    /** Sums of float32 in other orders: a voxel in ten thousand may change its label. */
    compare: (reference, other) =>
      Object.entries(reference).flatMap(([key, ours]) => {
        const theirs = other[key] ?? Number.NaN;
        return Math.abs(ours - theirs) <= 1e-4 * Math.max(1, ours) ? [] : [`${key} ${theirs}, isovox ${ours}`];
      }),
  };
}

export const inferenceRun = bench('run', [96, 96, 96], 'One run of a network on 96 x 96 x 96');
export const inferenceSlide = bench('slide', [256, 256, 200], 'A network slid over 256 x 256 x 200');
