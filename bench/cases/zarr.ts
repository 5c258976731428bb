/** Reading a stored volume of 512 x 512 x 300 int16: all of it, boxes of 64 cubed, single slices; nothing cached. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import {
  cacheFolder,
  contenders,
  nativeProgram,
  nodePeer,
  python,
  pythonAbsent,
  storesPython,
  storesPythonAbsent,
  tsx,
} from '../environment.js';
import { type BenchCase, sameWithin } from '../harness.js';
import { PHANTOM_SIZE, phantomVolume } from '../phantom.js';

const LAYOUTS = {
  'zstd, 64 cubed': { codec: 'zstd-plain', chunks: [64, 64, 64] },
  'shuffle + zstd, 64 cubed': { codec: 'zstd', chunks: [64, 64, 64] },
  'zstd, shards of 32 cubed': { codec: 'zstd-plain', chunks: [32, 32, 32], sharding: true },
  'shuffle + zstd, shards of 32 cubed': { codec: 'zstd', chunks: [32, 32, 32], sharding: true },
} as const;

const WHAT = {
  all: 'the whole volume',
  roi: 'one box of 64 cubed, the mean of 64 at random places',
  axial: 'one axial slice, the mean of 16',
  coronal: 'one coronal slice, the mean of 16',
  sagittal: 'one sagittal slice, the mean of 16',
} as const;

/** The shards' rivals that need no shards: the same voxels and codec. */
const UNSHARDED: Partial<Record<keyof typeof LAYOUTS, keyof typeof LAYOUTS>> = {
  'zstd, shards of 32 cubed': 'zstd, 64 cubed',
  'shuffle + zstd, shards of 32 cubed': 'shuffle + zstd, 64 cubed',
};

/** The phantom in a layout, written when it is not there. */
async function stored(layout: keyof typeof LAYOUTS): Promise<string> {
  const path = join(cacheFolder, `stored-${layout.replace(/[^a-z0-9]+/g, '-')}.zarr`);
  if (!existsSync(path)) {
    const volume = await phantomVolume();
    await writeVolume({ volume, path, ...(LAYOUTS[layout] as { codec: string; chunks: [number, number, number] }) });
    dispose(volume);
  }
  return path;
}

function zarrCase(layout: keyof typeof LAYOUTS, what: keyof typeof WHAT, name: string): BenchCase {
  return {
    name,
    title: `Zarr 3, ${layout}: ${WHAT[what]}`,
    async prepare() {
      const path = await stored(layout);
      const unsharded = UNSHARDED[layout];
      const bare = nativeProgram('zstd_chunks');
      const size = PHANTOM_SIZE.map(String);
      const script = (tool: string, title: string, from = path) => ({
        name: title,
        command: [python ?? '', join(contenders, 'zarr_read.py'), tool, from, what, '3'],
        absent: pythonAbsent,
      });
      const store = (tool: string, title: string) => ({
        name: title,
        command: [storesPython ?? '', join(contenders, 'zarr_read.py'), tool, path, what, '3'],
        absent: storesPythonAbsent,
      });
      const bareRuns = what === 'all' && layout === 'zstd, 64 cubed';
      return {
        data: 'A phantom of smooth shapes with noise, written by isovox at level 3, 157 MB unpacked; caches off',
        contenders: [
          { name: 'isovox, 2 threads', command: [...tsx, join(contenders, 'isovox-store.ts'), path, what, '7', '2'] },
          ...(bareRuns
            ? [{ name: 'zstd alone, 2 threads', command: [bare.path, path, ...size, '7', '2'], absent: bare.absent }]
            : []),
          script('tensorstore', 'tensorstore, 2 threads'),
          ...(unsharded === undefined
            ? []
            : [script('tensorstore', 'tensorstore, 2 threads, from chunks of 64 cubed', await stored(unsharded))]),
          script('zarr', 'zarr-python, 2 threads'),
          store('zarrs', 'zarrs in zarr-python, 2 threads'),
          // Its tiles are its own files: nothing of the layout but their size and codec.
          ...('sharding' in LAYOUTS[layout] ? [] : [store('tiledb', 'TileDB-Py, 2 threads')]),
          {
            name: 'zarrita',
            command: [...tsx, join(contenders, 'zarrita.ts'), path, what, '2'],
            ...nodePeer('zarrita'),
          },
        ],
      };
    },
    compare: sameWithin(['mean', 'middle'], 1e-6),
  };
}

export const zarrCases: readonly BenchCase[] = [
  zarrCase('zstd, 64 cubed', 'all', 'zarr-all'),
  zarrCase('zstd, 64 cubed', 'roi', 'zarr-roi'),
  zarrCase('zstd, shards of 32 cubed', 'roi', 'zarr-shard-roi'),
  zarrCase('shuffle + zstd, 64 cubed', 'all', 'zarr-shuffle-all'),
  zarrCase('shuffle + zstd, 64 cubed', 'roi', 'zarr-shuffle-roi'),
  zarrCase('shuffle + zstd, shards of 32 cubed', 'roi', 'zarr-shuffle-shard-roi'),
  zarrCase('shuffle + zstd, 64 cubed', 'axial', 'zarr-axial'),
  zarrCase('shuffle + zstd, 64 cubed', 'coronal', 'zarr-coronal'),
  zarrCase('shuffle + zstd, 64 cubed', 'sagittal', 'zarr-sagittal'),
];
