/**
 * Zarr 3 both ways with zarr-python and tensorstore, through test/oracles/zarr_interop.py. Runs where a Python has
 * them: the bench's (`npm run bench:setup`), or the one that ISOVOX_PYTHON names.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { makeVolume } from '../../lib/native/dicom.js';
import { readVolume, writeVolume } from '../../lib/native/formats.js';
import { describeVolume, dispose, viewVolume } from '../../lib/native/volume.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import type { Handle } from '../../lib/runtime/surface.js';
import { temporaryFolder } from '../fixtures/index.js';

const script = join(packageRoot, 'test/oracles/zarr_interop.py');
const python = [process.env.ISOVOX_PYTHON, join(packageRoot, 'build/bench/venv/bin/python')].find(
  (path) => path !== undefined && spawnSync(path, ['-c', 'import zarr, tensorstore']).status === 0,
);
if (python === undefined) process.stderr.write('No Python with zarr and tensorstore: interop is not tested.\n');

function hashOf(volume: Handle<'Volume'>): string {
  const view = viewVolume(volume);
  return createHash('sha256')
    .update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    .digest('hex');
}

interface Line {
  path: string;
  sha256: string;
  shape: number[];
  zarr: string;
  tensorstore: string;
}

function linesOf(args: string[]): Line[] {
  const out = execFileSync(python ?? '', [script, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const ARRAYS = {
  int8: Int8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

describe.skipIf(python === undefined)('Zarr 3 interop', () => {
  const folder = temporaryFolder();

  it('reads what zarr-python and tensorstore write, for each codec and for shards', async () => {
    const made = linesOf(['make', folder]);
    expect(made.length).toBeGreaterThan(60);
    for (const { path, sha256, shape } of made) {
      const { volume } = await readVolume({ path });
      expect(describeVolume(volume).grid.size, path).toEqual(shape);
      expect(hashOf(volume), path).toBe(sha256);
      dispose(volume);
    }
  });

  it('writes what they read, for each codec and for shards', async () => {
    const expected = new Map<string, string>();
    for (const [dtype, Numbers] of Object.entries(ARRAYS)) {
      for (const codec of ['zstd', 'zstd-plain', 'blosc', 'lz4', 'gzip', 'none']) {
        for (const [sharding, frames] of [
          [false, 1],
          [true, 1],
          [true, 2],
        ] as const) {
          const data = new Numbers(30 * 31 * 33 * frames).map((_: number, i: number) => (i * 7) % 101);
          const grid = {
            size: [30, 31, 33] as [number, number, number],
            spacing: [1, 2, 3] as [number, number, number],
            origin: [4, 5, 6] as [number, number, number],
          };
          const volume = await makeVolume({ grid, dtype, data, frames });
          const path = join(folder, `w-${dtype}-${codec}-${sharding}-${frames}.zarr`);
          await writeVolume({ volume, path, codec, sharding, chunks: [16, 16, 16] });
          expected.set(path, hashOf(volume));
          dispose(volume);
        }
      }
    }
    for (const { path, zarr, tensorstore } of linesOf(['read', ...expected.keys()])) {
      expect(zarr, path).toBe(expected.get(path));
      expect(tensorstore, path).toBe(expected.get(path));
    }
  });
});
