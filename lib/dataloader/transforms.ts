/** What happens to a patch between store and batch. Each transform draws its numbers from the sample's own stream. */

import { invalidArgument } from '../errors.js';
import type { BatchSample, IntensityChange } from '../native/loader-types.js';
import type { RandomStream } from './random.js';

type Axes = readonly [number, number, number];

/** What the native core is told of one sample; images get all of it, labels what is not about intensities. */
export type Draft = {
  flip?: boolean[];
  affine?: number[];
  changes: IntensityChange[];
};

/** Adds to a draft what this transform does to the sample. Patches are `size` voxels along x, y, z. */
export type Transform = (draft: Draft, random: RandomStream, size: Axes) => void;

export interface Chance {
  /** How often it happens, 0 to 1. */
  readonly probability?: number;
}

function checked(name: string, { probability = 1 }: Chance): number {
  if (!(probability >= 0 && probability <= 1))
    throw invalidArgument(`${name}.probability`, 'a number from 0 to 1', probability);
  return probability;
}

/** Mirrors along each of `axes` with the given probability (default one half). */
export function flip({
  axes = ['x'],
  probability = 0.5,
}: Chance & { axes?: ReadonlyArray<'x' | 'y' | 'z'> } = {}): Transform {
  checked('flip', { probability });
  return (draft, random) => {
    const now = draft.flip ?? [false, false, false];
    for (const axis of axes) if (random.uniform() < probability) now['xyz'.indexOf(axis)] = !now['xyz'.indexOf(axis)];
    draft.flip = now;
  };
}

/**
 * Rotates about the patch's centre by up to `degrees` about each axis, scales by a factor within `scale` and shifts by up
 * to `shift` voxels; images trilinear, labels nearest. Directions count in voxels, so patches should be near isotropic.
 */
export function affine({
  degrees = 10,
  scale = [0.9, 1.1],
  shift = 0,
  ...chance
}: Chance & { degrees?: number; scale?: readonly [number, number]; shift?: number } = {}): Transform {
  const probability = checked('affine', chance);
  if (!(scale[0] > 0 && scale[0] <= scale[1]))
    throw invalidArgument('affine.scale', 'two factors above 0, ascending', scale);
  return (draft, random, size) => {
    const happens = random.uniform() < probability;
    const [a, b, c] = [0, 1, 2].map(() => (random.between(-degrees, degrees) * Math.PI) / 180) as unknown as Axes;
    const factor = 1 / random.between(scale[0], scale[1]);
    const moved = [0, 1, 2].map(() => random.between(-shift, shift)) as unknown as Axes;
    if (!happens) return;
    const [ca, sa, cb, sb, cc, sc] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b), Math.cos(c), Math.sin(c)];
    // Rotation about x, then y, then z.
    const rotation = [
      [cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
      [sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
      [-sb, cb * sa, cb * ca],
    ];
    const centre = size.map((n) => (n - 1) / 2);
    draft.affine = rotation.flatMap((row, axis) => {
      const scaled = row.map((value) => value * factor);
      const turned = scaled.reduce((sum, value, k) => sum + value * (centre[k] ?? 0), 0);
      return [...scaled, (centre[axis] ?? 0) - turned + (moved[axis] ?? 0)];
    });
  };
}

function change(make: (random: RandomStream) => IntensityChange, chance: Chance = {}, name = 'change'): Transform {
  const probability = checked(name, chance);
  return (draft, random) => {
    const happens = random.uniform() < probability;
    const made = make(random); // drawn either way, so that later transforms draw the same
    if (happens) draft.changes.push(made);
  };
}

/** `low` to 0 and `high` to 1, clipped: a CT window. */
export const intensityWindow = (low: number, high: number): Transform => change(() => ({ type: 'window', low, high }));

/** By given mean and deviation, or by the patch's own. */
export const normalise = (by?: { mean: number; deviation: number }): Transform =>
  change(() => (by ? { type: 'normalise', ...by } : { type: 'zscore' }));

/** |v| to the power exp(u), u even within `log`; meant for values from 0 to 1. */
export const gamma = ({ log = [-0.3, 0.3], ...chance }: Chance & { log?: readonly [number, number] } = {}): Transform =>
  change((random) => ({ type: 'gamma', exponent: Math.exp(random.between(log[0], log[1])) }), chance, 'gamma');

/** Nearly normal noise of a deviation even within `deviation`. */
export const noise = ({
  deviation = [0, 0.1],
  ...chance
}: Chance & { deviation?: readonly [number, number] } = {}): Transform =>
  change(
    (random) => ({ type: 'noise', deviation: random.between(deviation[0], deviation[1]), seed: random.seed() }),
    chance,
    'noise',
  );

/** A smooth field as coils make: exp of a polynomial of third order with coefficients even within ±`strength`. */
export const biasField = ({ strength = 0.3, ...chance }: Chance & { strength?: number } = {}): Transform =>
  change(
    (random) => ({
      type: 'bias',
      coefficients: Array.from({ length: 20 }, () => random.between(-strength, strength)),
    }),
    chance,
    'biasField',
  );

/** What all transforms make of one sample. */
export function drafted(transforms: readonly Transform[], random: RandomStream, size: Axes): Draft {
  const draft: Draft = { changes: [] };
  for (const transform of transforms) transform(draft, random, size);
  return draft;
}

/** The native sample of a draft. */
export function sampleOf(
  draft: Draft,
  channels: BatchSample['channels'],
  start: readonly number[],
  forImage: boolean,
): BatchSample {
  return {
    channels,
    start,
    ...(draft.flip && { flip: draft.flip }),
    ...(draft.affine && { affine: draft.affine }),
    ...(forImage && { changes: draft.changes }),
  };
}
