/** Loading a .nii.gz of 512 x 512 x 300 int16. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { cacheFolder, contenders, nativeProgram, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';
import { phantomVolume } from '../phantom.js';

export const niftiGz: BenchCase = {
  name: 'nifti-gz',
  title: 'NIfTI: one .nii.gz of 512 x 512 x 300 int16',
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
      command: [python ?? '', join(contenders, 'nifti.py'), tool, path, '3'],
      absent: pythonAbsent,
    });
    return {
      data: 'A phantom of smooth shapes with noise, deflated at level 6, 157 MB unpacked',
      contenders: [
        { name: 'isovox, 1 thread', command: [...tsx, join(contenders, 'isovox-volume.ts'), path, '7', '1'] },
        { name: 'libdeflate alone', command: [bare.path, path, '7'], absent: bare.absent },
        script('nibabel', 'nibabel, stored values'),
        script('simpleitk', 'SimpleITK (ITK)'),
      ],
    };
  },
  compare: (reference, other) =>
    Object.keys(reference).flatMap((key) =>
      Math.abs((reference[key] ?? 0) - (other[key] ?? Number.NaN)) <= 1e-6
        ? []
        : [`${key} ${other[key]} not ${reference[key]}`],
    ),
};
