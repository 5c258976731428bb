/** The longest time in which the JavaScript thread could do nothing else, while volumes are read or segmented. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { cacheFolder, contenders, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { benchModel } from '../network.js';
import { phantomVolume } from '../phantom.js';
import { writeSeries } from './dicom-series.js';

async function phantomAt(name: string, settings: object): Promise<string> {
  const path = join(cacheFolder, name);
  if (existsSync(path)) return path;
  const volume = await phantomVolume();
  await writeVolume({ volume, path, ...settings });
  dispose(volume);
  return path;
}

export const responsive: BenchCase = {
  name: 'responsive',
  title: 'Longest gap of the event loop while something is read, ms; the bound is 10',
  async prepare() {
    const stored = await phantomAt('stored-shuffle-zstd-64-cubed.zarr', { codec: 'zstd', chunks: [64, 64, 64] });
    const gz = await phantomAt('phantom.nii.gz', { level: 6 });
    const series = join(cacheFolder, 'series');
    if (!existsSync(series)) await writeSeries(series, false);
    const own = (name: string, what: string, path: string) => ({
      name,
      command: [...tsx, join(contenders, 'isovox-responsive.ts'), what, path, '2', '5'],
    });
    return {
      data: 'The phantom of 157 MB and a series of 200 slices of 512 x 512; a timer of 1 ms runs beside each read, and beside a network of three convolutions, whose bound is 20',
      contenders: [
        own('nothing, for half a second', 'nothing', ''),
        own('a store, all of it', 'volume', stored),
        own('a store, 64 boxes of 64 cubed at once', 'patches', stored),
        own('NIfTI, gzip', 'volume', gz),
        own('DICOM, 200 slices', 'series', series),
        own('a network slid over 144 x 144 x 96', 'network', benchModel(cacheFolder, 96)),
      ],
    };
  },
  // Each row reads something else.
  compare: () => [],
};
