/** The columns `diagnostics_...` that PyRadiomics writes beside its features. */

import { packageVersion } from '../runtime/package-root.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { convertVolume } from './formats.js';
import type { DiagnosticValue, ExtractPyradiomicsArgs, ExtractPyradiomicsRows } from './radiomics-types.js';
import { describeVolume, dispose, viewVolume } from './volume.js';

/** The version whose definitions the dialect has. */
const DIALECT = '3.0.1';

/** Versions and settings, then the rows of the image and the mask, each with the hash of its voxels. */
export async function diagnosticColumns(
  { image, mask, settings = {} }: ExtractPyradiomicsArgs,
  rows: NonNullable<ExtractPyradiomicsRows['diagnostics']>,
  options?: SubmitOptions,
): Promise<[name: string, value: DiagnosticValue][]> {
  const { images = [{ type: 'Original' as const }], ...rest } = settings;
  const columns: [string, DiagnosticValue][] = [
    ['Versions_PyRadiomics', `${DIALECT} as computed by Isovox`],
    ['Versions_Isovox', packageVersion],
    ['Configuration_Settings', JSON.stringify(rest)],
    [
      'Configuration_EnabledImageTypes',
      JSON.stringify(Object.fromEntries(images.map(({ type, ...custom }) => [type, custom]))),
    ],
    ['Image-original_Hash', await hashOf(image, undefined, options)],
    ['Image-original_Dimensionality', '3D'],
  ];
  for (const [name, value] of rows) {
    if (name === 'Mask-original_Spacing') columns.push(['Mask-original_Hash', await hashOf(mask, 'uint32', options)]);
    columns.push([name, value]);
  }
  return columns.map(([name, value]) => [`diagnostics_${name}`, value]);
}

/** SHA-1 of the voxels as SimpleITK holds them: as stored, scaled ones as float32, masks as uint32. */
async function hashOf(volume: Handle<'Volume'>, dtype: 'uint32' | undefined, options?: SubmitOptions): Promise<string> {
  const { dtype: stored, slope, intercept } = describeVolume(volume);
  const scaled = slope !== 1 || intercept !== 0;
  const wanted = dtype ?? (scaled ? 'float32' : stored);
  if (wanted === stored && !scaled) return sha1(volume);
  const converted = await convertVolume({ volume, dtype: wanted }, options);
  try {
    return await sha1(converted);
  } finally {
    dispose(converted);
  }
}

async function sha1(volume: Handle<'Volume'>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-1', viewVolume(volume) as Uint8Array<ArrayBuffer>)).toString(
    'hex',
  );
}
