/** OME-Zarr 0.5 metadata by an independent reader of the specification (test/oracles/ome_zarr.py), where it is installed. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder } from '../fixtures/index.js';

const python = join(packageRoot, 'build/bench/venv-stores/bin/python');
const absent = spawnSync(python, ['-c', 'import ome_zarr_models']).status !== 0;
if (absent)
  process.stderr.write('No Python with ome-zarr-models (npm run bench:setup): the metadata are not validated.\n');

function wrongOf(paths: readonly string[]): (string | null)[] {
  const script = join(packageRoot, 'test/oracles/ome_zarr.py');
  const schemas = process.env.ISOVOX_OME_SCHEMAS;
  const out = execFileSync(python, [script, ...(schemas ? ['--schemas', schemas] : []), ...paths], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { wrong: string | null }).wrong);
}

describe.skipIf(absent)('OME-Zarr 0.5', () => {
  const folder = temporaryFolder();

  it('what is written validates: frames, sharding, every tile; damage does not', { timeout: 120_000 }, async () => {
    const paths: string[] = [];
    for (const frames of [1, 3]) {
      const data = new Int16Array(20 * 18 * 16 * frames).map((_, i) => i % 97);
      const volume = await makeVolume({
        grid: { size: [20, 18, 16], spacing: [0.7, 0.8, 2.5], origin: [-4, 5, 6] },
        dtype: 'int16',
        data,
        frames,
      });
      for (const tile of ['axial', 'isotropic']) {
        for (const sharding of [false, true]) {
          const path = join(folder, `${frames}-${tile}-${sharding}.zarr`);
          await writeVolume({ volume, path, tile, sharding });
          paths.push(path);
        }
      }
      dispose(volume);
    }
    expect(wrongOf(paths)).toEqual(paths.map(() => null));
    const broken = join(paths[0] ?? '', 'zarr.json');
    writeFileSync(broken, readFileSync(broken, 'utf8').replace('"space"', '"spice"').replace('"scale"', '"scales"'));
    expect(wrongOf(paths.slice(0, 1))).not.toEqual([null]);
  });
});
