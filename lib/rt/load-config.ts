/** Reads a run's configuration from YAML and flags; what is wrong is said with file, line and the nearest known key. */

import { resolve } from 'node:path';

import type { z } from 'zod';

import { closest } from '../config/closest.js';
import { type ConfigChange, configure } from '../config/resolve.js';
import { readYaml } from '../config/yaml.js';
import { IsovoxError } from '../errors.js';
import { findModelFolders, type ModelFolder } from '../inference/model-folder.js';
import { loadConstraintSheets, sheetBase } from './constraints.js';
import { loadDerivedStructures } from './derived-structures.js';
import { type RunConfig, runConfigSchema } from './run-config.js';

type Nested = { readonly [section: string]: { readonly [key: string]: unknown } };

/** Keys without a default, which the defaults therefore do not show. */
const OPTIONAL_KEYS: Readonly<Record<string, readonly string[]>> = {
  organize: ['maxDays'],
  dvh: ['prescriptionGy'],
  segmentation: ['models', 'device', 'workers'],
  customModels: ['models', 'workers', 'structures'],
  crop: ['region', 'superior', 'inferior'],
};

const ENGINE_SECTIONS = ['read', 'write', 's3', 'inference'] as const;

/** Flags win over the file; undefined flags leave it as it is. */
export async function loadRunConfig(path: string | undefined, flags: Nested = {}): Promise<RunConfig> {
  const file = path === undefined ? undefined : await readYaml(path);
  const where = (at: readonly PropertyKey[]): string => {
    const line = file?.lineOf(at);
    if (path === undefined) return '';
    return line === undefined ? `${path}: ` : `${path}:${line}: `;
  };
  const value = file?.value ?? {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(`${path}: Expected sections at the top`, path ?? '');
  const fromFile: Record<string, unknown> = { ...value };
  const engine: Record<string, unknown> = {};
  for (const section of ENGINE_SECTIONS) {
    if (section in fromFile) engine[section] = fromFile[section];
    delete fromFile[section];
  }
  if (Object.keys(engine).length > 0) configure(engine as ConfigChange);
  const parsed = runConfigSchema.safeParse(merge(fromFile, flags));
  if (parsed.success) {
    const { dvh } = parsed.data;
    const sheets = await loadConstraintSheets(dvh.constraints, sheetBase(path));
    const config = { ...parsed.data, dvh: { ...dvh, constraintSheets: [...sheets, ...dvh.constraintSheets] } };
    return withModels(config, sheetBase(path));
  }
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  throw invalid(describeIssue(issue, where), path ?? '');
}

/** Model folders are looked for and definitions read now: a wrong path fails before hours of work. */
async function withModels(config: RunConfig, base: string): Promise<RunConfig> {
  const { segmentation, customModels } = config;
  const find = async (models: string | undefined): Promise<ModelFolder[]> =>
    models === undefined ? [] : findModelFolders(resolve(base, models));
  const { structures } = customModels;
  const definitions = structures === undefined ? [] : await loadDerivedStructures(resolve(base, structures));
  return {
    ...config,
    segmentation: { ...segmentation, found: await find(segmentation.models) },
    customModels: {
      ...customModels,
      found: await find(customModels.models),
      definitions: [...definitions, ...customModels.definitions],
    },
  };
}

function describeIssue(issue: z.core.$ZodIssue, where: (at: readonly PropertyKey[]) => string): string {
  if (issue.code === 'unrecognized_keys') {
    const at = [...issue.path, issue.keys[0] as string];
    const nearest = closest(issue.keys[0] as string, knownKeys(issue.path));
    const hint = nearest === undefined ? '' : `; did you mean ${[...issue.path, nearest].join('.')}?`;
    return `${where(at)}Unknown key ${at.join('.')}${hint}`;
  }
  return `${where(issue.path)}${issue.path.join('.')}: ${issue.message}`;
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  const defaults: unknown = runConfigSchema.parse({});
  const section = path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown>)?.[key], defaults);
  const optional = path.length === 1 ? (OPTIONAL_KEYS[String(path[0])] ?? []) : [];
  return [
    ...Object.keys((section as object | undefined) ?? {}),
    ...optional,
    ...(path.length === 0 ? ENGINE_SECTIONS : []),
  ];
}

function merge(base: Record<string, unknown>, flags: Nested): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [section, values] of Object.entries(flags)) {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length > 0)
      merged[section] = { ...((merged[section] as object | undefined) ?? {}), ...given };
  }
  return merged;
}

function invalid(message: string, path: string): IsovoxError {
  return new IsovoxError('ERR_INVALID_ARGUMENT', message, path === '' ? {} : { path });
}
