// npm run test:soak [-- --minutes N] [-- --seed N] [-- --only use,use]: mixed use of the library with cancellations at random moments, worker threads that
// start and end (some are terminated in the middle), processes and pipelines, for N minutes (240 by default). Every quarter of a
// minute memory, file descriptors, threads and handles of the process are noted; they have to be flat: the last quarter of the time
// at most a little above the second, in which everything has been warm for long.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import { root, run, setup } from './setup.mjs';

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
if (globalThis.gc === undefined) {
  setup();
  run(process.execPath, ['--expose-gc', import.meta.filename, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(0);
}
const minutes = argument('minutes', 240);
const isovox = await import(join(root, 'dist/index.js'));

/** mulberry32. */
let state = argument('seed', 1) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);

const folder = mkdtempSync(join(tmpdir(), 'isovox-soak-'));
const phantom = join(folder, 'phantom');
await isovox.writePhantom(phantom, { sliceMm: 5, doseMm: 5 });
const slices = readdirSync(join(phantom, 'CT')).map((name) => join(phantom, 'CT', name));
const ct = join(folder, 'ct.nii.gz');
{
  const volume = await isovox.Volume.open(join(phantom, 'CT'));
  await volume.save(ct);
  await volume.save(join(folder, 'ct.zarr'), { tile: 'isotropic' });
  volume.dispose();
}
const cohort = await isovox.Cohort.fromImages(join(folder, 'cohort'), { ct: [[ct, 'a']] });

/** Each uses one part of the library; `task` has the signal that may be aborted at any moment. */
const uses = {
  async series(task) {
    const { volume } = await isovox.readSeries({ paths: slices }, task);
    isovox.viewVolume(volume)[0];
    isovox.dispose(volume);
  },
  async forgotten(task) {
    // Not disposed of: the collector has to.
    const volume = await isovox.Volume.open(ct, { signal: task.signal });
    await volume.getStatistics([50], task);
  },
  async dvh(task) {
    const { rois } = await isovox.readRtStruct({ path: join(phantom, 'RS.dcm') }, task);
    const { dose } = await isovox.readRtDose({ path: join(phantom, 'RD.dcm') }, task);
    for (const { dvh } of await isovox.computeDvh({ rois, dose }, task)) isovox.dispose(dvh);
    isovox.dispose(rois);
    isovox.dispose(dose);
  },
  async radiomics(task) {
    const { volume: image } = await isovox.readSeries({ paths: slices }, task);
    const { rois } = await isovox.readRtStruct({ path: join(phantom, 'RS.dcm') }, task);
    const { mask } = await isovox.voxelise({ rois, index: 1 + below(5), volume: image }, task);
    const volume = await isovox.maskToVolume({ mask, mode: 'binary' }, task);
    await isovox.extractFeatures({ image, mask: volume, settings: { discretise: { method: 'fbs', width: 25 } } }, task);
    for (const handle of [image, rois, mask, volume]) isovox.dispose(handle);
  },
  async resample(task) {
    const volume = await isovox.Volume.open(ct, { signal: task.signal });
    const mm = 1 + random();
    const fine = await volume.resample({ spacing: [mm, mm, mm], interpolation: 'cubic' }, task);
    await fine.save(join(folder, 'fine.zarr'), { tile: 'axial' }, task);
    fine.dispose();
    volume.dispose();
  },
  async store(task) {
    const volume = cohort.collection('ct').iloc(0);
    for (let i = 0; i < 20; i++) await volume.patch([32 + below(60), 32 + below(60), 8 + below(8)], [16, 16, 8], task);
  },
  async loader() {
    const loader = isovox.createTrainingDataloader({
      collections: cohort.collection('ct'),
      patchSize: [16, 16, 8],
      patchesPerVolume: 8,
      transforms: [isovox.transforms.noise()],
      seed: below(1000),
    });
    let batches = 0;
    for await (const { image } of loader) {
      batches += image.length > 0;
      if (batches > below(4)) break;
    }
  },
  async parallel(task) {
    await isovox.executeParallel((n) => n * n, [1, 2, 3, 4, 5], { numWorkers: 2, signal: task.signal });
  },
  async pipeline(task) {
    const pipeline = new isovox.PipelineBuilder()
      .addSource([1, 2, 3, 4, 5, 6, 7, 8])
      .pipe((n) => n + 1, { concurrency: 2 })
      .addSink(2)
      .build({ numThreads: 2 });
    for await (const value of pipeline) if (task.signal.aborted || value < 0) break;
  },
  async worker() {
    const code = `
      import { parentPort } from 'node:worker_threads';
      const isovox = await import(${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)});
      parentPort.postMessage('loaded');
      const volume = await isovox.Volume.open(${JSON.stringify(ct)});
      parentPort.postMessage((await volume.getStatistics()).count);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const answer = () =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    // Node leaks the files of modules that a worker was loading when it was terminated: that is not looked at here.
    await answer();
    const answered = answer();
    if (random() < 0.5) {
      answered.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, below(60)));
    } else await answered;
    await worker.terminate();
    await ended;
  },
};

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : [];
const names = Object.keys(uses).filter((name) => only.length === 0 || only.includes(name));
const counts = Object.fromEntries(names.map((name) => [name, { done: 0, cancelled: 0 }]));
const running = new Set();
// A promise that nobody settles lets the process end without a word.
process.on('exit', (code) => {
  if (running.size > 0) process.stdout.write(`ended with ${code} while these had not: ${[...running].join(', ')}\n`);
});

async function once() {
  const name = names[below(names.length)];
  const controller = new AbortController();
  const mark = `${name} ${performance.now().toFixed(0)}`;
  running.add(mark);
  const timer = random() < 0.4 ? setTimeout(() => controller.abort(), below(120)) : undefined;
  try {
    await uses[name]({ signal: controller.signal });
    counts[name].done += 1;
  } catch (thrown) {
    if (!controller.signal.aborted || !['ERR_CANCELLED', 'ABORT_ERR', 20].includes(thrown.code)) throw thrown;
    counts[name].cancelled += 1;
  } finally {
    clearTimeout(timer);
    running.delete(mark);
  }
}

function sample() {
  gc();
  const status = readFileSync('/proc/self/status', 'utf8');
  const of = (key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const { heapUsed, external } = process.memoryUsage();
  return {
    rss: of('VmRSS') / 1024,
    heap: heapUsed / 2 ** 20,
    external: external / 2 ** 20,
    threads: of('Threads'),
    files: readdirSync('/proc/self/fd').length,
    handles: process.getActiveResourcesInfo().length,
  };
}

const begun = performance.now();
const elapsed = () => (performance.now() - begun) / 60_000;
const samples = [];
let failure;
let due = 0.25;
const lanes = Array.from({ length: 3 }, async () => {
  while (elapsed() < minutes && failure === undefined) {
    await once().catch((thrown) => {
      failure = thrown;
    });
    if (elapsed() >= due) {
      due += 0.25;
      const row = { minute: elapsed(), ...sample() };
      samples.push(row);
      if (samples.length % 4 === 0) {
        const shown = Object.entries(row).map(([key, value]) => `${key} ${value.toFixed(0)}`);
        process.stdout.write(`${shown.join(', ')}\n`);
      }
    }
  }
});
await Promise.all(lanes);
rmSync(folder, { recursive: true, force: true });
for (const [name, { done, cancelled }] of Object.entries(counts))
  process.stdout.write(`${name.padEnd(10)} ${done} done, ${cancelled} cancelled\n`);
if (failure !== undefined) throw failure;

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const part = (from, to) => samples.slice(Math.floor(samples.length * from), Math.floor(samples.length * to));
let flat = samples.length >= 8;
/** What a warm process may still gain: pages that the allocator keeps, a worker that is just being started. */
const ALLOWED = { rss: 48, heap: 8, external: 64, threads: 6, files: 8, handles: 6 };
for (const [key, allowed] of Object.entries(ALLOWED)) {
  const [early, late] = [part(0.25, 0.5), part(0.75, 1)].map((rows) => median(rows.map((row) => row[key])));
  const grew = late - early;
  if (!(grew <= allowed)) flat = false;
  process.stdout.write(
    `${key.padEnd(9)} ${early?.toFixed(1)} in the second quarter, ${late?.toFixed(1)} in the last\n`,
  );
}
process.stdout.write(flat ? '\nflat\n' : '\nnot flat, or too short to tell (8 samples)\n');
process.exit(flat ? 0 : 1);
