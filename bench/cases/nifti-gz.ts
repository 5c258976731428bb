/** Loading a .nii.gz of 512 x 512 x 300 int16: once, and twice at the same time. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { cacheFolder, contenders, nativeProgram, nodePeer, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { phantomVolume } from '../phantom.js';

const niftiCase = (name: string, title: string, atOnce: number): BenchCase => ({
  name,
  title,
  async prepare() {
    const path = join(cacheFolder, 'phantom.nii.gz');
    if (!existsSync(path)) {
      const volume = await phantomVolume();
      await writeVolume({ volume, path, level: 6 });
      dispose(volume);
    }
    const bare = nativeProgram('gunzip');
    const script = (tool: string, name: string) => ({
      name,
      command: [python ?? '', join(contenders, 'nifti.py'), tool, path, '3', String(atOnce)],
      absent: pythonAbsent,
    });
    return {
      data: 'A phantom of smooth shapes with noise, deflated at level 6, 157 MB unpacked',
      contenders: [
        {
          name: `isovox, ${atOnce} thread${atOnce > 1 ? 's' : ''}`,
          command: [...tsx, join(contenders, 'isovox-volume.ts'), path, '7', String(atOnce), String(atOnce)],
        },
        {
          name: `libdeflate alone${atOnce > 1 ? ', on each thread' : ''}`,
          command: [bare.path, path, '7', String(atOnce)],
          absent: bare.absent,
        },
        script('nibabel', 'nibabel, stored values'),
        { ...script('simpleitk', 'SimpleITK (ITK)'), about: 'it inflates with zlib-ng 2.1.6' },
        // Its thread can do one at a time.
        ...(atOnce > 1
          ? []
          : [
              {
                name: 'nifti-reader-js',
                command: [process.execPath, join(contenders, 'nifti-reader.mjs'), path, '2'],
                ...nodePeer('nifti-reader-js'),
              },
            ]),
      ],
    };
  },
  compare: (reference, other) =>
    Object.keys(reference).flatMap((key) =>
      Math.abs((reference[key] ?? 0) - (other[key] ?? Number.NaN)) <= 1e-6
        ? []
        : [`${key} ${other[key]} not ${reference[key]}`],
    ),
});

export const niftiGz = niftiCase('nifti-gz', 'NIfTI: one .nii.gz of 512 x 512 x 300 int16', 1);
export const niftiGzTwo = niftiCase('nifti-gz-two', 'NIfTI: two .nii.gz of 512 x 512 x 300 int16 at once', 2);
