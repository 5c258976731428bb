/** A context for another process shares nothing with the others of this one: its cache is its own, and its counters. */

import { join } from 'node:path';
import { expect, it } from 'vitest';

import { getConfig } from '../../../lib/config/resolve.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { writeVolume } from '../../../lib/native/formats.js';
import { collectStats, Stats } from '../../../lib/native/stats.js';
import { openStore, readRegion } from '../../../lib/native/store.js';
import { dispose, viewVolume } from '../../../lib/native/volume.js';
import { Context, ctxForProcess, ctxForThreads } from '../../../lib/runtime/context.js';
import { temporaryFolder } from '../../fixtures/index.js';

const SIZE = [40, 40, 40] as [number, number, number];

it('ctxForProcess has a cache of its own; ctxForThreads shares', async () => {
  const path = join(temporaryFolder(), 'v.zarr');
  const data = new Int16Array(64_000).map((_, i) => i % 311);
  const grid = { size: SIZE, spacing: [1, 1, 1] as const, origin: [0, 0, 0] as const };
  const volume = await makeVolume({ grid, dtype: 'int16', data } as Parameters<typeof makeVolume>[0]);
  await writeVolume({ volume, path, chunks: [16, 16, 16] });
  dispose(volume);
  const shared = new Context(getConfig());
  const own = ctxForProcess(shared);
  const read = async (context: Context): Promise<number[]> => {
    const store = await openStore({ path }, { context });
    const box = await readRegion({ store, x: [5, 10], y: [5, 10], z: [5, 10] }, { context });
    return [...viewVolume(box)].map(Number);
  };
  const first = await collectStats(shared, () => read(shared));
  expect(first.stats.cache).toMatchObject({ hits: 0, misses: 1 });
  // Warm in the shared cache, cold in the other.
  const again = await collectStats(shared, () => read(ctxForThreads(shared)));
  expect(again.stats.cache).toMatchObject({ hits: 1, misses: 0 });
  const before = new Stats(shared);
  const isolated = await collectStats(own, () => read(own));
  expect(isolated.stats.cache).toMatchObject({ hits: 0, misses: 1, bytes: expect.any(Number) });
  expect(before.report().cache).toMatchObject({ hits: 0, misses: 0 });
  expect((await collectStats(own, () => read(own))).stats.cache).toMatchObject({ hits: 1, misses: 0 });
  expect(isolated.result).toEqual(first.result);
  expect(own.isolated).toBeDefined();
  expect(shared.isolated).toBeUndefined();
});

it('the limit of its cache is that of its configuration', async () => {
  const config = getConfig();
  const none = ctxForProcess(new Context({ ...config, read: { ...config.read, tileCacheSizeMb: 0 } }));
  expect(new Stats(none).report().cache.limitBytes).toBe(0);
  expect(new Stats(new Context(config)).report().cache.limitBytes).toBe(config.read.tileCacheSizeMb * 2 ** 20);
});
