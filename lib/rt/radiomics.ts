/** What the radiomics stage writes, the settings per modality, and its tables. */

import type {
  FeatureValue,
  PyradiomicsImage,
  PyradiomicsSettings,
  RadiomicsFinding,
  RadiomicsSettings,
} from '../native/radiomics-types.js';
import { packageVersion } from '../runtime/package-root.js';
import type { Column, Row } from '../table/table.js';
import type { RunConfig } from './run-config.js';

/** One structure of one course. */
export interface RadiomicsEntry {
  readonly patient_id: string;
  readonly course_id: string;
  readonly modality: string;
  readonly segmentation_source: string;
  readonly roi_number: number;
  readonly roi_name: string;
  readonly roi_original_name: string;
  readonly SeriesInstanceUID: string;
  readonly rtstruct_sop_instance_uid: string;
  readonly settings_hash: string;
  /** Of the image, before resampling. */
  readonly voxels: number;
  readonly features: readonly FeatureValue[];
  readonly findings: readonly RadiomicsFinding[];
}

interface ParameterSet {
  readonly spacingMm: number;
  readonly binWidth: number;
  /** Widths of the Laplacians of Gaussian, in millimetres. */
  readonly sigma: readonly number[];
  readonly wavelet: boolean;
}

/** By modality; PET by tracer. MR has bins by number. */
const PARAMETER_SETS: Readonly<Record<string, ParameterSet>> = {
  CT: { spacingMm: 1, binWidth: 25, sigma: [1, 2, 3, 5], wavelet: true },
  MR: { spacingMm: 1, binWidth: 25, sigma: [2, 3, 4], wavelet: false },
  FDG: { spacingMm: 3, binWidth: 0.25, sigma: [1, 2, 3], wavelet: true },
  PSMA: { spacingMm: 3, binWidth: 0.5, sigma: [2, 3, 4], wavelet: true },
  // Not of rtpipeline, which measures no dose: a dose is smooth, what filters find in it is its grid.
  RTDOSE: { spacingMm: 2, binWidth: 1, sigma: [], wavelet: false },
};

function imagesOf({ sigma, wavelet }: ParameterSet): PyradiomicsImage[] {
  const images: PyradiomicsImage[] = [{ type: 'Original' }];
  if (sigma.length > 0) images.push({ type: 'LoG', sigma: [...sigma] });
  return wavelet ? [...images, { type: 'Wavelet', wavelet: 'coif1', level: 1 }] : images;
}

/**
 * The parameter sets that rtpipeline users know: isotropic resampling by cubic B-splines; bins of 25 HU on CT; 64 bins
 * on MR, whose intensities have no unit; bins of 0.25 or 0.5 SUV on PET, resampled to 3 mm; voxels at distances of 1 and
 * 2; Laplacians of Gaussian and wavelets where `radiomics.images` is `all`. Dose has bins of 1 Gy from 0 and is resampled
 * to 2 mm by trilinear interpolation, which does not overshoot. `radiomics.spacingMm` and `binWidth` are of
 * images; the dose keeps its own.
 */
export function settingsFor(
  config: RunConfig,
  modality: string,
): { pyradiomics: PyradiomicsSettings; ibsi: RadiomicsSettings } {
  const set =
    PARAMETER_SETS[modality === 'PT' ? config.radiomics.petTracer : modality] ?? (PARAMETER_SETS.CT as ParameterSet);
  const dose = modality === 'RTDOSE';
  const own: Partial<RunConfig['radiomics']> = dose ? {} : config.radiomics;
  const spacing = own.spacingMm ?? set.spacingMm;
  const spacingMm: [number, number, number] = [spacing, spacing, spacing];
  const width = own.binWidth ?? set.binWidth;
  const byCount = modality === 'MR' && own.binWidth === undefined;
  const interpolation = dose ? 'linear' : 'cubic';
  return {
    pyradiomics: {
      resampledPixelSpacing: spacingMm,
      interpolator: interpolation,
      distances: [1, 2],
      padDistance: 5,
      ...(config.radiomics.images === 'all' && { images: imagesOf(set) }),
      ...(byCount ? { binCount: 64, normalize: true } : { binWidth: width }),
    },
    ibsi: {
      resample: { spacingMm, imageInterpolation: interpolation, maskInterpolation: 'linear', round: modality === 'CT' },
      discretise: byCount
        ? { method: 'fbn', bins: 64 }
        : { method: 'fbs', width, ...(modality === 'CT' ? { min: -1000 } : dose ? { min: 0 } : {}) },
    },
  };
}

const text = (name: string, definition: string): Column => ({ name, type: 'string', unit: '', definition });

const IDENTITY: readonly Column[] = [
  text('patient_id', 'PatientID (0010,0020), made safe as a folder name'),
  text('course_id', 'Course folder'),
  text('modality', 'Modality (0008,0060) of the image'),
  text(
    'segmentation_source',
    'PlanRTSTRUCT: the structure set that the plan refers to; Manual: another one; AutoRTS_<task>, CustomModel_<task>: found by a model; Custom: made of others',
  ),
  { name: 'roi_number', type: 'int', unit: '', definition: 'ROINumber (3006,0022)' },
  text('roi_name', 'ROIName (3006,0026)'),
  text('roi_original_name', 'ROIName as in the structure set'),
  text('SeriesInstanceUID', 'SeriesInstanceUID (0020,000E) of the image; of the dose its SOPInstanceUID'),
  text('rtstruct_sop_instance_uid', 'SOPInstanceUID of the structure set'),
  { name: 'voxels', type: 'int', unit: '', definition: 'Voxels of the image in the structure, before resampling' },
  text('findings', 'Codes of the findings on this row, separated by |'),
  text('settings_hash', 'First 16 digits of the SHA-256 of the settings that decide this row'),
  text('isovox_version', 'Version that computed this row'),
];

/** One row per structure, a column per feature, in the order in which the features first appear. */
export class RadiomicsColumns {
  readonly #features = new Map<string, Column>();

  add({ features }: RadiomicsEntry): void {
    for (const { name, unit, ibsiId, family } of features) {
      if (this.#features.has(name)) continue;
      const definition =
        ibsiId === '' ? `Feature of the family ${family}` : `IBSI feature ${ibsiId} of the family ${family}`;
      this.#features.set(name, { name, type: 'float', unit: unit === '1' ? '' : unit, definition });
    }
  }

  get columns(): readonly Column[] {
    return [...IDENTITY, ...this.#features.values()];
  }
}

export function radiomicsRow({ features, findings, ...identity }: RadiomicsEntry): Row {
  const row: Record<string, string | number | null> = {
    ...identity,
    findings: [...new Set(findings.map(({ code }) => code))].sort().join('|'),
    isovox_version: packageVersion,
  };
  for (const { name, value } of features) row[name] = value;
  return row;
}
