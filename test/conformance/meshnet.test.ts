/**
 * A real network: MeshNet of niivue-onnx, 256^3 in one tile, labels equal to those that its own authors' code gives
 * (expected_labels_numpy.nii.gz, made by an implementation in NumPy). Skipped where the real data is not.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';

import { getConfig } from '../../lib/config/resolve.js';
import { Segmenter } from '../../lib/inference/segmenter.js';
import { readVolume } from '../../lib/native/formats.js';
import { viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { sharedData, temporaryFolder } from '../fixtures/index.js';
import { writeModelFolder } from '../fixtures/model-folder.js';

const data = sharedData === undefined ? '' : join(sharedData, 'onnx-meshnet5');

describe.skipIf(sharedData === undefined)('meshnet', () => {
  it(
    'labels every voxel as expected while the JavaScript thread is free, and stops within its tile',
    {
      timeout: 300_000,
    },
    async () => {
      const network = readFileSync(join(data, 'model.onnx'));
      const folder = writeModelFolder(join(temporaryFolder(), 'meshnet'), {
        networks: [network],
        labels: ['background', 'white matter', 'grey matter'],
        patch: [256, 256, 256],
        input: { channels: [{ name: 'T1', normalise: { method: 'minmax' } }] },
        window: { overlap: 0, weighting: 'uniform' },
        more: { modality: 'MR', licence: 'BSD-2-Clause; weights MIT (brainchop)' },
      });
      const { volume } = await readVolume({ path: join(data, 't1_crop.nii.gz') });
      const context = new Context({ ...getConfig(), read: { ...getConfig().read, memoryBudgetMb: 4096 } });
      const segmenter = await Segmenter.load(folder, { device: 'cpu', threads: 2, context });
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const { labels, tiles } = await segmenter.segment([volume]);
      delay.disable();
      const { volume: expected } = await readVolume({ path: join(data, 'expected_labels_numpy.nii.gz') });
      const found = viewVolume(labels) as Uint8Array;
      const wanted = viewVolume(expected) as Uint8Array;
      expect(tiles).toBe(1);
      expect(found.length).toBe(wanted.length);
      expect(found.reduce((wrong, label, n) => wrong + (label === wanted[n] ? 0 : 1), 0)).toBe(0);
      process.stderr.write(
        `meshnet: event loop delay mean ${(delay.mean / 1e6).toFixed(1)} ms, P99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, most ${(delay.max / 1e6).toFixed(1)} ms\n`,
      );
      const stop = new AbortController();
      const started = performance.now();
      const second = segmenter.segment([volume], { signal: stop.signal });
      setTimeout(() => stop.abort(), 1500);
      await expect(second).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
      process.stderr.write(
        `meshnet: ended ${(performance.now() - started - 1500).toFixed(0)} ms after it was told to\n`,
      );
      segmenter.dispose();
    },
  );
});
