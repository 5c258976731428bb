/** Transforms as YAML: a list under `transforms`, each by its name with its settings. */

import { z } from 'zod';

import { loadYaml } from '../native/yaml-file.js';
import { affine, biasField, flip, gamma, intensityWindow, noise, normalise, type Transform } from './transforms.js';

const probability = z.number().min(0).max(1).optional();
const range = z.tuple([z.number(), z.number()]).optional();

const step = z.strictObject({
  flip: z.strictObject({ axes: z.array(z.enum(['x', 'y', 'z'])).optional(), probability }).optional(),
  affine: z
    .strictObject({ degrees: z.number().optional(), scale: range, shift: z.number().optional(), probability })
    .optional(),
  intensityWindow: z.strictObject({ low: z.number(), high: z.number() }).optional(),
  normalise: z.strictObject({ mean: z.number().optional(), deviation: z.number().positive().optional() }).optional(),
  gamma: z.strictObject({ log: range, probability }).optional(),
  noise: z.strictObject({ deviation: range, probability }).optional(),
  biasField: z.strictObject({ strength: z.number().optional(), probability }).optional(),
});

type Step = z.infer<typeof step>;

const schema = z.strictObject({
  transforms: z.array(step.refine((one) => Object.keys(one).length === 1, 'Expected one transform in each item')),
});

/** Leaves out what was not given, so that defaults hold. */
const given = <T extends object>(settings: T) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

function transformOf(one: Step): Transform {
  if (one.flip) return flip(given(one.flip));
  if (one.affine) return affine(given(one.affine));
  if (one.intensityWindow) return intensityWindow(one.intensityWindow.low, one.intensityWindow.high);
  if (one.gamma) return gamma(given(one.gamma));
  if (one.noise) return noise(given(one.noise));
  if (one.biasField) return biasField(given(one.biasField));
  const { mean, deviation } = one.normalise ?? {};
  return normalise(
    mean === undefined && deviation === undefined ? undefined : { mean: mean ?? 0, deviation: deviation ?? 1 },
  );
}

/** Throws ERR_INVALID_ARGUMENT naming the line and the nearest known key. */
export async function loadTransforms(path: string): Promise<Transform[]> {
  return (await loadYaml(path, schema)).transforms.map(transformOf);
}
