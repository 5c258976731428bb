/**
 * isovox-responsive.ts WHAT PATH THREADS ROUNDS: how long the JavaScript thread is kept from anything else while a read is
 * under way. WHAT is volume (a file or store, read whole), series (a folder of DICOM slices), patches (boxes of 64
 * cubed of a store), network (a model folder, slid over a volume of 144 x 144 x 96) or nothing (half a second of none:
 * what the machine itself keeps from a thread). Each repetition gives the longest gap between two turns of a timer of
 * 1 ms, read to view.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { configure, getConfig } from '../../lib/config/resolve.js';
import { Segmenter } from '../../lib/inference/segmenter.js';
import { makeVolume, readSeries } from '../../lib/native/dicom.js';
import { readVolume } from '../../lib/native/formats.js';
import { describeStore, openStore, readRegion } from '../../lib/native/store.js';
import { dispose, viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';
import type { Handle } from '../../lib/runtime/surface.js';
import { wantedOf } from './boxes.js';

const [what = 'volume', path = '', threads = '2', rounds = '5'] = process.argv.slice(2);
configure({ read: { concurrency: Number(threads), tileCacheSizeMb: 0, memoryBudgetMb: 4096 } });
const task = { context: new Context(getConfig()) };

let [last, longest, watching] = [performance.now(), 0, true];
function turn(): void {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  if (watching) setTimeout(turn, 1);
}

async function segmenting(): Promise<() => Promise<Handle<'Volume'>[]>> {
  const size: [number, number, number] = [144, 144, 96];
  const data = Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, n) => Math.sin(n / 9));
  const volume = await makeVolume({
    grid: { size, spacing: [1, 1, 1], origin: [0, 0, 0] },
    dtype: 'float32',
    data,
  });
  const segmenter = await Segmenter.load(path, { device: 'cpu', threads: Number(threads), ...task });
  return async () => [(await segmenter.segment([volume])).labels];
}
const segment = what === 'network' ? await segmenting() : undefined;

async function read(): Promise<Handle<'Volume'>[]> {
  if (segment) return segment();
  if (what === 'nothing') {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return [];
  }
  if (what === 'series') {
    const paths = readdirSync(path).map((name) => join(path, name));
    return [(await readSeries({ paths }, task)).volume];
  }
  if (what === 'volume') return [(await readVolume({ path }, task)).volume];
  const store = await openStore({ path }, task);
  const boxes = wantedOf('roi', describeStore(store).grid.size);
  return Promise.all(boxes.map((box) => readRegion({ store, ...(box as object) }, task)));
}

const ms: number[] = [];
let bytes = 0;
for (let round = 0; round <= Number(rounds); round++) {
  // Let the timer settle: what was left of the round before is not this one's.
  [watching, last] = [true, performance.now()];
  setTimeout(turn, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  [longest, last] = [0, performance.now()];
  const volumes = await read();
  bytes = 0;
  for (const volume of volumes) bytes += viewVolume(volume).byteLength;
  await new Promise((resolve) => setTimeout(resolve, 5));
  watching = false;
  if (round > 0) ms.push(longest);
  for (const volume of volumes) dispose(volume);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer: { bytes } })}\n`);
