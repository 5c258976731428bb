/**
 * Calls of the library for oracles in Python (engine.py): a line of JSON in, a line of JSON out.
 *
 * In: `{ fn, args, threads }`. Out: `{ value }` or `{ error, code }`. Handles are `{ "$handle": n }`; typed arrays are files of
 * their bytes, `{ "$array": path, type, length }`, in both directions.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { getConfig } from '../../lib/config/resolve.js';
import * as library from '../../lib/index.js';
import { addon } from '../../lib/runtime/addon.js';
import { Context } from '../../lib/runtime/context.js';
import { submit } from '../../lib/runtime/task.js';

type Call = (args: unknown, options: unknown) => unknown;

const [folder = ''] = process.argv.slice(2);
const TYPES = {
  Float32Array,
  Float64Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
};
const handles = new Map<number, object>();
let counted = 0;

const isHandle = (value: object): boolean => Object.getPrototypeOf(value) !== Object.prototype;

function out(value: unknown): unknown {
  if (value === undefined || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(out);
  if (ArrayBuffer.isView(value)) {
    const path = join(folder, `out-${counted++}.bin`);
    writeFileSync(path, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return { $array: path, type: value.constructor.name };
  }
  if (isHandle(value)) {
    handles.set(++counted, value);
    return { $handle: counted };
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, out(one)]));
}

function into(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(into);
  const record = value as Record<string, unknown>;
  if (typeof record.$handle === 'number') return handles.get(record.$handle);
  if (typeof record.$array === 'string') {
    const bytes = readFileSync(record.$array);
    const Type = TYPES[record.type as keyof typeof TYPES];
    return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
  }
  return Object.fromEntries(Object.entries(record).map(([key, one]) => [key, into(one)]));
}

async function answer(line: string): Promise<unknown> {
  const { fn, args, threads } = JSON.parse(line);
  if (fn === 'forget') return handles.clear();
  const config = getConfig();
  const context = new Context({
    ...config,
    read: { ...config.read, concurrency: threads ?? 2 },
  });
  const known = (library as Record<string, unknown>)[fn] as Call | undefined;
  // What takes a handle itself answers at once.
  if (known && args.$handle !== undefined) return known(into(args), undefined);
  if (known) return known(into(args), { context });
  // Rows of the binary that the library has no name for.
  if (fn === 'conformity' || fn === 'dvhFromMask') return submit(fn, into(args) as never, { context });
  return ((addon() as unknown as Record<string, Call>)[fn] as Call)(into(args), undefined);
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    process.stdout.write(`${JSON.stringify({ value: out(await answer(line)) ?? null })}\n`);
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    process.stdout.write(`${JSON.stringify({ error: message, code: code ?? 'internal' })}\n`);
  }
}
