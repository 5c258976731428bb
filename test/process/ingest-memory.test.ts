/** Ingest, reading and queries stay within the memory budget, in a child process under a hard ceiling that the kernel enforces. */

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

/** 30 MiB each of int16, seven times the budget in all. */
const SIZE = [256, 256, 240] as [number, number, number];
const SUBJECTS = 15;
const BUDGET_MIB = 64;
/** What V8's heap, the codecs' buffers and the threads' arenas may take beside. */
const BESIDE_MIB = 64;

let folder: string;
let runs = 0;
let images: string[];

beforeAll(async () => {
  folder = temporaryFolder();
  const data = Int16Array.from(
    { length: SIZE[0] * SIZE[1] * SIZE[2] },
    (_, i) => (Math.imul(i, 2654435761) >>> 28) + (i >> 12),
  );
  const volume = await makeVolume({
    grid: { size: SIZE, spacing: [1, 1, 1], origin: [0, 0, 0] },
    dtype: 'int16',
    data,
  });
  images = ['image.nii', 'image.nii.gz', 'image.nrrd'].map((name) => join(folder, name));
  for (const path of images) await writeVolume({ volume, path, level: 1 });
  dispose(volume);
  expect((SUBJECTS * data.byteLength) / 2 ** 20).toBeGreaterThanOrEqual(7 * BUDGET_MIB);
});

/**
 * Ingests, reads every volume back as single slices, and prints how much memory the process gained at most. Once the
 * library is loaded the process may map no more private writable memory than the ceiling (RLIMIT_DATA).
 */
const SCRIPT = `
  const { execFileSync } = await import('node:child_process');
  const { readFileSync } = await import('node:fs');
  const [library, store, images, budget, ceiling] = process.argv.slice(1);
  const isovox = await import(library);
  const inMiB = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+) kB').exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  isovox.configure({ read: { concurrency: 2, memoryBudgetMb: Number(budget), tileCacheSizeMb: 16, maxWorkers: 8 } });
  await isovox.Cohort.create(store + '-warm');
  const before = inMiB('VmRSS');
  const limit = Math.round((inMiB('VmData') + Number(ceiling)) * 2 ** 20);
  execFileSync('prlimit', ['--pid', String(process.pid), '--data=' + limit]);
  const { cohort, report } = await isovox.Cohort.ingest(store, { ct: JSON.parse(images) });
  let slices = 0;
  for (const volume of cohort.collection('ct')) slices += (await volume.axial(7)).data.length > 0 ? 1 : 0;
  console.log(JSON.stringify({ report, slices, gained: inMiB('VmHWM') - before }));
`;

async function ingested(
  paths: readonly string[],
  budget: number,
  ceiling: number,
): Promise<{
  report: { added: number; failed: { code: string; reason: string }[] };
  slices: number;
  gained: number;
}> {
  const subjects = Array.from({ length: SUBJECTS }, (_, n) => [paths[n % paths.length], `s${n}`]);
  const args = ['--import', 'tsx', '--input-type=module', '-e', SCRIPT, join(packageRoot, 'lib/index.ts')];
  const store = join(folder, `store-${++runs}`);
  const given = [store, JSON.stringify(subjects), budget, ceiling].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...given], { cwd: packageRoot });
  return JSON.parse(stdout);
}

/** Measures the volumes of a cohort by a query, each read whole by its mapper, then copies it by one. */
const QUERY = `
  const { readFileSync } = await import('node:fs');
  const [library, store, budget] = process.argv.slice(1);
  const isovox = await import(library);
  const inMiB = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+) kB').exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  isovox.configure({ read: { concurrency: 2, memoryBudgetMb: Number(budget), tileCacheSizeMb: 0, maxWorkers: 8 } });
  const ct = (await isovox.Cohort.open(store)).collection('ct');
  await ct.iloc(0).axial(7);
  const before = inMiB('VmRSS');
  let [atWork, most] = [0, 0];
  const means = ct.map(async (stored) => {
    most = Math.max(most, ++atWork);
    const volume = await stored.toVolume();
    const { mean } = await volume.getStatistics();
    volume.dispose();
    atWork--;
    return { mean };
  });
  const list = await means.toList();
  const streamed = [];
  for await (const one of means) streamed.push(one);
  const gained = inMiB('VmHWM') - before;
  const report = await ct.map((volume) => volume).write(store + '-copy');
  console.log(JSON.stringify({ list, streamed, most, gained, report, copying: inMiB('VmHWM') - before }));
`;

describe('the memory of an ingest', () => {
  it('stays within the budget for a cohort seven times larger, packed and plain', async () => {
    const { report, slices, gained } = await ingested(images, BUDGET_MIB, 1024);
    expect(report).toMatchObject({ added: SUBJECTS, failed: [] });
    expect(slices).toBe(SUBJECTS);
    expect(gained).toBeLessThan(BUDGET_MIB + BESIDE_MIB);
  });

  it('goes through where the kernel gives no more than that', async () => {
    const { report } = await ingested(images.slice(0, 2), BUDGET_MIB + 1, BUDGET_MIB + 256);
    expect(report).toMatchObject({ added: SUBJECTS, failed: [] });
  });

  it('an image that can never fit is refused by name, and the others go on', async () => {
    const wide = join(folder, 'wide.nii');
    const size = [256, 256, 600] as [number, number, number];
    const volume = await makeVolume({
      grid: { size, spacing: [1, 1, 1], origin: [0, 0, 0] },
      dtype: 'int16',
      data: new Int16Array(size[0] * size[1] * size[2]),
    });
    await writeVolume({ volume, path: wide });
    dispose(volume);
    const { report } = await ingested([images[0] as string, images[1] as string, wide], BUDGET_MIB, 1024);
    expect(report.added).toBe(10);
    expect(report.failed.length).toBe(5);
    for (const { code, reason } of report.failed) {
      expect(code).toBe('ERR_RESOURCE');
      expect(reason).toMatch(/wide\.nii needs 83 MiB and read\.memoryBudgetMb is 64/);
    }
  });
});

describe('the memory of a query', () => {
  it('lets as many volumes be worked on at once as the budget holds', async () => {
    const store = join(folder, 'queried');
    const cohort = await Cohort.fromImages(store, {
      ct: images.flatMap((path) => [1, 2, 3].map((n) => [path, `${path}${n}`] as const)),
    });
    const args = ['--import', 'tsx', '--input-type=module', '-e', QUERY, join(packageRoot, 'lib/index.ts'), store];
    const { stdout } = await promisify(execFile)(process.execPath, [...args, '80'], { cwd: packageRoot });
    const { list, streamed, most, gained, report, copying } = JSON.parse(stdout);
    expect(list.length).toBe(cohort.collection('ct').length);
    expect(streamed).toEqual(list);
    expect(most).toBe(2);
    expect(gained).toBeLessThan(80 + BESIDE_MIB);
    expect(copying).toBeLessThan(80 + BESIDE_MIB);
    expect(report).toMatchObject({ added: list.length, failed: [] });
  });
});
