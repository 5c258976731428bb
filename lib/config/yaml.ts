/** YAML that people write: one reader, so that every file is bounded and every fault has its file and line. */

import { readFile, stat } from 'node:fs/promises';

import { isMap, isNode, LineCounter, parseDocument } from 'yaml';

import { asIsovoxError, IsovoxError } from '../errors.js';

/** Settings are pages, not volumes. */
const LARGEST_BYTES = 4 * 2 ** 20;

export interface Yaml {
  /** Plain data; undefined for an empty text. */
  readonly value: unknown;
  /** Where the key that `at` ends with stands, or its value where it has no key; undefined when it is not there. */
  lineOf(at: readonly PropertyKey[]): number | undefined;
}

/** Throws ERR_INVALID_ARGUMENT with file and line, ERR_NOT_FOUND or ERR_IO. */
export async function readYaml(path: string): Promise<Yaml> {
  let text: string;
  try {
    if ((await stat(path)).size > LARGEST_BYTES) throw refused(path, undefined, 'Expected at most 4 MiB');
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
  return parseYaml(text, path);
}

/** `path` is what messages call the text. */
export function parseYaml(text: string, path: string): Yaml {
  const lines = new LineCounter();
  // Aliases that are nested to grow without bound are refused by the library's own limit.
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  const [problem] = document.errors;
  if (problem) throw refused(path, problem.linePos?.[0].line ?? 1, problem.message);
  let value: unknown;
  try {
    value = document.toJS() ?? undefined;
  } catch (thrown) {
    throw refused(path, undefined, thrown instanceof Error ? thrown.message : String(thrown));
  }
  return {
    value,
    lineOf(at) {
      const parent = document.getIn(at.slice(0, -1) as unknown[], true);
      const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === String(at.at(-1))) : undefined;
      const node = pair?.key ?? document.getIn(at as unknown[], true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

function refused(path: string, line: number | undefined, message: string): IsovoxError {
  const where = line === undefined ? path : `${path}:${line}`;
  return new IsovoxError('ERR_INVALID_ARGUMENT', `${where}: ${message}`, { path });
}
