/** The main job with its input and its results in a real S3 server, from one machine and from several. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { configure, resetConfig } from '../../lib/config/resolve.js';
import { listObjects, readObject, writeObject } from '../../lib/native/objects.js';
import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { setS3Credentials } from '../../lib/runtime/s3.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';
import { makeBucket, type S3Server, s3ServerAbsent, startS3Server } from '../fixtures/s3-server.js';

const main = join(packageRoot, 'dist/cli/main.js');

describe.skipIf(s3ServerAbsent !== undefined)('a run into an object store', () => {
  const folder = temporaryFolder();
  const root = join(folder, 'in');
  const local = join(folder, 'local');
  let server: S3Server;
  let expected: Record<string, string>;

  /** `machine` has a mirror of its own. */
  function isovox(
    machine: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number | null; out: string }> {
    const child = spawn(process.execPath, [main, ...args], {
      env: {
        ...process.env,
        ISOVOX_S3_ENDPOINT: server.endpoint,
        ISOVOX_S3_MIRRORS: join(folder, machine),
        AWS_ACCESS_KEY_ID: server.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
        ...env,
      },
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        out += String(text);
      });
    }
    return new Promise((resolve) => child.on('exit', (code) => resolve({ code, out })));
  }

  const settings = join(folder, 'settings.yaml');
  const input = ['--dicom-root', root, '--config', settings];
  const run = (machine: string, outdir: string, env?: NodeJS.ProcessEnv) =>
    isovox(machine, ['run', ...input, '--outdir', outdir, '--quiet', '--json'], env);

  /** SHA-256 of every object below an address, by its name. */
  async function objects(uri: string): Promise<Record<string, string>> {
    const { objects } = await listObjects(`${uri}/`);
    const digests = await Promise.all(
      objects.map(async ({ key }) => {
        const whole = `${uri.split('/').slice(0, 3).join('/')}/${key}`;
        const { bytes } = await readObject(whole);
        const name = whole.slice(uri.length + 1);
        return [name, createHash('sha256').update(bytes).digest('hex')] as const;
      }),
    );
    return Object.fromEntries(digests.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Adds a copy, a torso and a text: what takes no part is in the tables too, with its reason. */
  function spoil(folder: string): void {
    const [first] = readdirSync(folder).filter((name) => name.endsWith('.dcm'));
    for (const name of ['copy.dcm', 'torso.dcm']) copyFileSync(join(folder, first as string), join(folder, name));
    truncateSync(join(folder, 'torso.dcm'), 5000);
    writeFileSync(join(folder, 'notes.txt'), 'not a DICOM file');
  }

  /** The plan names the root and the files below it; everything else says where they lie below the root. */
  const withoutPlan = (digests: Record<string, string>) =>
    Object.fromEntries(Object.entries(digests).filter(([name]) => !/^\.isovox\/(plan\.json|courses\/)/.test(name)));

  beforeAll(async () => {
    server = await startS3Server();
    configure({ s3: { endpoint: server.endpoint, retries: 2 } });
    setS3Credentials(server);
    await makeBucket('results');
    writeFileSync(settings, 'organize: { copyImages: false }\nradiomics: { enabled: false }\n');
    await writePhantom(root, { patientId: 'ONE', sliceMm: 10, doseMm: 10 });
    await writePhantom(join(root, 'two'), { patientId: 'TWO', sliceMm: 10, doseMm: 10 });
    spoil(root);
    const undisturbed = await run('none', local);
    expect(undisturbed.code, undisturbed.out).toBe(0);
    expected = treeDigest(local);
  });

  afterAll(async () => {
    resetConfig();
    setS3Credentials(undefined);
    await server.stop();
  });

  it('has the bytes of one on disk, and another machine has nothing to do', async () => {
    const uri = 's3://results/plain';
    const first = await run('a', uri);
    expect(first.code, first.out).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({ results: `${uri}/_RESULTS`, report: `${uri}/_RESULTS/report.html` });
    expect(await objects(uri)).toEqual(expected);
    const before = server.accessLog().length;
    const second = await run('b', uri);
    await new Promise((resolve) => setTimeout(resolve, 300)); // the server writes its lines after its replies
    const fetched = server
      .accessLog()
      .slice(before)
      .filter(({ method, target }) => method === 'GET' && /\.(gz|dcm|html)/.test(target));
    expect(fetched).toEqual([]);
    expect(second.code, second.out).toBe(0);
    for (const course of JSON.parse(second.out).courses) {
      expect(course.stages).toMatchObject({ organize: 'reused', dvh: 'reused', qc: 'reused' });
    }
    expect(await objects(uri)).toEqual(expected);
  });

  it('one machine dies in the middle of a stage, another goes on', async () => {
    const uri = 's3://results/killed';
    for (const point of ['organize:moved', 'dvh:unmarked']) {
      const killed = await isovox('c', ['run', ...input, '--outdir', uri, '--quiet', '--isolation', 'none'], {
        ISOVOX_TEST_KILL: point,
      });
      expect(killed.code, killed.out).toBe(null);
    }
    const other = await run('d', uri);
    expect(other.code, other.out).toBe(0);
    expect(await objects(uri)).toEqual(expected);
    const back = await run('c', uri);
    expect(back.code, back.out).toBe(0);
    expect(await objects(uri)).toEqual(expected);
  });

  it('machines share a plan: a course that another has is busy, one whose holder is gone is not', async () => {
    const uri = 's3://results/shared';
    const planned = await isovox('e', ['plan', ...input, '--outdir', uri, '--json']);
    expect(planned.code, planned.out).toBe(0);
    const course = (machine: string, name: string) =>
      isovox(machine, ['course', 'run', name, '--outdir', uri, '--quiet']);
    const lease = { owner: 'x', host: 'another-machine', pid: 1, until: Date.now() + 60_000 };
    const at = `${uri}/.isovox/leases/ONE/2024-01`;
    await writeObject(at, Buffer.from(JSON.stringify(lease)));
    const busy = await course('f', 'ONE/2024-01');
    expect(busy.code, busy.out).toBe(75);
    expect(busy.out).toContain('another-machine');
    const status = await isovox('f', ['status', uri]);
    expect(status.out).toMatch(/process 1 on another-machine has it/);
    await writeObject(at, Buffer.from(JSON.stringify({ ...lease, until: Date.now() - 1 })));
    const [one, two] = await Promise.all([course('f', 'ONE/2024-01'), course('g', 'TWO/2024-01')]);
    expect([one.code, two.code], one.out + two.out).toEqual([0, 0]);
    const tables = await isovox('e', ['aggregate', '--outdir', uri]);
    expect(tables.code, tables.out).toBe(0);
    expect(tables.out).toContain(`${uri}/_RESULTS`);
    expect(await objects(uri)).toEqual(expected);
  });

  it('results that somebody changed in the store are found out', async () => {
    const uri = 's3://results/changed';
    expect((await run('h', uri)).code).toBe(0);
    const metadata = `${uri}/ONE/2024-01/dvh_metrics.json`;
    const { bytes } = await readObject(metadata);
    await writeObject(metadata, new Uint8Array(bytes.length));
    rmSync(join(folder, 'h'), { recursive: true });
    const found = await isovox('h', ['aggregate', '--outdir', uri]);
    expect(found.code, found.out).toBe(65);
    expect(found.out).toContain('dvh_metrics.json is not what its stage wrote');
  });

  describe('input in the store', () => {
    const prefix = 's3://input/study';
    const runFrom = (from: string, outdir: string, more: readonly string[] = [], env?: NodeJS.ProcessEnv) =>
      isovox('k', ['run', '--dicom-root', from, '--config', settings, '--outdir', outdir, '--quiet', ...more], env);

    beforeAll(async () => {
      await makeBucket('input');
      await writeObject(`${prefix}/`, new Uint8Array(0)); // what consoles leave to show an empty folder
      for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        await writeObject(`${prefix}/${path.slice(root.length + 1)}`, readFileSync(path));
      }
    }, 60_000);

    it('gives the bytes of a folder', async () => {
      const out = join(folder, 'from-store');
      const before = server.accessLog().length;
      const first = await runFrom(`${prefix}/`, out);
      expect(first.code, first.out).toBe(0);
      expect(withoutPlan(treeDigest(out))).toEqual(withoutPlan(expected));
      const failures = readFileSync(join(out, '_RESULTS/failures.csv'), 'utf8');
      expect(failures).toMatch(/,torso\.dcm,/);
      expect(failures).not.toContain('s3:');
      await new Promise((resolve) => setTimeout(resolve, 300)); // the server writes its lines after its replies
      const asked = server.accessLog().slice(before);
      expect([...new Set(asked.map(({ method }) => method))].sort()).toEqual(['GET', 'HEAD']);
      const times = new Map<string, number>();
      for (const { target } of asked) times.set(target, (times.get(target) ?? 0) + 1);
      expect(Math.max(...times.values())).toBeLessThanOrEqual(12); // not one for each plane of a dose
      const second = await runFrom(prefix, out, ['--json']);
      for (const course of JSON.parse(second.out).courses) expect(course.stages.organize, second.out).toBe('reused');
    });

    it('and output below it, where no run finds the objects of the one before', async () => {
      const out = `${prefix}/out`;
      const ran = await runFrom(prefix, out, ['--json']);
      expect(ran.code, ran.out).toBe(0);
      expect(withoutPlan(await objects(out))).toEqual(withoutPlan(expected));
      const again = await runFrom(prefix, out, ['--dry-run']);
      expect(again.out).toContain(`2 courses, ${JSON.parse(ran.out).refused} files refused`);
      const inside = await runFrom(`${prefix}/out/ONE`, out);
      expect([inside.code, inside.out]).toEqual([2, expect.stringContaining('it holds the root')]);
    });

    it.each([
      ['s3://absent-bucket/x', {}, 3, /There is no bucket absent-bucket at http:/],
      ['s3://input/nothing', {}, 3, /There is no object below s3:\/\/input\/nothing\//],
      [
        prefix,
        { AWS_ACCESS_KEY_ID: '', HOME: folder },
        1,
        /No credentials were found in the environment, the AWS files/,
      ],
      [prefix, { AWS_SECRET_ACCESS_KEY: 'wrong' }, 1, /Check the secret key/],
    ])('%s with %o ends with %i and says why', async (from, env, code, why) => {
      const failed = await runFrom(from, join(folder, 'never'), [], env);
      expect([failed.code, failed.out]).toEqual([code, expect.stringMatching(why)]);
    });

    it('pseudonyms need links to files', async () => {
      const refused = await runFrom(prefix, join(folder, 'hidden'), ['--pseudonymise']);
      expect([refused.code, refused.out]).toEqual([65, expect.stringContaining('Expected a folder for --dicom-root')]);
    });
  });

  it('a store that does not answer is an error that names it', async () => {
    const failed = await run('i', 's3://nowhere/out', { ISOVOX_S3_RETRIES: '0' });
    expect(failed.code).not.toBe(0);
    expect(failed.out).toContain('s3://nowhere/out');
  });
});
