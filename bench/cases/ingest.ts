/** One NIfTI volume of 512 x 512 x 300 int16 into a chunked store. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { cacheFolder, contenders, python, pythonAbsent, tsx } from '../environment.js';
import { type BenchCase, sameWithin } from '../harness.js';
import { phantomVolume } from '../phantom.js';

export const ingest: BenchCase = {
  name: 'ingest',
  title:
    'Ingest: a .nii of 512 x 512 x 300 int16 into a Zarr 3 store of 64 cubed, shuffle + zstd (157 / seconds = MB/s)',
  async prepare() {
    const path = join(cacheFolder, 'phantom.nii');
    if (!existsSync(path)) {
      const volume = await phantomVolume();
      await writeVolume({ volume, path });
      dispose(volume);
    }
    const script = (tool: string, name: string) => ({
      name,
      command: [python ?? '', join(contenders, 'zarr_write.py'), tool, path, join(cacheFolder, `ingest-${tool}`), '3'],
      absent: pythonAbsent,
    });
    return {
      data: 'A phantom of smooth shapes with noise, 157 MB; read by nibabel for the others; files of the page cache',
      contenders: [
        {
          name: 'isovox ingest, 2 threads',
          command: [...tsx, join(contenders, 'isovox-ingest.ts'), path, join(cacheFolder, 'ingest-isovox'), '5', '2'],
        },
        script('tensorstore', 'tensorstore, 2 threads'),
        script('zarr', 'zarr-python, 2 threads'),
      ],
    };
  },
  compare: sameWithin(['mean', 'middle'], 1e-6),
};
