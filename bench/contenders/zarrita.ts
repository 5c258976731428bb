/** zarrita.ts PATH WHAT REPETITIONS: regions of the array 0 of a stored volume, the time that of one region (boxes.ts). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { cacheFolder } from '../environment.js';
import { wantedOf } from './boxes.js';

interface Zarrita {
  open: { v3(location: unknown, options: { kind: 'array' }): Promise<{ shape: number[] }> };
  root(store: unknown): unknown;
  slice(begin: number, end: number): unknown;
  get(array: unknown, selection: unknown[]): Promise<{ data: Int16Array }>;
}

const peers = join(cacheFolder, 'node', 'node_modules');
const load = (file: string): Promise<unknown> => import(pathToFileURL(join(peers, file)).href);
const zarr = (await load('zarrita/dist/src/index.js')) as Zarrita;
const { default: FileSystemStore } = (await load('@zarrita/storage/dist/src/fs.js')) as {
  default: new (path: string) => unknown;
};
const { version } = JSON.parse(readFileSync(join(peers, 'zarrita', 'package.json'), 'utf8')) as { version: string };

const [path = '', what = 'all', repetitions = '3'] = process.argv.slice(2);
const array = await zarr.open.v3(zarr.root(new FileSystemStore(join(path, '0'))), { kind: 'array' });
const wanted = wantedOf(what, [...array.shape].reverse());
const ms: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const parts: Int16Array[] = [];
  for (const { x, y, z } of wanted) {
    parts.push((await zarr.get(array, [zarr.slice(...z), zarr.slice(...y), zarr.slice(...x)])).data);
  }
  if (i > 0) ms.push((performance.now() - begun) / wanted.length);
  let [sum, count] = [0, 0];
  for (const part of parts) {
    for (const value of part) sum += value;
    count += part.length;
  }
  const last = parts.at(-1);
  answer = { mean: sum / count, middle: last?.[last.length / 2] ?? Number.NaN };
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version, answer })}\n`);
