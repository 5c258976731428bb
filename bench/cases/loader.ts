/** Training patches of 64 cubed at random places of stored CTs, in batches of four as float32. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Cohort } from '../../lib/cohort/index.js';
import { getConfig } from '../../lib/config/resolve.js';
import { createTrainingDataloader } from '../../lib/dataloader/index.js';
import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { cacheFolder, contenders, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { phantomVolume } from '../phantom.js';

const SUBJECTS = ['a', 'b', 'c', 'd'];
const PATCHES = 25;

async function cohortAt(store: string): Promise<Cohort> {
  if (existsSync(store)) return Cohort.open(store);
  const image = join(cacheFolder, 'loader-phantom.nii');
  const volume = await phantomVolume();
  await writeVolume({ volume, path: image });
  dispose(volume);
  const config = getConfig();
  const context = new Context({ ...config, write: { ...config.write, tile: { orientation: 'isotropic' } } });
  const images = { ct: SUBJECTS.map((subject) => [image, subject] as [string, string]) };
  return Cohort.fromImages(store, images, { context });
}

export const loader: BenchCase = {
  name: 'loader',
  title: `Training patches of 64 cubed, ms per patch: ${PATCHES} of each of ${SUBJECTS.length} CTs of 512 x 512 x 300`,
  async prepare() {
    const store = join(cacheFolder, 'loader-cohort');
    const cohort = await cohortAt(store);
    const places = join(cacheFolder, 'loader-places.json');
    const drawn = [];
    const volumes = new Map([...cohort.collection('ct')].map((volume) => [volume.subjectId, volume]));
    const options = { collections: cohort.collection('ct'), patchSize: [64, 64, 64] as const, seed: 1 };
    for await (const batch of createTrainingDataloader({ ...options, patchesPerVolume: PATCHES })) {
      for (const [n, subject] of batch.subjects.entries()) {
        const volume = volumes.get(subject);
        const { slope = 1, intercept = 0 } = (await volume?.describe()) ?? {};
        drawn.push({ path: join(volume?.path ?? '', '0'), start: batch.patchStart[n], slope, intercept });
      }
    }
    writeFileSync(places, JSON.stringify(drawn));
    const isovox = (threads: number) => ({
      name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}`,
      command: [...tsx, join(contenders, 'isovox-loader.ts'), store, '3', String(PATCHES), String(threads)],
    });
    const script = (tool: string, name: string) => ({
      name,
      command: [python ?? '', join(contenders, 'loader.py'), tool, places, '2'],
      absent: pythonAbsent,
    });
    return {
      data: 'A phantom of smooth shapes with noise in a cohort store (shuffle + zstd, 64 cubed); caches of chunks off',
      contenders: [
        isovox(2),
        isovox(1),
        script('tensorstore', 'tensorstore, 2 threads'),
        script('zarr', 'zarr-python, 2 threads'),
      ],
    };
  },
  compare: (reference, other) =>
    ['mean', 'samples'].flatMap((key) =>
      Math.abs((reference[key] ?? 0) - (other[key] ?? Number.NaN)) <= 1e-4
        ? []
        : [`${key} ${other[key]} not ${reference[key]}`],
    ),
};
