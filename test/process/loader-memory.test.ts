/** Loaders stay within the memory budget, in a child process: a cohort ten times larger than it, and many epochs. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

import { Cohort } from '../../lib/cohort/index.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { dispose } from '../../lib/native/volume.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder } from '../fixtures/index.js';

const SIZE = [256, 256, 100] as [number, number, number];
const SUBJECTS = 52;
const BUDGET_MIB = 64;
const CACHE_MIB = 16;

let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  // 12.5 MiB each, 650 MiB in all; noise in the low bits, so that chunks are not nothing.
  const data = Int16Array.from(
    { length: SIZE[0] * SIZE[1] * SIZE[2] },
    (_, i) => (Math.imul(i, 2654435761) >>> 28) + (i >> 12),
  );
  const grid = { size: SIZE, spacing: [1, 1, 1], origin: [0, 0, 0] } as never;
  const volume = await makeVolume({ grid, dtype: 'int16', data });
  const image = join(folder, 'image.nii');
  await writeVolume({ volume, path: image });
  dispose(volume);
  const small = await makeVolume({
    grid: { size: [40, 36, 20], spacing: [1, 1, 1], origin: [0, 0, 0] } as never,
    dtype: 'int16',
    data: new Int16Array(40 * 36 * 20).map((_, i) => i % 1000),
  });
  await writeVolume({ volume: small, path: join(folder, 'small.nii') });
  const few = ['a', 'b', 'c', 'd'].map((subject) => [join(folder, 'small.nii'), subject] as [string, string]);
  await Cohort.fromImages(join(folder, 'few'), { ct: few });
  const images = Array.from({ length: SUBJECTS }, (_, n) => [image, `s${n}`] as [string, string]);
  await Cohort.fromImages(join(folder, 'store'), { ct: images });
  expect((SUBJECTS * data.byteLength) / 2 ** 20).toBeGreaterThanOrEqual(10 * BUDGET_MIB);
});

/** Prints how much memory the process gained, at most, while `epochs` of the loader ran. */
const SCRIPT = `
  const { readFileSync } = await import('node:fs');
  const [library, store, options, epochs, budget, cache] = process.argv.slice(1);
  const isovox = await import(library);
  const inMiB = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+) kB').exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  isovox.configure({ read: { concurrency: 2, memoryBudgetMb: Number(budget), tileCacheSizeMb: Number(cache) } });
  const cohort = await isovox.Cohort.open(store);
  const loader = isovox.createTrainingDataloader({ collections: cohort.collection('ct'), ...JSON.parse(options) });
  const before = inMiB('VmRSS');
  let samples = 0;
  const after = [];
  for (let epoch = 0; epoch < Number(epochs); epoch++) {
    for await (const { shape } of loader) samples += shape[0];
    if (epoch % 10 === 9 && global.gc) { global.gc(); after.push(inMiB('VmRSS')); }
  }
  console.log(JSON.stringify({ samples, gained: inMiB('VmHWM') - before, after }));
`;

async function measured(
  options: object,
  epochs: number,
  store = 'store',
): Promise<{ samples: number; gained: number; after: number[] }> {
  const library = join(packageRoot, 'lib/index.ts');
  const args = ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', SCRIPT, library, join(folder, store)];
  const given = [JSON.stringify(options), epochs, BUDGET_MIB, CACHE_MIB].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...given], { cwd: packageRoot });
  return JSON.parse(stdout);
}

/** What V8's heap may grow by: it collects when it likes. */
const HEAP_MIB = 48;

describe('the memory of a loader', () => {
  it('stays within the budget for a cohort ten times larger: patches', async () => {
    const { samples, gained } = await measured(
      { patchSize: [64, 64, 64], patchesPerVolume: 4, batchSize: 4, seed: 1 },
      1,
    );
    expect(samples).toBe(SUBJECTS * 4);
    expect(gained).toBeLessThan(BUDGET_MIB + CACHE_MIB + HEAP_MIB);
  });

  it('stays within the budget where only two batches fit: whole volumes', async () => {
    const { samples, gained } = await measured({ batchSize: 1, seed: 1 }, 1);
    expect(samples).toBe(SUBJECTS);
    expect(gained).toBeLessThan(BUDGET_MIB + CACHE_MIB + HEAP_MIB);
  });

  it('is refused by name where not one batch fits', async () => {
    await expect(measured({ batchSize: 4, seed: 1 }, 1)).rejects.toThrow(
      /A batch needs 100 MiB and read\.memoryBudgetMb is 64/,
    );
  });

  it('does not grow over 1,000 epochs', async () => {
    const { samples, after } = await measured({ patchSize: [32, 32, 16], batchSize: 4, seed: 1 }, 1000, 'few');
    expect(samples).toBe(4000);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // The first two hundred are the compiler's; then ten readings are held against the last ten.
    expect(mean(after.slice(-10))).toBeLessThan(mean(after.slice(20, 30)) + 4);
  });
});
