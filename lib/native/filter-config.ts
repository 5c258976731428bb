/** The `filter` section of YAML files and of --filter: its schema, and the filter it stands for. */

import { z } from 'zod';

import { IsovoxError } from '../errors.js';
import type { FilterArgs } from './filter-types.js';
import { loadYaml } from './yaml-file.js';

const common = {
  dimensions: z.union([z.literal(2), z.literal(3)]).optional(),
  boundary: z.enum(['zero', 'nearest', 'periodic', 'mirror']).optional(),
};
const rotating = {
  ...common,
  rotation_invariant: z.boolean().optional(),
  pooling: z.enum(['average', 'max', 'min']).optional(),
};
const riesz = {
  riesz: z.tuple([z.number().int().min(0), z.number().int().min(0), z.number().int().min(0)]).optional(),
  steer_mm: z.number().positive().optional(),
};
const support = z.number().int().min(1).max(4095).optional();
const sigma = { sigma_mm: z.number().positive(), truncate: z.number().positive().optional() };
const level = z.number().int().min(1).max(10).optional();

export const filterSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('mean'), ...common, support }),
  z.strictObject({ type: z.literal('median'), ...common, support }),
  z.strictObject({ type: z.literal('gaussian'), ...common, ...sigma }),
  z.strictObject({ type: z.literal('log'), ...common, ...sigma, ...riesz }),
  z.strictObject({
    type: z.literal('laws'),
    ...rotating,
    kernels: z.string(),
    energy_distance: z.number().int().min(0).optional(),
  }),
  z.strictObject({
    type: z.literal('gabor'),
    ...rotating,
    sigma_mm: z.number().positive(),
    lambda_mm: z.number().positive(),
    gamma: z.number().positive().optional(),
    theta_deg: z.union([z.number(), z.array(z.number()).min(1)]).optional(),
    theta_step_deg: z.number().positive().max(360).optional(),
    response: z.enum(['modulus', 'real', 'imaginary', 'phase']).optional(),
  }),
  z.strictObject({
    type: z.literal('wavelet'),
    ...rotating,
    wavelet: z.string(),
    decomposition: z.string().regex(/^[LH]{2,3}$/),
    level,
  }),
  z.strictObject({
    type: z.literal('nonseparable'),
    ...common,
    ...riesz,
    wavelet: z.enum(['simoncelli', 'shannon']).optional(),
    level,
  }),
]);

export type FilterConfig = z.infer<typeof filterSchema>;

const NAMES: Readonly<Record<string, string>> = {
  sigma_mm: 'sigmaMm',
  lambda_mm: 'lambdaMm',
  steer_mm: 'steerMm',
  energy_distance: 'energyDistance',
  rotation_invariant: 'rotationInvariant',
};

/** What the section asks of the native core. `theta_step_deg` is all angles of a turn from `theta_deg` on. */
export function filterOf(config: FilterConfig): FilterArgs {
  const { dimensions, ...rest } = config;
  const args: Record<string, unknown> = { slices: dimensions === 2 };
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined && !key.startsWith('theta')) args[NAMES[key] ?? key] = value;
  }
  if (config.type === 'gabor') args.thetaDeg = anglesOf(config.theta_deg ?? 0, config.theta_step_deg);
  return args as unknown as FilterArgs;
}

function anglesOf(theta: number | number[], step: number | undefined): number[] {
  if (step === undefined) return Array.isArray(theta) ? theta : [theta];
  const first = Array.isArray(theta) ? (theta[0] as number) : theta;
  return Array.from({ length: Math.max(1, Math.round(360 / step)) }, (_, n) => first + n * step);
}

/** The filter of a file: its `filter` section. */
export async function loadFilterConfig(path: string): Promise<FilterConfig> {
  return (await loadYaml(path, z.strictObject({ filter: filterSchema }))).filter;
}

/** `type=log,sigma_mm=3,boundary=zero`, as --filter takes it; a list is joined by `:`. */
export function parseFilter(text: string): FilterConfig {
  const value: Record<string, unknown> = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    if (at < 1) throw invalid(`Expected key=value for --filter but received "${part}"`);
    value[part.slice(0, at).trim()] = scalarOf(part.slice(at + 1).trim());
  }
  const parsed = filterSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  throw invalid(`--filter: ${[...issue.path, issue.message].join(': ')}`);
}

function scalarOf(text: string): unknown {
  if (text.includes(':')) return text.split(':').map(scalarOf);
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function invalid(message: string): IsovoxError {
  return new IsovoxError('ERR_INVALID_ARGUMENT', message, { name: '--filter' });
}
