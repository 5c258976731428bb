/** Courses through queues on Redis: workers and the server are killed, and the results are those of one process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { WorkerMetrics } from '../../lib/distributed/metrics.js';
import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { overlaps, readTrace } from '../fixtures/course-trace.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';
import { RedisServer, redisInstalled } from '../fixtures/redis-server.js';

const main = join(packageRoot, 'dist/cli/main.js');
const folder = temporaryFolder();
const root = join(folder, 'in');
const undisturbed = join(folder, 'undisturbed');

function isovox(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      said += data.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, said: () => said };
}

describe.skipIf(!redisInstalled)('courses in queues', () => {
  let redis: RedisServer;
  const workers: ChildProcess[] = [];

  beforeAll(async () => {
    for (const id of ['ONE', 'TWO', 'THREE']) {
      await writePhantom(join(root, id), { patientId: id, sliceMm: 3, doseMm: 4 });
    }
    expect(await isovox(['run', '--dicom-root', root, '--outdir', undisturbed, '--quiet']).ended).toBe(0);
    mkdirSync(join(folder, 'redis'));
    redis = await RedisServer.start(join(folder, 'redis'));
  });

  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await redis?.kill();
  });

  const work = (name: string, env: NodeJS.ProcessEnv = {}): ChildProcess => {
    const args = ['worker', '--queue', redis.url, '--name', name, '--workers', '1'];
    const { child } = isovox(args, env);
    workers.push(child);
    return child;
  };

  it('a worker and the server are killed: nothing is lost, nothing overlaps, the bytes are those of one process', async () => {
    const outdir = join(folder, 'killed');
    const trace = join(folder, 'trace');
    const env = { ISOVOX_TEST_TRACE: trace };
    const first = work('killed', env);
    work('killed', env);
    const submit = isovox([
      ...['submit', '--queue', redis.url, '--name', 'killed', '--wait'],
      ...['--dicom-root', root, '--outdir', outdir],
    ]);
    const started = () => {
      try {
        return readFileSync(trace, 'utf8');
      } catch {
        return '';
      }
    };
    while (!started().includes('dvh')) await new Promise((done) => setTimeout(done, 20));
    const killed = new Map<number, number>();
    const children = readFileSync(`/proc/${first.pid}/task/${first.pid}/children`, 'utf8').trim().split(' ');
    first.kill('SIGKILL');
    for (const pid of children) killed.set(Number(pid), Date.now());
    await redis.kill();
    await redis.restart();
    expect(await submit.ended, submit.said()).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
    const runs = readTrace(trace, killed);
    expect(overlaps(runs)).toEqual([]);
    const twice = new Map<string, number>();
    for (const { course, stages } of runs) {
      twice.set(`${course} ${stages}`, (twice.get(`${course} ${stages}`) ?? 0) + 1);
    }
    expect([...twice.values()].reduce((sum, times) => sum + times - 1, 0)).toBeLessThanOrEqual(1);
  });

  it('a stage that fails is noted, the chain goes on, and the run says so', async () => {
    const outdir = join(folder, 'failing');
    work('failing', { ISOVOX_TEST_KILL: 'dvh:written' });
    const submit = isovox([
      ...['submit', '--queue', redis.url, '--name', 'failing', '--wait', '--course-filter', 'ONE'],
      ...['--dicom-root', root, '--outdir', outdir],
    ]);
    expect(await submit.ended, submit.said()).toBe(4);
    const failures = readFileSync(join(outdir, '_RESULTS/failures.csv'), 'utf8');
    expect(failures).toContain('ERR_RESOURCE');
    expect(readFileSync(join(outdir, 'ONE/2024-01/qc_reports/qc_report.json'), 'utf8')).toContain('ONE');
  });

  it('a server that does not answer is an error at once, and its password is not printed', async () => {
    const { ended, said } = isovox(['worker', '--queue', 'redis://:secret@127.0.0.1:1', '--name', 'nowhere']);
    expect(await ended).toBe(1);
    expect(said()).toMatch(/ERR_IO: No Redis server answers at redis:\/\/127\.0\.0\.1:1/);
    expect(said()).not.toContain('secret');
  });

  it('isovox doctor says what a queue server lacks', async () => {
    const { ended, said } = isovox(['doctor', '--outdir', folder, '--queue', redis.url]);
    await ended;
    expect(said()).toMatch(/ok\s+queue\s+Redis [\d.]+, append-only file/);
    const wrong = isovox(['doctor', '--outdir', folder, '--queue', 'redis://127.0.0.1:1']);
    expect(await wrong.ended).toBe(1);
    expect(wrong.said()).toMatch(/fail\s+queue/);
  });

  it('a worker that is asked to end parks its course and ends', async () => {
    const { child, ended, said } = isovox(['worker', '--queue', redis.url, '--name', 'ending']);
    while (!said().includes('working on')) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

it('metrics are served in the text format of Prometheus', async () => {
  const metrics = new WorkerMetrics();
  metrics.started('cpu')('done');
  metrics.used(1500);
  const server = await metrics.serve(0);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(text).toContain('isovox_jobs_total{class="cpu",verdict="done"} 1');
  expect(text).toContain('isovox_cpu_seconds_total 1.500');
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  await new Promise((done) => server.close(done));
});
