/** The configuration in force: defaults < config file < environment < code and flags. */

import { readFileSync } from 'node:fs';

import { IsovoxError, invalidArgument } from '../errors.js';
import { closest } from './closest.js';
import { OPTIONS, type Option } from './options.js';
import { parseYaml } from './yaml.js';

export interface Config {
  readonly read: {
    readonly maxWorkers: number;
    readonly concurrency: number;
    readonly memoryBudgetMb: number;
    readonly tileCacheSizeMb: number;
  };
  readonly write: {
    readonly tile: {
      readonly orientation: 'axial' | 'sagittal' | 'coronal' | 'isotropic';
      readonly x?: number;
      readonly y?: number;
      readonly z?: number;
    };
    readonly sharding: 'auto' | 'on' | 'off';
    readonly compression: { readonly algorithm: 'zstd' | 'lz4' | 'gzip' | 'blosc' | 'none'; readonly level: number };
    readonly orientation: {
      readonly autoDetect: boolean;
      readonly canonicalTarget: 'RAS' | 'LAS' | 'LPS';
      readonly reorientOnLoad: boolean;
      readonly storeOriginalAffine: boolean;
    };
  };
  readonly s3: {
    readonly region: string;
    readonly endpoint?: string;
    readonly useVirtualAddressing: boolean;
    readonly maxParallelOps: number;
    readonly multipartPartSizeMb: number;
    readonly retries: number;
    readonly connectTimeoutMs: number;
    readonly stallTimeoutMs: number;
    readonly attemptTimeoutMs: number;
    readonly coalesceGapKb: number;
    readonly profile?: string;
    readonly caFile?: string;
    readonly mirrors?: string;
  };
  readonly inference: { readonly device: string; readonly intraOpThreads?: number; readonly gpuMemoryLimitMb?: number };
}

type DeepPartial<T> = T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> } : T;
export type ConfigChange = DeepPartial<Config>;

type Values = ReadonlyMap<string, string | number | boolean>;

const BY_PATH = new Map(OPTIONS.map((option) => [option.path, option]));
const SECTIONS = new Set(
  OPTIONS.flatMap(({ path }) =>
    path
      .split('.')
      .slice(0, -1)
      .map((_, i, parts) => parts.slice(0, i + 1).join('.')),
  ),
);

let fromFile: Values = new Map();
let fromCode: Values = new Map();
let resolved: Config | undefined;

/** Merges a change into the process default. ERR_INVALID_ARGUMENT names the path, the range and what was given. */
export function configure(change: ConfigChange): void {
  const checked = flatten(change);
  fromCode = new Map([...fromCode, ...checked]);
  resolved = undefined;
}

/** The configuration in force; the same object until something changes. */
export function getConfig(): Config {
  resolved ??= nest(new Map([...defaults(), ...fromFile, ...fromEnvironment(process.env), ...fromCode]));
  return resolved;
}

/** Forgets what `configure` and `configureFromFile` set. */
export function resetConfig(): void {
  fromFile = new Map();
  fromCode = new Map();
  resolved = undefined;
}

/** Reads the sections `read`, `write`, `s3`, `inference` of a YAML or JSON file. Errors name the file and the line. */
export function configureFromFile(path: string): void {
  const { value } = parseYaml(readFileSync(path, 'utf8'), path);
  try {
    fromFile = flatten((value ?? {}) as ConfigChange);
  } catch (thrown) {
    if (thrown instanceof IsovoxError) {
      throw new IsovoxError(thrown.code, `${path}: ${thrown.message}`, { ...thrown.context, path });
    }
    throw thrown;
  }
  resolved = undefined;
}

/** `read.maxWorkers` is `ISOVOX_READ_MAX_WORKERS`. */
export function environmentName(path: string): string {
  return `ISOVOX_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

function defaults(): Values {
  return new Map(
    OPTIONS.flatMap((option) => (option.default === undefined ? [] : [[option.path, option.default] as const])),
  );
}

function fromEnvironment(env: NodeJS.ProcessEnv): Values {
  const values = new Map<string, string | number | boolean>();
  for (const option of OPTIONS) {
    const name = environmentName(option.path);
    const text = env[name];
    if (text === undefined || text === '') continue;
    const value =
      option.type === 'flag'
        ? parseFlag(text)
        : option.type === 'integer' || option.type === 'number'
          ? Number(text)
          : text;
    values.set(option.path, check(option, value, name));
  }
  return values;
}

function parseFlag(text: string): boolean | string {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  return text;
}

function flatten(change: ConfigChange): Values {
  const values = new Map<string, string | number | boolean>();
  const walk = (node: unknown, path: string): void => {
    const option = BY_PATH.get(path);
    if (option) {
      if (node !== undefined) values.set(path, check(option, node, path));
      return;
    }
    if (path !== '' && !SECTIONS.has(path)) {
      const nearest = closest(path, [...BY_PATH.keys()]);
      throw invalidArgument(path, nearest ? `a known option (did you mean ${nearest}?)` : 'a known option', node);
    }
    if (node === undefined) return;
    if (typeof node !== 'object' || node === null || Array.isArray(node))
      throw invalidArgument(path || 'configuration', 'an object', node);
    for (const [key, value] of Object.entries(node)) walk(value, path === '' ? key : `${path}.${key}`);
  };
  walk(change, '');
  return values;
}

function check(option: Option, value: unknown, name: string): string | number | boolean {
  switch (option.type) {
    case 'flag':
      if (typeof value !== 'boolean') throw invalidArgument(name, 'true or false', value);
      return value;
    case 'choice':
      if (typeof value !== 'string' || !option.choices.includes(value)) {
        throw invalidArgument(name, `one of ${option.choices.join(', ')}`, value);
      }
      return value;
    case 'text':
      if (typeof value !== 'string' || (option.pattern && !option.pattern.test(value))) {
        throw invalidArgument(name, option.expected ?? 'a string', value);
      }
      return value;
    default: {
      const whole = option.type === 'integer';
      const upper =
        option.max === Number.MAX_SAFE_INTEGER
          ? `of at least ${option.min}`
          : `between ${option.min} and ${option.max}`;
      if (
        typeof value !== 'number' ||
        !(value >= option.min && value <= option.max) ||
        (whole && !Number.isInteger(value))
      ) {
        throw invalidArgument(name, `${whole ? 'an integer' : 'a number'} ${upper}`, value);
      }
      return value;
    }
  }
}

function nest(values: Values): Config {
  const root: Record<string, unknown> = { read: {}, write: {}, s3: {}, inference: {} };
  for (const [path, value] of values) {
    const parts = path.split('.');
    let node = root;
    for (const part of parts.slice(0, -1)) {
      node[part] ??= {};
      node = node[part] as Record<string, unknown>;
    }
    node[parts.at(-1) as string] = value;
  }
  return root as unknown as Config;
}
