/**
 * An ingest that is killed at any moment leaves a valid cohort, and the next one ends with the same bytes: in a folder
 * and in an object store. ISOVOX_KILLS=50 kills as often.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cohort } from '../../lib/cohort/index.js';
import { configure, resetConfig } from '../../lib/config/resolve.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { deleteObjects, listObjects } from '../../lib/native/objects.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { setS3Credentials } from '../../lib/runtime/s3.js';
import { temporaryFolder, treeDigest } from '../fixtures/index.js';
import { makeBucket, type S3Server, s3ServerAbsent, startS3Server } from '../fixtures/s3-server.js';

const KILLS = Number(process.env.ISOVOX_KILLS ?? 8);
const folder = temporaryFolder();
const images = join(folder, 'images');

beforeAll(async () => {
  mkdirSync(images);
  for (let n = 0; n < 12; n++) {
    const data = new Int16Array(96 * 96 * 96).map((_, i) => (i * (n + 3)) % 2003);
    const volume = await makeVolume({
      grid: { size: [96, 96, 96], spacing: [1, 1, 1], origin: [0, 0, 0] },
      dtype: 'int16',
      data,
    });
    await writeVolume({ volume, path: join(images, `p${n}.nii.gz`), level: 1 });
  }
});

const SCRIPT = `
  const { Cohort } = await import(process.argv[1]);
  process.stdout.write('begun\\n');
  await Cohort.fromImages(process.argv[2], { ct: process.argv[3] });
  process.stdout.write('done\\n');
`;

/** From the first to the last line of the script: when there is something to kill. */
let workMs = 0;

function run(store: string, killAfterMs?: number, environment: Record<string, string> = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const library = join(packageRoot, 'lib/cohort/index.ts');
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', SCRIPT, library, store, join(images, '*.nii.gz')],
      {
        cwd: packageRoot,
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let [done, begun] = [false, performance.now()];
    child.stdout.on('data', (text: Buffer) => {
      if (String(text).includes('begun')) begun = performance.now();
      if (String(text).includes('begun') && killAfterMs !== undefined)
        setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      if (String(text).includes('done')) [done, workMs] = [true, performance.now() - begun];
    });
    child.on('close', () => resolve(done));
  });
}

it('a killed ingest is valid at every moment and ends with equal bytes', { timeout: 600_000 }, async () => {
  const whole = join(folder, 'whole');
  expect(await run(whole)).toBe(true);
  const duration = workMs;
  const expected = treeDigest(whole);
  const store = join(folder, 'killed');
  for (let kill = 0; kill < KILLS; kill++) {
    // Every third run begins anew, the others go on where the last was killed.
    if (kill % 3 === 0) rmSync(store, { recursive: true, force: true });
    await run(store, Math.random() * duration);
    if (!existsSync(join(store, 'index.json'))) continue;
    const cohort = await Cohort.open(store);
    expect((await cohort.validate()).filter(({ severity }) => severity === 'fail')).toEqual([]);
  }
  expect(await run(store)).toBe(true);
  expect(treeDigest(store)).toEqual(expected);
});

describe.skipIf(s3ServerAbsent !== undefined)('in an object store', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
    configure({ s3: { endpoint: server.endpoint } });
    setS3Credentials(server);
    await makeBucket('kills');
  }, 120_000);
  afterAll(async () => {
    setS3Credentials(undefined);
    resetConfig();
    await server.stop();
  });

  /** Keys and the checksums that the server made of their bytes. */
  async function digestOf(store: string): Promise<string[]> {
    const { objects } = await listObjects(`${store}/`);
    return objects.map(({ key, etag, size }) => `${key.split('/').slice(1).join('/')} ${etag} ${size}`).sort();
  }

  it('the same', { timeout: 1_200_000 }, async () => {
    const environment = {
      ISOVOX_S3_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    };
    expect(await run('s3://kills/whole', undefined, environment)).toBe(true);
    const duration = workMs;
    const expected = await digestOf('s3://kills/whole');
    expect(expected.length).toBeGreaterThan(12);
    const store = 's3://kills/killed';
    let [killed, seen] = [0, 0];
    for (let kill = 0; kill < Math.ceil(KILLS / 2); kill++) {
      if (kill % 3 === 0) {
        const { objects } = await listObjects(`${store}/`);
        if (objects.length > 0) await deleteObjects(objects.map(({ key }) => `s3://kills/${key}`));
      }
      if (!(await run(store, Math.random() * duration, environment))) killed++;
      const { objects } = await listObjects(`${store}/index.json`);
      if (objects.length === 0) continue;
      seen++;
      const cohort = await Cohort.open(store);
      expect((await cohort.validate()).filter(({ severity }) => severity === 'fail')).toEqual([]);
    }
    expect(await run(store, undefined, environment)).toBe(true);
    expect(await digestOf(store)).toEqual(expected);
    process.stderr.write(
      `${killed} ingests into the object store were killed; ${seen} times there was a cohort to open\n`,
    );
  });
});
