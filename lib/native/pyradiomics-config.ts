/** PyRadiomics parameter files as they are: what the core computes is taken over, what it does not is refused by name. */

import { z } from 'zod';

import { closest } from '../config/closest.js';
import { readYaml } from '../config/yaml.js';
import { IsovoxError } from '../errors.js';
import type {
  InterpolationName,
  PyradiomicsClass,
  PyradiomicsImage,
  PyradiomicsImageName,
  PyradiomicsMapsArgs,
  PyradiomicsSettings,
} from './radiomics-types.js';

const CLASSES: readonly PyradiomicsClass[] = [
  'shape',
  'shape2D',
  'firstorder',
  'glcm',
  'glrlm',
  'glszm',
  'gldm',
  'ngtdm',
];

const INTERPOLATORS: Readonly<Record<string, InterpolationName>> = {
  sitkNearestNeighbor: 'nearest',
  sitkLinear: 'linear',
  sitkBSpline: 'cubic',
  '1': 'nearest',
  '2': 'linear',
  '3': 'cubic',
};

/** Settings that change no value here: what they tune is done another way, or is always on. */
const WITHOUT_EFFECT = ['enableCExtensions', 'voxelBatch'];

/** Of feature maps; may stand under `setting` too. */
const kernelSettings = {
  kernelRadius: z.number().int().min(1).max(16).optional(),
  maskedKernel: z.boolean().optional(),
  initValue: z.number().optional(),
};

/** What an image type takes besides bins; all may stand under `setting` too and then hold for every type. */
const imageSettings = {
  sigma: z.array(z.number().positive()).optional(),
  wavelet: z.string().optional(),
  start_level: z.number().int().min(0).optional(),
  level: z.number().int().positive().optional(),
  gradientUseSpacing: z.boolean().optional(),
  lbp2DSamples: z.number().int().min(1).max(24).optional(),
  lbp2DRadius: z.number().positive().optional(),
  lbp2DMethod: z.enum(['default', 'ror', 'uniform', 'var']).optional(),
  lbp3DLevels: z.number().int().min(1).max(8).optional(),
  lbp3DIcosphereRadius: z.number().positive().optional(),
  lbp3DIcosphereSubdivision: z.number().int().min(0).max(4).optional(),
};

const imageSchema = z.strictObject({
  ...imageSettings,
  binWidth: z.number().positive().optional(),
  binCount: z.number().int().positive().optional(),
});

const IMAGES = [
  'Original',
  'LoG',
  'Wavelet',
  'Square',
  'SquareRoot',
  'Logarithm',
  'Exponential',
  'Gradient',
  'LBP2D',
  'LBP3D',
] as const;

const settingSchema = z.strictObject({
  binWidth: z.number().positive().nullish(),
  binCount: z.number().int().positive().nullish(),
  label: z.number().int().optional(),
  normalize: z.boolean().optional(),
  normalizeScale: z.number().positive().optional(),
  removeOutliers: z.number().positive().nullish(),
  resampledPixelSpacing: z.array(z.number().min(0)).length(3).nullish(),
  interpolator: z.union([z.string(), z.number()]).nullish(),
  resegmentRange: z.array(z.number()).min(1).max(2).nullish(),
  resegmentMode: z.enum(['absolute', 'relative', 'sigma']).optional(),
  resegmentShape: z.boolean().optional(),
  padDistance: z.number().int().min(0).optional(),
  geometryTolerance: z.number().min(0).max(1).nullish(),
  correctMask: z.boolean().optional(),
  preCrop: z.boolean().optional(),
  ...imageSettings,
  ...kernelSettings,
  additionalInfo: z.boolean().optional(),
  voxelArrayShift: z.number().optional(),
  distances: z.array(z.number().int().min(1).max(16)).min(1).optional(),
  gldm_a: z.number().int().min(0).optional(),
  force2D: z.boolean().optional(),
  force2Ddimension: z.literal([0, 1, 2]).optional(),
  symmetricalGLCM: z.boolean().optional(),
  weightingNorm: z.enum(['no_weighting', 'manhattan', 'euclidean', 'infinity']).nullish(),
  minimumROISize: z.number().int().positive().nullish(),
  minimumROIDimensions: z.number().int().min(1).max(3).optional(),
  ...Object.fromEntries(WITHOUT_EFFECT.map((name) => [name, z.unknown().optional()])),
});

