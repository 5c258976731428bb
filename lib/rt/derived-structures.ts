/** Structures made of others: sets and margins, in YAML. */

import { z } from 'zod';

import { readYaml } from '../config/yaml.js';
import { IsovoxError } from '../errors.js';
import type { PatientMargins } from '../native/dose-types.js';

const side = z.number().min(-200).max(200).default(0);

export const derivedStructureSchema = z.strictObject({
  name: z.string().min(1),
  operation: z
    .enum(['union', 'intersection', 'subtract', 'xor'])
    .default('union')
    .describe('subtract takes every further structure from the first'),
  of: z.array(z.string().min(1)).min(1).describe('Names; * matches anything. Earlier definitions can be named'),
  marginMm: z
    .union([
      z.number().min(-200).max(200),
      z.strictObject({ left: side, right: side, anterior: side, posterior: side, superior: side, inferior: side }),
    ])
    .default(0)
    .describe('Added afterwards: to all sides, or to each side its own; negative shrinks'),
});

export type DerivedStructure = z.infer<typeof derivedStructureSchema>;

const fileSchema = z.strictObject({ structures: z.array(derivedStructureSchema).min(1) });

/** Reads `structures: [...]`. Throws ERR_INVALID_ARGUMENT that names the file and what is wrong. */
export async function loadDerivedStructures(path: string): Promise<DerivedStructure[]> {
  const refuse = (reason: string): IsovoxError =>
    new IsovoxError('ERR_INVALID_ARGUMENT', `${path}: ${reason}`, { path });
  const { value } = await readYaml(path);
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues as [z.core.$ZodIssue];
    throw refuse(`${issue.path.join('.')}: ${issue.message}`);
  }
  const names = parsed.data.structures.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice !== undefined) throw refuse(`structures: ${twice} is defined twice`);
  return parsed.data.structures;
}

/** A margin to all sides, or undefined where there is none. */
export function marginsOf(margin: DerivedStructure['marginMm']): PatientMargins | undefined {
  if (typeof margin !== 'number') return Object.values(margin).some((mm) => mm !== 0) ? margin : undefined;
  if (margin === 0) return undefined;
  return { left: margin, right: margin, anterior: margin, posterior: margin, superior: margin, inferior: margin };
}
