/** YAML files held against a schema. */

import { readFile } from 'node:fs/promises';

import { isMap, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

import { closest } from '../config/closest.js';
import { asIsovoxError, IsovoxError } from '../errors.js';

/** Reads and checks a file; what is wrong is said with its line and the nearest known key. */
export async function loadYaml<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw asIsovoxError(thrown);
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem) throw invalid(`${path}:${problem.linePos?.[0].line ?? 1}: ${problem.message}`, path);
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const issue = (issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]) as z.core.$ZodIssue;
  const unknown = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] as string] : undefined;
  const where = `${path}${lineOf(unknown ?? issue.path)}: `;
  if (!unknown) throw invalid(`${where}${issue.path.join('.')}: ${issue.message}`, path);
  const nearest = closest(String(unknown.at(-1)), knownKeys(schema, issue.path));
  const hint = nearest === undefined ? '' : `; did you mean ${[...issue.path, nearest].join('.')}?`;
  throw invalid(`${where}Unknown key ${unknown.join('.')}${hint}`, path);

  function lineOf(at: readonly PropertyKey[]): string {
    const parent = document.getIn(at.slice(0, -1) as unknown[], true);
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(at.at(-1))) : undefined;
    const offset = (pair?.key as { range?: number[] } | undefined)?.range?.[0];
    return offset === undefined ? '' : `:${lines.linePos(offset).line}`;
  }
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
