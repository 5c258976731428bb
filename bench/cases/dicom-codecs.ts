/** Reading the CT series of dicom-series once DCMTK's and GDCM's own tools have compressed it. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder, contenders, nativeProgram, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { sameNumbers, writeSeries } from './dicom-series.js';

interface Codec {
  readonly name: string;
  readonly title: string;
  readonly tool: readonly string[];
  /** Why DCMTK is not among the contenders. */
  readonly dcmtkAbsent?: string;
}

/** The folder of compressed files, or why there is none. */
async function compress({ name, tool }: Codec): Promise<{ folder: string; absent?: string }> {
  const plain = join(cacheFolder, 'series');
  if (!existsSync(plain)) await writeSeries(plain, false);
  const folder = join(cacheFolder, `series-${name}`);
  if (existsSync(folder)) return { folder };
  const temporary = `${folder}.tmp`;
  mkdirSync(temporary, { recursive: true });
  const [command = '', ...options] = tool;
  for (const file of readdirSync(plain)) {
    const { status } = spawnSync(command, [...options, join(plain, file), join(temporary, file)]);
    if (status !== 0) return { folder, absent: `${command} is not installed or failed: npm run bench:setup` };
  }
  renameSync(temporary, folder);
  return { folder };
}

const codecCase = (codec: Codec): BenchCase => ({
  name: `dicom-${codec.name}`,
  title: `DICOM series: 200 slices of 512 x 512, ${codec.title}`,
  async prepare() {
    const { folder, absent } = await compress(codec);
    if (absent !== undefined) {
      process.stderr.write(`dicom-${codec.name}: ${absent}\n`);
      return undefined;
    }
    const gdcm = nativeProgram('gdcm_series');
    const dcmtk = nativeProgram('dcmtk_series');
    const isovox = (threads: number) => ({
      name: `isovox, ${threads} thread${threads > 1 ? 's' : ''}`,
      command: [...tsx, join(contenders, 'isovox-series.ts'), folder, '5', String(threads)],
    });
    return {
      data: `200 files compressed by ${codec.tool[0]}, 105 MB of pixels unpacked`,
      contenders: [
        isovox(2),
        isovox(1),
        { name: 'GDCM (C++)', command: [gdcm.path, folder, '2'], absent: gdcm.absent },
        // JPEG 2000 is decoded by as many threads as there are cores.
        {
          name: 'GDCM (C++), on one core',
          command: ['taskset', '-c', '0', gdcm.path, folder, '2'],
          absent: gdcm.absent,
        },
        { name: 'DCMTK', command: [dcmtk.path, folder, '2'], absent: codec.dcmtkAbsent ?? dcmtk.absent },
        {
          name: 'pydicom with pylibjpeg',
          command: [python ?? '', join(contenders, 'series.py'), 'pydicom', folder, '1'],
          absent: pythonAbsent,
        },
      ],
    };
  },
  compare: sameNumbers,
});

export const dicomRle = codecCase({ name: 'rle', title: 'RLE', tool: ['gdcmconv', '--rle'] });
export const dicomJpegLossless = codecCase({
  name: 'jpeg-lossless',
  title: 'lossless JPEG, first-order prediction (.70)',
  tool: ['dcmcjpeg', '+e1'],
});
export const dicomJpegLs = codecCase({ name: 'jpeg-ls', title: 'lossless JPEG-LS (.80)', tool: ['dcmcjpls'] });
export const dicomJpeg2000 = codecCase({
  name: 'jpeg-2000',
  title: 'lossless JPEG 2000 (.90)',
  tool: ['gdcmconv', '--j2k'],
  dcmtkAbsent: 'has no JPEG 2000',
});
