/** 200 courses of three stages through queues, 60 kills of workers and 3 of the server: what is lost, what ran twice. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { overlaps, readTaken, readTrace } from '../fixtures/course-trace.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';
import { RedisServer, redisInstalled } from '../fixtures/redis-server.js';

const COURSES = 200;
/** Each takes jobs of one class, one at a time: a kill interrupts one execution at most. */
const MORTAL = ['cpu', 'io', 'cpu', 'io'] as const;
const WORKER_KILLS = 60;
const SERVER_KILLS = 3;
const STAGES = 'organize,dvh,qc';
/** From a kill to the moment when another worker has the course. */
const RECOVERY_MS = 45_000;

const main = join(packageRoot, 'dist/cli/main.js');
const folder = temporaryFolder();
const root = join(folder, 'in');
const undisturbed = join(folder, 'undisturbed');
const trace = join(folder, 'trace');

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Processes that are in the middle of a course, by what they said. */
function openRuns(): number[] {
  if (!existsSync(trace)) return [];
  const open = new Map<string, number>();
  for (const line of readFileSync(trace, 'utf8').trim().split('\n')) {
    const [, pid, event, ...what] = line.split(' ');
    if (event === 'start') open.set(`${pid} ${what.join(' ')}`, Number(pid));
    else open.delete(`${pid} ${what.join(' ')}`);
  }
  return [...open.values()];
}

function childrenOf({ pid }: ChildProcess): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  return existsSync(list) ? readFileSync(list, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
}

function isovox(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'inherit', 'ignore'],
    env: { ...process.env, ...env },
  });
  return { child, ended: new Promise((resolve) => child.on('close', resolve)) };
}

describe.skipIf(!redisInstalled)('queues under fire', () => {
  let redis: RedisServer;
  const workers: ChildProcess[] = [];

  beforeAll(async () => {
    for (let n = 0; n < COURSES; n++) {
      const patientId = `P${String(n).padStart(3, '0')}`;
      await writePhantom(join(root, patientId), { patientId, sliceMm: 10, doseMm: 10 });
    }
    mkdirSync(join(folder, 'redis'));
    redis = await RedisServer.start(join(folder, 'redis'));
    const args = ['run', '--dicom-root', root, '--outdir', undisturbed, '--stages', STAGES, '--quiet'];
    expect(await isovox(args).ended).toBe(0);
  });

  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await redis?.kill();
  });

  it('nothing is lost, nothing overlaps, one more execution per kill at most', async () => {
    const outdir = join(folder, 'killed');
    const killed = new Map<number, number>();
    const traced = { ISOVOX_TEST_TRACE: trace };
    const start = (classes: string): ChildProcess => {
      const flags = ['--name', 'fire', '--class', classes, '--workers', '1', '--quiet'];
      const { child } = isovox(['worker', '--queue', redis.url, ...flags], traced);
      workers.push(child);
      return child;
    };
    start('io,cpu,gpu'); // this one lives, and looks for what the others lost
    const mortal = MORTAL.map(start);
    const submit = isovox([
      ...['submit', '--queue', redis.url, '--name', 'fire', '--wait', '--stages', STAGES],
      ...['--dicom-root', root, '--outdir', outdir],
    ]);
    let over = false;
    submit.ended.then(() => {
      over = true;
    });
    let [workerKills, serverKills] = [0, 0];
    while (!over && workerKills < WORKER_KILLS) {
      await pause(10);
      // A worker in the middle of a course.
      const busy = new Set(openRuns());
      const at = mortal.findIndex((worker) => childrenOf(worker).some((pid) => busy.has(pid)));
      const worker = mortal[at];
      if (!worker) continue;
      for (const pid of childrenOf(worker)) killed.set(pid, Date.now());
      worker.kill('SIGKILL');
      workerKills++;
      mortal[at] = start(MORTAL[at] ?? 'cpu');
      if (workerKills % (WORKER_KILLS / SERVER_KILLS) === 5) {
        await redis.kill();
        serverKills++;
        await pause(500);
        await redis.restart();
      }
    }
    expect(await submit.ended).toBe(0);
    const runs = readTrace(trace, killed);
    const times = new Map<string, number>();
    for (const { course, stages } of runs)
      times.set(`${course} ${stages}`, (times.get(`${course} ${stages}`) ?? 0) + 1);
    const again = [...times.values()].reduce((sum, n) => sum + n - 1, 0);
    // Whoever is given the part next may be killed before it begins: that is another kill's recovery.
    const taken = readTaken(trace);
    const recoveries = runs
      .filter(({ whole }) => !whole)
      .map(({ course, stages, end }) => {
        const next = taken.find((one) => one.course === course && one.stages === stages && one.time >= end);
        return (next?.time ?? Number.POSITIVE_INFINITY) - end;
      });
    process.stdout.write(
      `${COURSES} courses, ${workerKills} workers and ${serverKills} servers killed: ${again} executions more, ` +
        `${recoveries.length} interrupted, longest recovery ${(Math.max(0, ...recoveries) / 1000).toFixed(1)} s\n`,
    );
    expect(overlaps(runs)).toEqual([]);
    expect(again).toBeLessThanOrEqual(workerKills + serverKills);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
    expect(workerKills).toBe(WORKER_KILLS);
    expect(serverKills).toBe(SERVER_KILLS);
    for (const ms of recoveries) expect(ms).toBeLessThanOrEqual(RECOVERY_MS);
  });
});
