/** The table of rooms: who may import whom. The README's picture and DESIGN say the same. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** A room may import itself and what its row names; files directly in lib/ are rooms of their own. */
const LIB: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  config: ['errors'],
  table: ['errors'],
  parallel: ['errors'],
  graph: ['parallel', 'errors'],
  pipeline: ['parallel', 'errors'],
  runtime: ['config', 'errors', 'native-types'],
  native: ['runtime', 'config', 'errors'],
  align: ['parallel', 'native', 'runtime', 'config', 'errors'],
  volume: ['native', 'runtime', 'config', 'errors'],
  cohort: ['volume', 'table', 'native', 'runtime', 'config', 'errors'],
  dataloader: ['cohort', 'volume', 'native', 'runtime', 'config', 'errors'],
  phantom: ['native', 'runtime', 'errors'],
  report: ['native', 'table', 'runtime', 'errors'],
  inference: ['native', 'runtime', 'config', 'errors'],
  rt: ['inference', 'graph', 'table', 'report', 'native', 'runtime', 'config', 'errors'],
  distributed: ['rt', 'graph', 'table', 'native', 'runtime', 'config', 'errors'],
  viewer: ['rt', 'report', 'native', 'runtime', 'errors'],
  cli: [
    'dataloader',
    'distributed',
    'viewer',
    'align',
    'cohort',
    'rt',
    'inference',
    'phantom',
    'report',
    'graph',
    'table',
    'native',
    'runtime',
    'config',
    'errors',
  ],
  index: [
    'volume',
    'dataloader',
    'align',
    'cohort',
    'rt',
    'inference',
    'phantom',
    'pipeline',
    'graph',
    'parallel',
    'table',
    'native',
    'runtime',
    'config',
    'errors',
  ],
};

const NATIVE: Readonly<Record<string, readonly string[]>> = {
  base: [],
  exec: ['base'],
  simd: ['base'],
  volume: ['base'],
  io: ['exec', 'simd', 'base'],
  align: ['io', 'exec', 'base'],
  imaging: ['exec', 'simd', 'volume', 'base'],
  filters: ['imaging', 'exec', 'simd', 'volume', 'base'],
  radiomics: ['filters', 'imaging', 'exec', 'simd', 'volume', 'base'],
  dose: ['imaging', 'exec', 'simd', 'volume', 'base'],
  inference: ['imaging', 'exec', 'simd', 'volume', 'base'],
  dicom: ['io', 'exec', 'simd', 'volume', 'base'],
  store: ['io', 'exec', 'simd', 'volume', 'base'],
  loader: ['store', 'io', 'exec', 'simd', 'volume', 'base'],
  formats: ['dicom', 'store', 'io', 'exec', 'simd', 'volume', 'base'],
  addon: [
    'loader',
    'align',
    'inference',
    'radiomics',
    'filters',
    'dose',
    'imaging',
    'formats',
    'store',
    'dicom',
    'io',
    'exec',
    'simd',
    'volume',
    'base',
  ],
};

/** Headers that only one room may include. */
const KEPT_TO: ReadonlyArray<{ header: RegExp; room: string }> = [
  { header: /^napi\.h$/, room: 'addon' },
  { header: /^dcmtk\//, room: 'dicom' },
  { header: /^openjpeg/, room: 'dicom' },
  { header: /^(bindings\/cpp\/WFA|parasail)/, room: 'align' },
  { header: /^(libdeflate|bzlib|zstd|lz4|blosc|curl\/|openssl\/)/, room: 'io' },
  { header: /^(tbb|oneapi)\//, room: 'exec' },
  { header: /^onnxruntime/, room: 'inference' },
  { header: /intrin\.h$/, room: 'simd' },
];

function filesBelow(folder: string, extension: RegExp): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function libRoom(path: string): string {
  const [first = ''] = relative(join(root, 'lib'), path).split(sep);
  if (first === 'native' && /-types\.[tj]s$/.test(path)) return 'native-types';
  return first.replace(/\.[tj]s$/, '');
}

describe('rooms', () => {
  it.each(Object.keys(LIB))('lib/%s imports only the rooms below it', (room) => {
    const allowed = new Set([room, ...(LIB[room] ?? [])]);
    if (allowed.has('native')) allowed.add('native-types');
    const wrong: string[] = [];
    for (const file of filesBelow(join(root, 'lib'), /\.ts$/).filter((path) => libRoom(path) === room)) {
      for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
        const target = libRoom(resolve(dirname(file), specifier));
        if (!allowed.has(target)) wrong.push(`${relative(root, file)} imports ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('every folder and file of lib/ is a room of the table', () => {
    const rooms = readdirSync(join(root, 'lib')).map((name) => name.replace(/\.ts$/, ''));
    expect(rooms.filter((room) => !(room in LIB))).toEqual([]);
  });

  it.each(Object.keys(NATIVE))('native/%s includes only the rooms below it', (room) => {
    const allowed = new Set([room, ...(NATIVE[room] ?? [])]);
    const wrong: string[] = [];
    for (const file of filesBelow(join(root, 'native', room), /\.(cc|h|inc)$/)) {
      const text = readFileSync(file, 'utf8');
      for (const [, header = ''] of text.matchAll(/^#include "([^"]+)"/gm)) {
        const target = header.split('/')[0] ?? '';
        if (!allowed.has(target)) wrong.push(`${relative(root, file)} includes ${header}`);
      }
      for (const [, header = ''] of text.matchAll(/^#include <([^>]+)>/gm)) {
        const keeper = KEPT_TO.find((row) => row.header.test(header));
        if (keeper && keeper.room !== room) wrong.push(`${relative(root, file)} includes <${header}>`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('every folder of native/ is a room of the table', () => {
    const folders = readdirSync(join(root, 'native'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'tools')
      .map((entry) => entry.name);
    expect(folders.filter((room) => !(room in NATIVE))).toEqual([]);
  });

  it('a name of a native namespace is one type', () => {
    // Two headers with one name make one symbol of two types, which the linker mixes without a word.
    const places = new Map<string, string[]>();
    for (const file of filesBelow(join(root, 'native'), /\.h$/)) {
      const text = readFileSync(file, 'utf8');
      const [, space = ''] = text.match(/^namespace ([\w:]+) \{/m) ?? [];
      for (const [, name = ''] of text.matchAll(
        /^(?:struct|class|enum class|enum|union) (\w+)(?: final)?(?: ?:[^;{]*)? \{/gm,
      )) {
        const key = `${space}::${name}`;
        places.set(key, [...(places.get(key) ?? []), relative(root, file)]);
      }
    }
    expect(places.size).toBeGreaterThan(100);
    expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
  });

  it('only lib/runtime/addon.ts knows the binary', () => {
    const knowing = filesBelow(join(root, 'lib'), /\.ts$/)
      .filter((file) => readFileSync(file, 'utf8').includes('node-gyp-build'))
      .map((file) => relative(root, file));
    expect(knowing).toEqual(['lib/runtime/addon.ts']);
  });
});