const schema = z.strictObject({
  imageType: z.partialRecord(z.enum(IMAGES), imageSchema.nullish()).nullish(),
  featureClass: z.record(z.string(), z.array(z.string()).nullish()).nullish(),
  setting: settingSchema.nullish(),
  voxelSetting: z.strictObject({ ...kernelSettings, voxelBatch: z.unknown().optional() }).nullish(),
});

export interface PyradiomicsParameters {
  readonly settings: PyradiomicsSettings;
  readonly label?: number;
  readonly maskGrid?: 'resample';
  readonly geometryTolerance?: number;
  /** Columns of versions, settings, image and mask beside the features. */
  readonly diagnostics?: boolean;
  /** Of feature maps. */
  readonly kernel: Pick<PyradiomicsMapsArgs, 'kernelRadius' | 'maskedKernel' | 'initValue'>;
  /** Single features of a class, as `glcm_Contrast`; classes without an entry have all of theirs. */
  readonly only?: ReadonlySet<string>;
}

/** Reads and checks a parameter file. */
export async function loadPyradiomicsParameters(path: string): Promise<PyradiomicsParameters> {
  return parametersOf((await readYaml(path)).value ?? {}, path);
}

/** The same from a value; `path` is what messages call it. */
export function parametersOf(value: unknown, path: string): PyradiomicsParameters {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    if (issue.code !== 'unrecognized_keys') throw invalid(`${path}: ${issue.path.join('.')}: ${issue.message}`, path);
    const key = issue.keys[0] as string;
    const nearest = closest(key, Object.keys(issue.path.length === 0 ? schema.shape : settingSchema.shape));
    throw invalid(
      `${path}: Unknown key ${[...issue.path, key].join('.')}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
      path,
    );
  }
  const { imageType, featureClass, setting } = parsed.data;
  const single = new Set<string>();
  for (const [name, features] of Object.entries(featureClass ?? {})) {
    if (!CLASSES.includes(name as PyradiomicsClass))
      throw unsupported(`${path}: featureClass ${name}`, 'featureClass', name);
    for (const feature of features ?? []) single.add(`${name}_${feature}`);
  }
  const s = setting ?? {};
  const interpolator =
    s.interpolator === undefined || s.interpolator === null ? undefined : INTERPOLATORS[String(s.interpolator)];
  if (s.interpolator && !interpolator)
    throw unsupported(`${path}: interpolator ${s.interpolator}`, 'interpolator', String(s.interpolator));
  const classes = Object.keys(featureClass ?? {}) as PyradiomicsClass[];
  const settings: PyradiomicsSettings = {
    ...(s.binWidth && { binWidth: s.binWidth }),
    ...(s.binCount && { binCount: s.binCount }),
    ...(s.normalize !== undefined && { normalize: s.normalize }),
    ...(s.normalizeScale !== undefined && { normalizeScale: s.normalizeScale }),
    ...(s.removeOutliers && { removeOutliers: s.removeOutliers }),
    ...(interpolator &&
      s.resampledPixelSpacing && {
        resampledPixelSpacing: s.resampledPixelSpacing as [number, number, number],
        interpolator,
      }),
    ...(s.resampledPixelSpacing &&
      s.interpolator === undefined && { resampledPixelSpacing: s.resampledPixelSpacing as [number, number, number] }),
    ...(s.resegmentRange && { resegmentRange: s.resegmentRange }),
    ...(s.resegmentMode && { resegmentMode: s.resegmentMode }),
    ...(s.voxelArrayShift !== undefined && { voxelArrayShift: s.voxelArrayShift }),
    ...(s.distances && { distances: [...new Set(s.distances)] }),
    ...(s.gldm_a !== undefined && { gldmA: s.gldm_a }),
    ...(s.force2D !== undefined && { force2D: s.force2D }),
    ...(s.force2Ddimension !== undefined && {
      force2Ddimension: s.force2Ddimension,
    }),
    ...(s.weightingNorm && { weightingNorm: s.weightingNorm }),
    ...(s.symmetricalGLCM !== undefined && { symmetricalGLCM: s.symmetricalGLCM }),
    ...(s.minimumROISize && { minimumROISize: s.minimumROISize }),
    ...(s.minimumROIDimensions !== undefined && { minimumROIDimensions: s.minimumROIDimensions }),
    ...(s.padDistance !== undefined && { padDistance: s.padDistance }),
    ...(s.preCrop !== undefined && { preCrop: s.preCrop }),
    ...(s.resegmentShape !== undefined && { resegmentShape: s.resegmentShape }),
    ...(imageType && Object.keys(imageType).length > 0 && { images: imagesOf(imageType, s) }),
    ...(classes.length > 0 && { classes }),
  };
  return {
    ...(single.size > 0 && { only: single }),
    ...(s.additionalInfo !== undefined && { diagnostics: s.additionalInfo }),
    kernel: kernelOf({ ...s, ...parsed.data.voxelSetting }),
    settings,
    ...(s.label !== undefined && { label: s.label }),
    ...(s.correctMask && { maskGrid: 'resample' as const }),
    ...(typeof s.geometryTolerance === 'number' && { geometryTolerance: s.geometryTolerance }),
  };
}

function kernelOf({
  kernelRadius,
  maskedKernel,
  initValue,
}: z.infer<z.ZodObject<typeof kernelSettings>>): PyradiomicsParameters['kernel'] {
  return {
    ...(kernelRadius !== undefined && { kernelRadius }),
    ...(maskedKernel !== undefined && { maskedKernel }),
    ...(initValue !== undefined && { initValue }),
  };
}

type ImageSection = z.infer<typeof imageSchema>;

/** The images in the file's order; what a type does not say is as under `setting`. */
function imagesOf(
  section: Partial<Record<PyradiomicsImageName, unknown>>,
  shared: z.infer<z.ZodObject<typeof imageSettings>>,
): PyradiomicsImage[] {
  return Object.entries(section).map(([type, own]) => {
    const image: Record<string, unknown> = { type };
    for (const key of Object.keys(imageSettings) as (keyof typeof imageSettings)[]) {
      const value = (own as ImageSection | null)?.[key] ?? shared[key];
      if (value !== undefined) image[key === 'start_level' ? 'startLevel' : key] = value;
    }
    const { binWidth, binCount } = (own as ImageSection | null) ?? {};
    return { ...image, ...(binWidth && { binWidth }), ...(binCount && { binCount }) } as unknown as PyradiomicsImage;
  });
}

/** The features that the file asks for. */
export function chosen<Feature extends { name: string; family: string }>(
  features: readonly Feature[],
  only: ReadonlySet<string> | undefined,
): Feature[] {
  if (!only) return [...features];
  const limited = new Set([...only].map((name) => name.slice(0, name.indexOf('_'))));
  return features.filter(({ name, family }) => !limited.has(family) || only.has(name.slice(name.indexOf('_') + 1)));
}

function invalid(message: string, path: string): IsovoxError {
  return new IsovoxError('ERR_INVALID_ARGUMENT', message, { name: path });
}

function unsupported(message: string, what: string, value: string): IsovoxError {
  return new IsovoxError('ERR_UNSUPPORTED', `${message} is not computed`, { what, value });
}
