/**
 * What engines cost, how a run grows with its courses, and that every way of running gives the same bytes.
 * `npm run bench:executors [-- --courses N] [--write]` writes EXECUTORS.md and executors.svg.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { CourseWorkers } from '../lib/distributed/course-workers.js';
import { WorkerMetrics } from '../lib/distributed/metrics.js';
import { workQueues } from '../lib/distributed/queue-worker.js';
import { CourseQueues, submitCourses } from '../lib/distributed/submit.js';
import { writePhantom } from '../lib/phantom/patient.js';
import { mergeJobs } from '../lib/rt/jobs.js';
import { silentLog } from '../lib/rt/log.js';
import { planCourses, readPlan, readPlannedCourses } from '../lib/rt/plan.js';
import { treeDigest } from '../test/fixtures/index.js';
import { RedisServer } from '../test/fixtures/redis-server.js';
import { SlurmCluster, slurmAvailable } from '../test/fixtures/slurm-cluster.js';
import { cacheFolder } from './environment.js';

const { values: given } = parseArgs({
  options: { courses: { type: 'string', default: '1000' }, write: { type: 'boolean', default: false } },
});
const MOST = Number(given.courses);
const JOBS = Math.min(200, MOST);
const STAGES = 'organize,dvh,qc';
const main = join(import.meta.dirname, '../dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'isovox-executors-'));

/** Phantoms of seven slices, made once and kept. */
async function courses(count: number): Promise<string> {
  const all = join(cacheFolder, 'courses');
  for (let n = 0; n < count; n++) {
    const patientId = `P${String(n).padStart(4, '0')}`;
    if (existsSync(join(all, patientId))) continue;
    await writePhantom(join(`${all}.tmp`, patientId), { patientId, sliceMm: 20, doseMm: 20 });
    mkdirSync(all, { recursive: true });
    renameSync(join(`${all}.tmp`, patientId), join(all, patientId));
  }
  const root = join(folder, `in-${count}`);
  mkdirSync(root);
  for (const name of readdirSync(all).sort().slice(0, count))
    cpSync(join(all, name), join(root, name), { recursive: true });
  return root;
}

