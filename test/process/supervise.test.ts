/** Workers that crash, hang, run out of memory or lose their supervisor: the run ends with the bytes of an undisturbed one. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';

const main = join(packageRoot, 'dist/cli/main.js');
const folder = temporaryFolder();
const root = join(folder, 'in');
const undisturbed = join(folder, 'undisturbed');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

function start(
  outdir: string,
  flags: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  command: readonly string[] = [process.execPath],
): { child: ChildProcess; ended: Promise<Ended>; stderr: () => string } {
  const args = [main, 'run', '--dicom-root', root, '--outdir', outdir, '--workers', '2', ...flags];
  const [program = '', ...before] = command;
  const child = spawn(program, [...before, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stderr })));
  return { child, ended, stderr: () => stderr };
}

const run = (...args: Parameters<typeof start>): Promise<Ended> => start(...args).ended;

/** Once `condition` holds; the test's own time limit ends a wait in vain. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

beforeAll(async () => {
  await writePhantom(join(root, 'one'), { patientId: 'ONE', sliceMm: 3, doseMm: 4 });
  await writePhantom(join(root, 'two'), { patientId: 'TWO', sliceMm: 3, doseMm: 4 });
  expect((await run(undisturbed, ['--isolation', 'none'])).code).toBe(0);
});

describe('supervised workers', () => {
  it.each(['dvh:written', 'qc:moved'])('one that is killed at %s costs its course an attempt', async (point) => {
    const outdir = join(folder, point.replace(':', '-'));
    const once = join(folder, `once-${point.replace(':', '-')}`);
    const { code, stderr } = await run(outdir, [], { ISOVOX_TEST_KILL: point, ISOVOX_TEST_ONCE: once });
    expect(existsSync(once)).toBe(true);
    expect(stderr).toContain('a worker was killed');
    expect(stderr).toContain('trying again');
    expect(code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });

  it('a stage that kills every worker is given up; all else is done, and a run without the trouble mends it', async () => {
    const outdir = join(folder, 'given-up');
    const { code } = await run(outdir, [], { ISOVOX_TEST_KILL: 'dvh:written' });
    expect(code).toBe(4);
    const failures = parseCsv(join(outdir, '_RESULTS/failures.csv')).filter((row) => row.stage === 'dvh');
    expect(failures.map(({ patient_id, code }) => [patient_id, code])).toEqual([
      ['ONE', 'ERR_RESOURCE'],
      ['TWO', 'ERR_RESOURCE'],
    ]);
    expect(parseCsv(join(outdir, '_RESULTS/radiomics_ct.csv')).length).toBeGreaterThan(0);
    expect(parseCsv(join(outdir, '_RESULTS/qc_reports.csv'))).toHaveLength(2);
    expect((await run(outdir)).code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });

  it('one that hangs is killed at its time-out', async () => {
    const outdir = join(folder, 'hung');
    const once = join(folder, 'once-hung');
    const env = { ISOVOX_TEST_HANG: 'dvh:written', ISOVOX_TEST_ONCE: once };
    const { code, stderr } = await run(outdir, ['--stage-timeout', '20'], env);
    expect(stderr).toMatch(/It took longer than 20 s in stage dvh/);
    expect(code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });

  it('they end with their supervisor, and another run goes on', async () => {
    const outdir = join(folder, 'orphaned');
    const env = { ISOVOX_TEST_HANG: 'dvh:written' };
    const { child, ended, stderr } = start(outdir, [], env);
    await until(() => childrenOf(child.pid ?? 0).length === 2 && stderr().includes('dvh'));
    const workers = childrenOf(child.pid ?? 0);
    child.kill('SIGKILL');
    await ended;
    await until(() => !workers.some(isRunning));
    expect(existsSync(join(outdir, '_RESULTS'))).toBe(false);
    // As when one is killed while it writes that it has the course.
    mkdirSync(join(outdir, '.isovox/leases/ONE'), { recursive: true });
    writeFileSync(join(outdir, '.isovox/leases/ONE/.2024-01.json.1-0.tmp'), '{');
    expect((await run(outdir)).code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });

  it('a second run in the same output folder is refused at once, and disturbs nothing', async () => {
    const outdir = join(folder, 'twice');
    const first = start(outdir);
    await until(() => first.stderr().includes('organize'));
    const second = await run(outdir);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/ERR_RESOURCE: Another run works in .*twice: wait for it/);
    expect((await first.ended).code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s parks the run; another goes on', async (signal) => {
    const outdir = join(folder, `parked-${signal}`);
    const { child, ended, stderr } = start(outdir);
    await until(() => stderr().includes('organize') || stderr().includes('dvh'));
    child.kill(signal);
    expect((await ended).code).toBe(130);
    expect((await run(outdir)).code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });
});

const group = `/sys/fs/cgroup/memory/isovox-test-${process.pid}`;
const limited = limitMemory(150);
afterAll(() => {
  if (limited) rmdirSync(group);
});

/** A control group (v1, as root) whose processes may take so many MiB together; false where none can be made. */
function limitMemory(mib: number): boolean {
  try {
    mkdirSync(group);
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(mib * 2 ** 20));
    return true;
  } catch {
    process.stderr.write('No memory control group can be made here: its test is skipped.\n');
    return false;
  }
}

describe.skipIf(!limited)('in a control group with too little memory', () => {
  it('the system kills workers, fewer run at a time, and all is done', async () => {
    const outdir = join(folder, 'limited');
    const enter = ['/bin/sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$0" "$@"`, process.execPath];
    // A budget that the group does not have: what is estimated too low must end well too.
    const { code, stderr } = await run(outdir, ['--memory', '8000', '--workers', '3'], {}, enter);
    expect(stderr).toMatch(/a worker was killed: courses at a time from now on: 1/);
    expect(code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  });
});

const disk = join(folder, 'disk');
const mounted = mountDisk(4);
afterAll(() => {
  if (mounted) execFileSync('umount', [disk]);
});

/** A file system of so many MiB (as root); false where none can be made. */
function mountDisk(mib: number): boolean {
  try {
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('No small file system can be mounted here: its test is skipped.\n');
    return false;
  }
}

it.skipIf(!mounted)(
  'a disk that fills is an error that says what is needed; with more room the run goes on',
  async () => {
    const outdir = join(disk, 'out');
    const { code, stderr } = await run(outdir);
    expect([1, 4]).toContain(code); // whether the tables still fitted
    expect(stderr).toMatch(
      /ERR_IO: The disk of .*out is full: \d+ MiB are free, its 2 courses take about \d+ MiB in all/,
    );
    execFileSync('mount', ['-o', 'remount,size=200m', disk]);
    expect((await run(outdir)).code).toBe(0);
    expect(treeDigest(outdir)).toEqual(treeDigest(undisturbed));
  },
);
