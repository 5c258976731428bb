/** Training samples of stored CTs in batches of four as float32: patches of 64 cubed, slices, whole volumes. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Cohort } from '../../lib/cohort/index.js';
import { getConfig } from '../../lib/config/resolve.js';
import { createTrainingDataloader } from '../../lib/dataloader/index.js';
import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { drawing } from '../contenders/loader-drawing.js';
import { cacheFolder, contenders, python, pythonAbsent, torchPython, torchPythonAbsent, tsx } from '../environment.js';
import { type BenchCase, type Contender, sameWithin } from '../harness.js';
import { phantomVolume } from '../phantom.js';

const SUBJECTS = ['a', 'b', 'c', 'd'];
const folder = join(cacheFolder, 'loaders');

interface Layout {
  readonly words: string;
  readonly algorithm: 'zstd' | 'lz4';
  readonly cube?: number;
}

const LAYOUTS = {
  zstd64: { words: 'shuffle + zstd, 64 cubed', algorithm: 'zstd', cube: 64 },
  lz4: { words: 'shuffle + lz4, shards of 32 cubed', algorithm: 'lz4', cube: 32 },
  axial: { words: 'shuffle + zstd, axial slices', algorithm: 'zstd' },
} as const satisfies Record<string, Layout>;

/** A cohort of the phantom, and the image that it is made of. */
async function cohortOf(name: keyof typeof LAYOUTS): Promise<{ store: string; image: string; cohort: Cohort }> {
  mkdirSync(folder, { recursive: true });
  const image = join(folder, 'phantom.nii');
  if (!existsSync(image)) {
    const volume = await phantomVolume();
    await writeVolume({ volume, path: image });
    dispose(volume);
  }
  const store = join(folder, name);
  if (existsSync(store)) return { store, image, cohort: await Cohort.open(store) };
  const { algorithm, cube }: Layout = LAYOUTS[name];
  const config = getConfig();
  const tile = cube
    ? { ...config.write.tile, x: cube, y: cube, z: cube }
    : { ...config.write.tile, orientation: 'axial' as const };
  const write = {
    ...config.write,
    tile,
    sharding: cube === 32 ? ('on' as const) : ('off' as const),
    compression: { ...config.write.compression, algorithm },
  };
  const images = { ct: SUBJECTS.map((subject) => [image, subject] as [string, string]) };
  return {
    store,
    image,
    cohort: await Cohort.fromImages(store, images, { context: new Context({ ...config, write }) }),
  };
}

/** Where each sample lies, for the others. */
async function placesOf(what: string, perVolume: number, name: keyof typeof LAYOUTS): Promise<string> {
  const { cohort, image } = await cohortOf(name);
  const volumes = new Map([...cohort.collection('ct')].map((volume) => [volume.subjectId, volume]));
  const drawn = [];
  const loader = createTrainingDataloader({ ...drawing(what, perVolume), collections: cohort.collection('ct') });
  for await (const { subjects, patchStart, shape } of loader) {
    for (const [n, subject] of subjects.entries()) {
      const volume = volumes.get(subject);
      const { slope = 1, intercept = 0 } = (await volume?.describe()) ?? {};
      const size = [shape[4], shape[3], shape[2]];
      drawn.push({ path: join(volume?.path ?? '', '0'), image, subject, start: patchStart[n], size, slope, intercept });
    }
  }
  const path = join(folder, `places-${what}-${name}.json`);
  writeFileSync(path, JSON.stringify(drawn));
  return path;
}

function loaderCase(name: string, what: 'patch' | 'slice' | 'volume', layout: keyof typeof LAYOUTS): BenchCase {
  const words = { patch: 'patches of 64 cubed', slice: 'axial slices', volume: 'whole volumes' }[what];
  const perVolume = what === 'volume' ? 1 : 8;
  return {
    name,
    title: `Training samples, ms each: ${words}, ${perVolume} of each of ${SUBJECTS.length} CTs of 512 x 512 x 300 (${LAYOUTS[layout].words})`,
    async prepare() {
      const { store } = await cohortOf(layout);
      const places = await placesOf(what, perVolume, layout);
      const isovox = (title: string, threads: number, cache: number): Contender => ({
        name: `isovox, ${title}`,
        command: [
          ...tsx,
          join(contenders, 'isovox-loader.ts'),
          ...[store, what, '5', perVolume, threads, cache].map(String),
        ],
      });
      const overStore = (tool: string, title: string): Contender => ({
        name: title,
        command: [python ?? '', join(contenders, 'loader.py'), tool, places, '2'],
        absent: pythonAbsent,
      });
      const torch = (tool: string, title: string, epochs: number): Contender => ({
        name: title,
        command: [torchPython ?? '', join(contenders, 'torch_loaders.py'), tool, what, places, String(epochs)],
        absent: torchPythonAbsent,
      });
      return {
        data: 'A phantom of smooth shapes with noise in a cohort store. No chunk is cached but where the row says so; PyTorch, MONAI, TorchIO and RadiObject with two worker processes; MONAI and TorchIO read the NIfTI files, RadiObject its own store with the same tiles',
        contenders: [
          isovox('2 threads', 2, 0),
          isovox('1 thread', 1, 0),
          isovox('2 threads, cache of 4 GiB', 2, 4096),
          overStore('tensorstore', 'tensorstore, 2 threads'),
          overStore('zarr', 'zarr-python, 2 threads'),
          torch('pytorch', 'PyTorch DataLoader over zarr-python', 2),
          torch('radiobject', 'RadiObject', 2),
          torch('monai', 'MONAI', 0),
          torch('torchio', 'TorchIO', 0),
        ],
      };
    },
    compare: sameWithin(['mean', 'samples'], 1e-4),
  };
}

export const loaderCases: readonly BenchCase[] = [
  loaderCase('loader', 'patch', 'zstd64'),
  loaderCase('loader-lz4', 'patch', 'lz4'),
  loaderCase('loader-slices', 'slice', 'axial'),
  loaderCase('loader-volumes', 'volume', 'zstd64'),
];
