/** YAML files held against a schema. */

import { z } from 'zod';

import { closest } from '../config/closest.js';
import { readYaml } from '../config/yaml.js';
import { IsovoxError } from '../errors.js';

/** Reads and checks a file; what is wrong is said with its line and the nearest known key. */
export async function loadYaml<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
  const { value, lineOf } = await readYaml(path);
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const issue = (issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]) as z.core.$ZodIssue;
  const unknown = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] as string] : undefined;
  const line = lineOf(unknown ?? issue.path);
  const where = line === undefined ? `${path}: ` : `${path}:${line}: `;
  if (!unknown) throw invalid(`${where}${issue.path.join('.')}: ${issue.message}`, path);
  const nearest = closest(String(unknown.at(-1)), knownKeys(schema, issue.path));
  const hint = nearest === undefined ? '' : `; did you mean ${[...issue.path, nearest].join('.')}?`;
  throw invalid(`${where}Unknown key ${unknown.join('.')}${hint}`, path);
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = z.toJSONSchema(schema) as JsonSchema;
  for (const key of path) at = at.properties?.[String(key)] ?? {};
  return [at, ...(at.anyOf ?? []), ...(at.oneOf ?? [])].flatMap(({ properties }) => Object.keys(properties ?? {}));
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

function invalid(message: string, path: string): IsovoxError {
  return new IsovoxError('ERR_INVALID_ARGUMENT', message, { name: path });
}
