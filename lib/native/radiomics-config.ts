/** The YAML of `isovox radiomics`: its schema, and the settings it stands for. */

import { z } from 'zod';

import { filterOf, filterSchema } from './filter-config.js';
import type { AggregationName, DiscretiseArgs, InterpolationName, RadiomicsSettings } from './radiomics-types.js';
import { loadYaml } from './yaml-file.js';

const INTERPOLATIONS: Readonly<Record<string, InterpolationName>> = {
  nearest: 'nearest',
  nearest_neighbour: 'nearest',
  linear: 'linear',
  bilinear: 'linear',
  trilinear: 'linear',
  cubic: 'cubic',
  bicubic: 'cubic',
  tricubic: 'cubic',
  tricubic_spline: 'cubic',
  bspline: 'cubic',
  cubic_bspline: 'cubic',
};

const FLAT: readonly AggregationName[] = ['2D_avg', '2D_comb', '2_5D_avg', '2_5D_comb'];
const SOLID: readonly AggregationName[] = ['3D_avg', '3D_comb'];
const FAMILIES = [
  'morphology',
  'local_intensity',
  'statistics',
  'histogram',
  'ivh',
  'glcm',
  'glrlm',
  'glszm',
  'gldzm',
  'ngtdm',
  'ngldm',
] as const;

const interpolation = z.enum(Object.keys(INTERPOLATIONS) as [string, ...string[]]);
const spacing = z.union([z.number().positive(), z.tuple([z.number().min(0), z.number().min(0), z.number().min(0)])]);

const binning = z
  .strictObject({
    method: z.enum(['fbs', 'fbn', 'none']),
    width: z.number().positive().optional(),
    bins: z.number().int().min(1).max(65535).optional(),
    min: z.number().optional(),
  })
  .refine((b) => b.method !== 'fbs' || b.width !== undefined, { error: 'Expected a width for fbs', path: ['width'] })
  .refine((b) => b.method !== 'fbn' || b.bins !== undefined, { error: 'Expected bins for fbn', path: ['bins'] });

export const radiomicsSchema = z.strictObject({
  resample: z
    .strictObject({
      spacing_mm: spacing,
      image_interpolation: interpolation.optional(),
      mask_interpolation: interpolation.optional(),
      rounding: z.enum(['integer', 'none']).optional(),
    })
    .optional(),
  resegment: z
    .strictObject({
      range: z.tuple([z.number().nullable(), z.number().nullable()]).optional(),
      outliers_sigma: z.number().positive().optional(),
    })
    .optional(),
  filter: filterSchema.optional(),
  discretise: binning.optional(),
  ivh: binning.optional(),
  aggregation: z
    .union([z.enum(['2D', '3D', 'all']), z.array(z.enum([...FLAT, ...SOLID, '2D', '2_5D', '3D'])).min(1)])
    .optional(),
  families: z.array(z.enum(FAMILIES)).min(1).optional(),
  distance: z.number().int().min(1).max(16).optional(),
  coarseness: z.number().int().min(0).optional(),
  diagnostics: z.boolean().optional(),
  max_levels: z.number().int().min(1).max(65535).optional(),
});

export type RadiomicsConfig = z.infer<typeof radiomicsSchema>;

/** What the file asks of the native core. */
export function settingsOf(config: RadiomicsConfig): RadiomicsSettings {
  const { resample, resegment } = config;
  return {
    ...(resample && {
      resample: {
        spacingMm:
          typeof resample.spacing_mm === 'number'
            ? [resample.spacing_mm, resample.spacing_mm, resample.spacing_mm]
            : resample.spacing_mm,
        ...(resample.image_interpolation && {
          imageInterpolation: INTERPOLATIONS[resample.image_interpolation] as InterpolationName,
        }),
        ...(resample.mask_interpolation && {
          maskInterpolation: INTERPOLATIONS[resample.mask_interpolation] as InterpolationName,
        }),
        round: resample.rounding === 'integer',
      },
    }),
    ...(resegment && {
      resegment: {
        ...(typeof resegment.range?.[0] === 'number' && { least: resegment.range[0] }),
        ...(typeof resegment.range?.[1] === 'number' && { most: resegment.range[1] }),
        ...(resegment.outliers_sigma !== undefined && { outliersSigma: resegment.outliers_sigma }),
      },
    }),
    ...(config.filter && { filter: filterOf(config.filter) }),
    ...(config.discretise && { discretise: given(config.discretise) }),
    ...(config.ivh && { ivh: given(config.ivh) }),
    ...(config.aggregation && { aggregations: aggregationsOf(config.aggregation) }),
    ...(config.families && { families: config.families }),
    ...(config.distance !== undefined && { distance: config.distance }),
    ...(config.coarseness !== undefined && { coarseness: config.coarseness }),
    ...(config.max_levels !== undefined && { maxLevels: config.max_levels }),
  };
}

function given({ method, width, bins, min }: z.infer<typeof binning>): DiscretiseArgs {
  return {
    method,
    ...(width !== undefined && { width }),
    ...(bins !== undefined && { bins }),
    ...(min !== undefined && { min }),
  };
}

function aggregationsOf(names: NonNullable<RadiomicsConfig['aggregation']>): AggregationName[] {
  if (names === 'all') return [...FLAT, ...SOLID];
  if (names === '2D') return [...FLAT];
  if (names === '3D') return [...SOLID];
  const short: Readonly<Record<string, readonly AggregationName[]>> = {
    '2D': ['2D_avg', '2D_comb'],
    '2_5D': ['2_5D_avg', '2_5D_comb'],
    '3D': SOLID,
  };
  return [...new Set(names.flatMap((name) => short[name] ?? [name as AggregationName]))];
}

/** Reads and checks a file; what is wrong is said with its line and the nearest known key. */
export function loadRadiomicsConfig(path: string): Promise<RadiomicsConfig> {
  return loadYaml(path, radiomicsSchema);
}
