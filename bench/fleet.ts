/**
 * What gives first when a million courses run on a thousand workers: each part is measured small, here, and carried
 * forward along the line that it follows. `npm run bench:fleet [-- --write]` writes FLEET.md.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { describeRedis } from '../lib/distributed/bullmq.js';
import { CourseQueues, submitCourses } from '../lib/distributed/submit.js';
import { writePhantom } from '../lib/phantom/patient.js';
import { withCourse } from '../lib/rt/course-lease.js';
import { loadRunConfig } from '../lib/rt/load-config.js';
import { silentLog } from '../lib/rt/log.js';
import { type CoursePlan, planCourse } from '../lib/rt/plan.js';
import { aggregatePlan, planRun, runPipeline } from '../lib/rt/run.js';

const COURSES = 1_000_000;
const WORKERS = 1_000;
/** A course as clinics have it. */
const TYPICAL = { slices: 200, structures: 20, minutes: 1 };

const folder = mkdtempSync(join(tmpdir(), 'isovox-fleet-'));
const rows: Array<{ part: string; measured: string; million: string }> = [];

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const began = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - began) / 1000 };
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const duration = (seconds: number): string =>
  seconds < 120
    ? `${number(seconds)} s`
    : seconds < 7200
      ? `${number(seconds / 60)} min`
      : `${number(seconds / 3600, 1)} h`;
const gib = (bytes: number): string => `${number(bytes / 2 ** 30, 1)} GiB`;

function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Index, plan and aggregation of `count` small courses. */
async function cohort(count: number) {
  const [root, outdir] = [join(folder, `in-${count}`), join(folder, `out-${count}`)];
  for (let n = 0; n < count; n++)
    await writePhantom(join(root, `P${n}`), { patientId: `P${n}`, sliceMm: 10, doseMm: 10 });
  const config = await loadRunConfig(undefined, {
    organize: { writeNifti: false, copyImages: false },
    radiomics: { enabled: false },
  });
  const options = { dicomRoot: root, outdir, config, signal: new AbortController().signal, log: silentLog };
  const planned = await timed(() => planRun(options));
  await runPipeline({ ...options, stages: ['organize', 'dvh'], workers: cpus().length });
  const { plan, courses } = planned.value;
  global.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  const aggregated = await timed(() => aggregatePlan(outdir, plan, courses));
  clearInterval(watch);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  const first = courses[0];
  return {
    files,
    planSeconds: planned.seconds,
    planBytes: sizeOf(join(outdir, '.isovox')),
    aggregateSeconds: aggregated.seconds,
    aggregateBytes: Math.max(0, peak - before),
    rows: aggregated.value.tables.rows,
    record: first ? await planCourse(first, outdir, plan) : undefined,
  };
}

async function queues(record: CoursePlan): Promise<void> {
  const COUNT = 10_000;
  const port = 21_000 + (process.pid % 10_000);
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''];
  const server = spawn('redis-server', flags, { stdio: 'ignore' });
  const url = `redis://127.0.0.1:${port}`;
  try {
    for (let n = 0; n < 50; n++) {
      if (await describeRedis(url).catch(() => undefined)) break;
      await new Promise((done) => setTimeout(done, 100));
    }
    const courses = await CourseQueues.open(url, 'fleet');
    const empty = (await describeRedis(url)).usedBytes;
    const plans = Array.from({ length: COUNT }, (_, n) => ({ ...record, id: `PATIENT${n}/2024-01`, size: n }));
    const added = await timed(() => submitCourses(courses, plans, { url, name: 'fleet', outdir: folder, gpus: 1 }));
    const { version, usedBytes } = await describeRedis(url);
    const perCourse = (usedBytes - empty) / COUNT;
    rows.push({
      part: `Redis ${version}: memory of a waiting course`,
      measured: `${number(perCourse)} bytes, ${number(COUNT)} courses`,
      million: gib(perCourse * COURSES),
    });
    rows.push({
      part: 'Redis: submitting',
      measured: `${number(COUNT / added.seconds)} courses/s`,
      million: duration((COURSES / COUNT) * added.seconds),
    });
    await courses.close();
  } finally {
    server.kill('SIGKILL');
  }
}