/** Runs a program to its end: wall time, processor time of all its processes, and the peak memory of the first. */
function measure(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const before = childrenMs();
  const began = performance.now();
  const run = spawnSync('/usr/bin/time', ['-f', '%M', program, ...args], { encoding: 'utf8', env, maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${run.stdout}${run.stderr}`);
  return {
    ms: performance.now() - began,
    cpuMs: childrenMs() - before,
    peakMb: Number(run.stderr.trim().split('\n').at(-1)) / 1024,
  };
}

const isovox = (args: readonly string[], env?: NodeJS.ProcessEnv) => measure(process.execPath, [main, ...args], env);

/** Of children that have ended, theirs included (proc(5), cutime and cstime). */
function childrenMs(): number {
  const fields = (readFileSync('/proc/self/stat', 'utf8').split(') ')[1] ?? '').split(' ');
  return 10 * (Number(fields[13]) + Number(fields[14]));
}

const number = (value: number, digits = 1): string => value.toFixed(digits);

/** A run that is up to date, job by job: what is left is what the engine and the worker process take. */
async function overheads(root: string): Promise<string[]> {
  const outdir = join(folder, 'jobs');
  isovox(['run', '--dicom-root', root, '--outdir', outdir, '--stages', STAGES, '--workers', '2', '--quiet']);
  const plan = await readPlan(outdir);
  // One job for each course, so that one class works alone.
  const plans = (await planCourses(await readPlannedCourses(outdir, plan), outdir, plan)).map((one) => ({
    ...one,
    jobs: mergeJobs(one.jobs),
  }));
  const jobs = plans.reduce((sum, one) => sum + one.jobs.length, 0);
  const rows: string[] = [];

  const pool = new CourseWorkers({ threads: 1, memoryMb: 1024, log: silentLog });
  const order = (course: string, stages: readonly string[]) =>
    pool.run(
      outdir,
      { course, stages, force: [], givenUp: [], keepBadData: true },
      { signal: new AbortController().signal, stageTimeoutMs: 60_000, onStage: () => {} },
    );
  const [first] = plans;
  if (first) await order(first.id, first.jobs[0]?.stages ?? []); // the worker starts
  const began = performance.now();
  for (const { id, jobs } of plans) for (const { stages } of jobs) await order(id, stages);
  const direct = (performance.now() - began) / jobs;
  await pool.stop();

  mkdirSync(join(folder, 'redis'));
  const redis = await RedisServer.start(join(folder, 'redis'));
  try {
    const queues = await CourseQueues.open(redis.url, 'overhead');
    await submitCourses(queues, plans, { url: redis.url, name: 'overhead', outdir, gpus: 1 });
    await queues.close();
    const stop = new AbortController();
    const times: number[] = [];
    const info = (): void => {
      if (times.push(performance.now()) === jobs + 1) stop.abort(); // the first line says that it begins
    };
    await workQueues({
      ...{ url: redis.url, name: 'overhead', classes: ['io', 'cpu', 'gpu'], slots: 1, threads: 1, memoryMb: 1024 },
      ...{ stageTimeoutMs: 60_000, metrics: new WorkerMetrics(), signal: stop.signal, log: { ...silentLog, info } },
    });
    // From the end of the first tenth, when the worker processes have started.
    const from = Math.ceil(times.length / 10);
    const queued = ((times.at(-1) ?? 0) - (times[from] ?? 0)) / (times.length - 1 - from);
    rows.push(
      `| BullMQ, one job at a time | ${jobs} | ${number(direct)} | ${number(queued)} | ${number(queued - direct)} |`,
    );
  } finally {
    await redis.kill();
  }

  const to = join(folder, 'workflow');
  isovox(['export', 'snakemake', '--outdir', outdir, '--to', to, '--workers', '1']);
  const flags = ['--snakefile', join(to, 'Snakefile'), '--directory', to, '--profile', join(to, 'profiles/local')];
  const ids = plans.map(({ id }) => id);
  const alone = isovox(['course', 'run', ...ids, '--stage', STAGES, '--outdir', outdir, '--workers', '1', '--quiet']);
  const tables = isovox(['aggregate', '--outdir', outdir]);
  const empty = measure('snakemake', [...flags, '--config', 'isovox=true']);
  rmSync(join(to, 'markers'), { recursive: true });
  const whole = measure('snakemake', flags);
  const per = (ms: number): string => number(ms / plans.length);
  rows.push(
    `| Snakemake, one core | ${plans.length} | ${per(alone.ms)} | ${per(whole.ms - tables.ms)} | ${per(whole.ms - tables.ms - alone.ms)} |`,
    `| Snakemake, one core, jobs that do nothing | ${plans.length} | 0 | ${per(empty.ms)} | ${per(empty.ms)} |`,
  );
  return rows;
}

/** The same courses by every executor: how many files, and one digest of all. */
async function equality(): Promise<string[]> {
  const root = join(folder, 'equal-in');
  for (const [n, mm] of [10, 5, 10, 2.5].entries()) {
    await writePhantom(join(root, `P${n}`), { patientId: `P${n}`, sliceMm: mm, doseMm: mm });
  }
  const common = (name: string): string[] => ['--dicom-root', root, '--outdir', join(folder, name), '--quiet'];
  isovox(['run', ...common('one'), '--isolation', 'none', '--workers', '1']);
  isovox(['run', ...common('processes'), '--workers', '3']);
  mkdirSync(join(folder, 'redis-equal'));
  const redis = await RedisServer.start(join(folder, 'redis-equal'));
  const worker = `"${process.execPath}" "${main}" worker --queue ${redis.url} --workers 1 --quiet --exit-when-idle 5 &`;
  const submit = `"${process.execPath}" "${main}" submit --queue ${redis.url} --wait ${common('queue').join(' ')}`;
  measure('/bin/sh', ['-c', `${worker.repeat(3)} ${submit} && wait`]);
  await redis.kill();
  const workflow = (name: string, profile: string, env?: NodeJS.ProcessEnv): void => {
    isovox(['plan', ...common(name)]);
    isovox([
      'export',
      'snakemake',
      '--outdir',
      join(folder, name),
      '--to',
      join(folder, `${name}-flow`),
      '--workers',
      '2',
    ]);
    isovox(['resume', join(folder, `${name}-flow`), '--profile', profile], env);
  };
  workflow('snakemake', 'local');
  const ways = ['one', 'processes', 'queue', 'snakemake'];
  if (slurmAvailable) {
    const cluster = await SlurmCluster.start(join(folder, 'cluster'));
    try {
      workflow('slurm', 'slurm', cluster.env);
      ways.push('slurm');
    } finally {
      await cluster.stop();
    }
  }
  const title: Record<string, string> = {
    one: 'one process',
    processes: 'three worker processes',
    queue: 'three workers on Redis',
    snakemake: 'Snakemake, two cores',
    slurm: 'Snakemake on Slurm',
  };
  const reference = JSON.stringify(treeDigest(join(folder, 'one')));
  return ways.map((way) => {
    const tree = treeDigest(join(folder, way));
    return `| ${title[way]} | ${Object.keys(tree).length} | ${JSON.stringify(tree) === reference ? 'the same bytes' : 'DIFFERS'} |`;
  });
}

interface Growth {
  readonly courses: number;
  readonly seconds: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

function growth(root: string, count: number): Growth {
  const part = join(folder, `part-${count}`);
  mkdirSync(part);
  for (const name of readdirSync(root).sort().slice(0, count))
    cpSync(join(root, name), join(part, name), { recursive: true });
  const outdir = join(folder, `grown-${count}`);
  const run = isovox([
    'run',
    '--dicom-root',
    part,
    '--outdir',
    outdir,
    '--stages',
    STAGES,
    '--workers',
    '2',
    '--quiet',
  ]);
  for (const path of [part, outdir]) rmSync(path, { recursive: true });
  return { courses: count, seconds: run.ms / 1000, cpuMs: run.cpuMs, peakMb: run.peakMb };
}

/** Seconds and memory over courses, both axes logarithmic; the dashed line is proportional. */
function picture(points: readonly Growth[]): string {
  const [width, height, margin] = [640, 360, 56];
  const most = points.at(-1) as Growth;
  const x = (courses: number): number =>
    margin + ((width - 2 * margin) * Math.log10(courses)) / Math.log10(most.courses);
  const top = 10 ** Math.ceil(Math.log10(Math.max(most.seconds, most.peakMb)));
  const y = (value: number): number =>
    height - margin - ((height - 2 * margin) * Math.log10(Math.max(1, value))) / Math.log10(top);
  const line = (value: (point: Growth) => number, color: string, name: string, dash = ''): string =>
    `<polyline fill="none" stroke="${color}" stroke-width="2"${dash} points="${points.map((point) => `${number(x(point.courses))},${number(y(value(point)))}`).join(' ')}"/>` +
    `<text x="${number(x(most.courses) + 4)}" y="${number(y(value(most)) + 4)}" fill="${color}">${name}</text>`;
  const ticks = points.map(
    ({ courses }) =>
      `<text x="${number(x(courses))}" y="${height - margin + 18}" text-anchor="middle">${courses}</text>`,
  );
  const levels = Array.from({ length: Math.log10(top) + 1 }, (_, power) => 10 ** power).map(
    (value) => `<text x="${margin - 8}" y="${number(y(value) + 4)}" text-anchor="end">${value}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#7d8891">`,
    ...ticks,
    ...levels,
    `<text x="${width / 2}" y="${height - 12}" text-anchor="middle">courses</text>`,
    line(({ courses }) => (most.seconds * courses) / most.courses, '#a9b3ba', '', ' stroke-dasharray="4 4"'),
    line(({ seconds }) => seconds, '#1f8aab', 's'),
    line(({ peakMb }) => peakMb, '#d55e00', 'MiB'),
    '</svg>',
    '',
  ].join('\n');
}

try {
  const root = await courses(MOST);
  const same = await equality();
  const jobs = await overheads(await courses(JOBS - (JOBS === MOST ? 1 : 0)));
  const points = [1, 10, 100, 1000].filter((count) => count <= MOST).map((count) => growth(root, count));
  const text = [
    '# Engines, and many courses',
    '',
    `Measured on ${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}. Made by \`npm run bench:executors -- --write\`.`,
    '',
    '## Every way of running gives the same bytes',
    '',
    '| executor | files | |',
    '|---|--:|---|',
    ...same,
    '',
    '## What an engine costs',
    '',
    'Courses that are up to date, so that a job only finds that nothing is to be done. Milliseconds for each job of BullMQ, for each',
    'course of Snakemake, whose small courses share jobs; the tables at the end are not counted.',
    '',
    '| engine | jobs or courses | without it | with it | overhead |',
    '|---|--:|--:|--:|--:|',
    ...jobs,
    '',
    '## From one course to many',
    '',
    `\`isovox run --stages ${STAGES} --workers 2\` on phantoms of seven slices, tables and the cohort's page included. Memory is that of the`,
    'process that supervises, indexes and writes the tables; its workers are two or three, whatever the number of courses.',
    '',
    '| courses | s | ms of processor time for each | peak MiB |',
    '|--:|--:|--:|--:|',
    ...points.map(
      ({ courses, seconds, cpuMs, peakMb }) =>
        `| ${courses} | ${number(seconds)} | ${number(cpuMs / courses)} | ${number(peakMb, 0)} |`,
    ),
    '',
    '![Seconds and memory over the number of courses](executors.svg)',
    '',
  ].join('\n');
  process.stdout.write(text);
  if (given.write) {
    writeFileSync(join(import.meta.dirname, 'EXECUTORS.md'), text);
    writeFileSync(join(import.meta.dirname, 'executors.svg'), picture(points));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
