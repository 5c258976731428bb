/** A function that another thread or process can find: by its source text, or by module and export. */

import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { invalidArgument } from '../errors.js';

/** A function of a module: a path (relative to the working directory), a `file:` URL, or a package's name. */
export interface ModuleFunction {
  readonly module: string | URL;
  /** Name of the export. Default `default`. */
  readonly export?: string;
}

/** What a worker tells the function besides the item. */
export interface WorkerCall {
  /** Position of the item in the input; 0 for a single task. */
  readonly index: number;
}

/**
 * Runs in a worker. A plain function travels as its source text: it sees its arguments and Node's globals, and nothing
 * of the file it stands in.
 */
export type WorkerFunction<Item, Result> =
  | ((item: Item, call: WorkerCall) => Result | Promise<Result>)
  | ModuleFunction;

/** As it crosses to the worker. */
export interface FunctionRef {
  readonly key: string;
  readonly source?: string;
  readonly module?: string;
  readonly name?: string;
}

/** Throws ERR_INVALID_ARGUMENT for what cannot be sent: native and bound functions, methods, other values. */
export function functionRef(fn: unknown, argument = 'fn'): FunctionRef {
  if (typeof fn === 'function') {
    const source = Function.prototype.toString.call(fn);
    if (!isExpression(source)) {
      throw invalidArgument(argument, 'a function written as one (not a method, class, bound or native function)', fn);
    }
    return { key: source, source };
  }
  const { module, export: name = 'default' } = (fn ?? {}) as Partial<ModuleFunction>;
  if ((typeof module !== 'string' && !(module instanceof URL)) || typeof name !== 'string') {
    throw invalidArgument(argument, 'a self-contained function or { module, export }', fn);
  }
  const specifier = locate(String(module));
  return { key: `${specifier}\0${name}`, module: specifier, name };
}

function isExpression(source: string): boolean {
  if (/^class\b/.test(source) || /\{\s*\[native code\]\s*\}$/.test(source)) return false;
  try {
    // Compiled, never called: it tells a function from a method, whose text is no expression.
    new Function(`return (${source})`);
    return true;
  } catch {
    return false;
  }
}

function locate(module: string): string {
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (/^\.{1,2}[/\\]/.test(module)) return pathToFileURL(resolve(module)).href;
  return module;
}