async function leases(): Promise<void> {
  const COUNT = 500;
  const { seconds } = await timed(async () => {
    for (let n = 0; n < COUNT; n++) await withCourse(folder, { patientId: 'P', courseId: `C${n}` }, async () => {});
  });
  const needed = (2 * WORKERS) / (60 * TYPICAL.minutes);
  rows.push({
    part: 'Leases: take, write, give back (local disk, fsync included)',
    measured: `${number(COUNT / seconds)} /s`,
    million: `${number(needed)} /s are needed`,
  });
}

try {
  const [small, large] = [await cohort(20), await cohort(100)];
  const courses = 80;
  const perFile = (large.planSeconds - small.planSeconds) / (large.files - small.files);
  const files = COURSES * (TYPICAL.slices + 3);
  rows.push({
    part: 'Index and plan, one process, files in the page cache',
    measured: `${number(1 / perFile)} files/s`,
    million: `${duration(files * perFile)} for ${number(files)} files`,
  });
  const planBytesPerFile = (large.planBytes - small.planBytes) / (large.files - small.files);
  rows.push({
    part: 'Plan on disk',
    measured: `${number(planBytesPerFile)} bytes per file`,
    million: gib(files * planBytesPerFile),
  });
  const rowsOf = (large.rows - small.rows) / courses;
  const perRow = (large.aggregateSeconds - small.aggregateSeconds) / (large.rows - small.rows);
  const tableRows = (COURSES * rowsOf * TYPICAL.structures) / 7;
  rows.push({
    part: 'Aggregation: time (rows of curves among them)',
    measured: `${number(1 / perRow)} rows/s`,
    million: `${duration(tableRows * perRow)} for ${number(tableRows)} rows`,
  });
  const bytesPerCourse = Math.max(0, large.aggregateBytes - small.aggregateBytes) / courses;
  rows.push({
    part: 'Aggregation: memory of one process',
    measured: `${number(bytesPerCourse / 2 ** 10)} KiB per course`,
    million: gib(COURSES * bytesPerCourse),
  });
  if (large.record) await queues(large.record);
  await leases();
  rows.push({
    part: 'Computing',
    measured: `taken as ${TYPICAL.minutes} min a course`,
    million: `${duration((COURSES / WORKERS) * 60 * TYPICAL.minutes)} on ${number(WORKERS)} workers`,
  });
  const text = [
    '# A million courses on a thousand workers',
    '',
    `Measured on ${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, with small cohorts of phantoms; carried`,
    `forward to ${number(COURSES)} courses of ${TYPICAL.slices} slices and ${TYPICAL.structures} structures. Made by \`npm run bench:fleet -- --write\`.`,
    '',
    '| part | measured | at a million courses |',
    '|---|---|---|',
    ...rows.map(({ part, measured, million }) => `| ${part} | ${measured} | ${million} |`),
    '',
    'What gives first is what one process does alone: the aggregation, most of whose rows are points of DVH curves, takes',
    'longer than the computing of all workers, and keeps of each course what the page of the cohort shows, though no rows;',
    'then the index and the plan, which are made from every header. The queue server is far from its limits: a waiting',
    'course takes little memory, and the workers together ask for tens of jobs a second. So a cohort of this size is run as',
    'many plans of some ten thousand courses (a site, a month), each with its own output folder and tables, on one set of',
    'queues; their Parquet tables are read together by any engine that reads many files as one.',
    '',
  ].join('\n');
  process.stdout.write(text);
  if (process.argv.includes('--write')) writeFileSync(join(import.meta.dirname, 'FLEET.md'), text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
