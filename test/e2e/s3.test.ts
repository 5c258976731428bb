/** Objects, volumes and cohorts in a real S3 server; counters against the server's own access log. */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchStorage, configurationLines } from '../../lib/cli/doctor/bench.js';
import { Cohort } from '../../lib/cohort/index.js';
import { configure, configureFromFile, getConfig, resetConfig } from '../../lib/config/resolve.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { readVolume, writeVolume } from '../../lib/native/formats.js';
import { deleteObjects, headObject, listObjects, readObject, s3Stats, writeObject } from '../../lib/native/objects.js';
import { collectStats } from '../../lib/native/stats.js';
import { describeStore, openStore, readRegion, storeStats } from '../../lib/native/store.js';
import { describeVolume, viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { setS3Credentials } from '../../lib/runtime/s3.js';
import type { Handle } from '../../lib/runtime/surface.js';
import { temporaryFolder } from '../fixtures/index.js';
import { makeBucket, type S3Server, s3ServerAbsent, startS3Server } from '../fixtures/s3-server.js';

const SIZE = [130, 100, 70] as const;
const valueAt = (i: number, seed: number): number => ((i * (seed + 7)) % 2003) - 1000;

function numbers(seed: number): Int16Array {
  return new Int16Array(SIZE[0] * SIZE[1] * SIZE[2]).map((_, i) => valueAt(i, seed));
}

function volumeOf(data: Int16Array): Promise<Handle<'Volume'>> {
  return makeVolume({ grid: { size: [...SIZE], spacing: [0.7, 0.8, 2], origin: [1, 2, 3] }, dtype: 'int16', data });
}

/** The server writes its lines after its replies. */
const logWritten = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

/** Of the voxels; comparing them one by one takes seconds. */
function digestOf(data: ArrayBufferView): string {
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (thrown: { code: string; context: { status?: string } }) =>
      thrown.context.status === undefined ? thrown.code : `${thrown.code} ${thrown.context.status}`,
  );
}

describe.skipIf(s3ServerAbsent !== undefined)('s3', () => {
  let server: S3Server;
  const folder = temporaryFolder();

  beforeAll(async () => {
    server = await startS3Server();
    configure({ s3: { endpoint: server.endpoint, retries: 2 } });
    setS3Credentials(server);
    await makeBucket('tests');
  });
  afterAll(async () => {
    setS3Credentials(undefined);
    resetConfig();
    await server.stop();
  });

  describe('objects', () => {
    it.each([
      'plain.txt',
      'with space + plus/(1)!*.txt',
      'ümlaut/日本.txt',
      'a=b&c%20d;~.txt',
    ])('%s goes in and comes out', async (key) => {
      const bytes = Buffer.from(`content of ${key}`);
      await writeObject(`s3://tests/keys/${key}`, bytes);
      expect(Buffer.from((await readObject(`s3://tests/keys/${key}`)).bytes)).toEqual(bytes);
      expect((await headObject(`s3://tests/keys/${key}`)).size).toBe(bytes.length);
      expect((await listObjects('s3://tests/keys/')).objects.map((object) => object.key)).toContain(`keys/${key}`);
      await deleteObjects([`s3://tests/keys/${key}`, 's3://tests/keys/never-there']);
      expect(await codeOf(headObject(`s3://tests/keys/${key}`))).toBe('ERR_NOT_FOUND 404');
    });

    it('writes only where nothing is, or only what was read', async () => {
      const uri = 's3://tests/conditional';
      const first = await writeObject(uri, Buffer.from('1'), { ifAbsent: true });
      expect(await codeOf(writeObject(uri, Buffer.from('2'), { ifAbsent: true }))).toBe('ERR_IO 412');
      const second = await writeObject(uri, Buffer.from('3'), { ifMatch: first });
      expect(second).not.toBe(first);
      expect(await codeOf(writeObject(uri, Buffer.from('4'), { ifMatch: first }))).toBe('ERR_IO 412');
      expect(Buffer.from((await readObject(uri)).bytes).toString()).toBe('3');
    });

    it('lists more than one page, and one level', async () => {
      const names = Array.from({ length: 1100 }, (_, i) => `list/${String(i % 5)}/${String(i).padStart(4, '0')}`);
      for (let at = 0; at < names.length; at += 100) {
        await Promise.all(names.slice(at, at + 100).map((name) => writeObject(`s3://tests/${name}`, Buffer.from('x'))));
      }
      expect((await listObjects('s3://tests/list/')).objects.map(({ key }) => key)).toEqual(names.sort());
      const level = await listObjects('s3://tests/list/', { delimiter: '/' });
      expect(level).toEqual({ objects: [], prefixes: ['list/0/', 'list/1/', 'list/2/', 'list/3/', 'list/4/'] });
    });

    it('errors name what was asked for, the status and what to do, and no secret', async () => {
      await expect(readObject('s3://tests/absent')).rejects.toMatchObject({
        code: 'ERR_NOT_FOUND',
        message: 'There is no object s3://tests/absent',
        context: { path: 's3://tests/absent', status: '404', reason: 'NoSuchKey' },
      });
      await expect(readObject('s3://no-such-bucket/x')).rejects.toThrow('There is no bucket no-such-bucket at http');
      for (const uri of ['s3://', 's3://ab', 's3://1@tests/plain.txt', 's3://me:pw@tests/x']) {
        expect(await codeOf(readObject(uri))).toBe('ERR_INVALID_ARGUMENT');
      }
      setS3Credentials({ accessKeyId: server.accessKeyId, secretAccessKey: 'not-the-secret' });
      const refused = await readObject('s3://tests/absent').catch((thrown: Error) => thrown);
      setS3Credentials(server);
      expect(refused).toMatchObject({ code: 'ERR_IO', context: { status: '403', reason: 'SignatureDoesNotMatch' } });
      const shown = `${(refused as Error).stack}${JSON.stringify(refused)}`;
      expect(shown).toContain('Check the secret key');
      expect(shown).not.toContain('not-the-secret');
    });

    it('reads public buckets without credentials only where they are allowed', async () => {
      setS3Credentials(undefined);
      const environment = { ...process.env };
      Object.assign(process.env, { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' });
      const code = await codeOf(readObject('s3://tests/plain.txt'));
      process.env = environment;
      setS3Credentials(server);
      expect(code).toBe('ERR_IO 403');
    });
  });

  describe('volumes', () => {
    it.each(['x.nii', 'x.nii.gz', 'x.nrrd', 'x.mha', 'x.npy', 'x.zarr'])('%s is written and read', async (name) => {
      const data = numbers(1);
      const path = `s3://tests/volumes/${name}`;
      await writeVolume({ volume: await volumeOf(data), path });
      const { volume } = await readVolume({ path });
      expect(describeVolume(volume).grid.size).toEqual([...SIZE]);
      expect(digestOf(viewVolume(volume))).toBe(digestOf(data));
    });

    it('large objects go in parts, and what is stopped leaves none', async () => {
      const config = getConfig();
      const context = new Context({ ...config, s3: { ...config.s3, multipartPartSizeMb: 5 } });
      const data = new Int16Array(256 * 256 * 100).map((_, i) => (i * 2_654_435_761) >> 16);
      const volume = await makeVolume({
        grid: { size: [256, 256, 100], spacing: [1, 1, 1], origin: [0, 0, 0] },
        dtype: 'int16',
        data,
      });
      await writeVolume({ volume, path: 's3://tests/parts/a.nii' }, { context });
      const log = server.accessLog().filter(({ target }) => target.includes('parts/a.nii'));
      expect(log.filter(({ target }) => target.includes('partNumber=')).length).toBe(3);
      expect((await headObject('s3://tests/parts/a.nii')).etag).toMatch(/-3"$/);
      expect(digestOf(viewVolume((await readVolume({ path: 's3://tests/parts/a.nii' })).volume))).toBe(digestOf(data));
      const controller = new AbortController();
      const stopped = writeVolume({ volume, path: 's3://tests/parts/b.nii' }, { context, signal: controller.signal });
      setTimeout(() => controller.abort(), 15);
      expect(['ERR_CANCELLED', 'none']).toContain(await codeOf(stopped));
      await logWritten();
      const uploads = server.accessLog().filter(({ target }) => target.includes('parts/b.nii'));
      const begun = uploads.filter(({ target }) => /\?uploads/.test(target)).length;
      const ended = uploads.filter(({ method, target }) => method !== 'PUT' && target.includes('uploadId=')).length;
      expect(ended).toBe(begun);
    });

    it('a replaced store is whole, and nothing of the old one stays', async () => {
      const path = 's3://tests/replaced/x.zarr';
      for (const seed of [2, 3, 4]) {
        await writeVolume({ volume: await volumeOf(numbers(seed)), path });
        expect(digestOf(viewVolume((await readVolume({ path })).volume))).toBe(digestOf(numbers(seed)));
        expect((await listObjects(`${path}/`)).objects.length).toBe(3);
      }
    });

    it.each([
      [true, 'shards'],
      [false, 'chunk by chunk'],
    ])('boxes of a store, sharding %s, and a second read from the cache', async (sharding) => {
      const data = numbers(5);
      const path = `s3://tests/boxes/${sharding}.zarr`;
      await writeVolume({ volume: await volumeOf(data), path, chunks: [32, 32, 32], sharding });
      const store = await openStore({ path });
      expect(describeStore(store)).toMatchObject({
        sharded: sharding,
        chunkShape: [32, 32, 32],
        codecs: ['blosc', 'crc32c'],
      });
      const ranges = { x: [10, 95], y: [33, 64], z: [5, 66] } as const;
      const read = async (): Promise<Int16Array> => {
        const box = { x: [...ranges.x], y: [...ranges.y], z: [...ranges.z] } as Record<string, [number, number]>;
        return viewVolume(await readRegion({ store, ...box })) as Int16Array;
      };
      const expected: number[] = [];
      for (let z = 5; z < 66; z++) {
        for (let y = 33; y < 64; y++) {
          for (let x = 10; x < 95; x++) expected.push(data[x + SIZE[0] * (y + SIZE[1] * z)] as number);
        }
      }
      expect(digestOf(await read())).toBe(digestOf(Int16Array.from(expected)));
      const [before, cached] = [s3Stats().requests, storeStats().cacheHits];
      expect(digestOf(await read())).toBe(digestOf(Int16Array.from(expected)));
      expect(s3Stats().requests).toBe(before);
      // 3 chunks along x, 1 along y, 3 along z; of a shard its index too.
      expect(storeStats().cacheHits - cached).toBe(9);
    });

    it('statistics are of what happened', async () => {
      const path = 's3://tests/statistics/x.zarr';
      await writeVolume({ volume: await volumeOf(numbers(9)), path, chunks: [32, 32, 32], sharding: false });
      const store = await openStore({ path });
      const context = new Context(getConfig());
      const read = (): Promise<unknown> => readRegion({ store, x: [1, 127] }, { context });
      const { stats } = await collectStats(context, read);
      // 4 x 4 x 3 of the chunks, those at both ends of x partly wanted and so cached.
      expect(stats.s3).toMatchObject({ requests: 48, reads: 48, retries: 0, failures: 0 });
      expect(stats.s3.parallelisationRate).toBeGreaterThan(0.5);
      expect(stats.cache).toMatchObject({ hits: 0, misses: 24, hitRate: 0 });
      expect(stats.decoded).toEqual({ chunks: 48, bytes: 48 * 32 ** 3 * 2 });
      expect(stats.memory?.peakBytes).toBe(126 * 100 * 70 * 2);
      const again = (await collectStats(context, read)).stats;
      expect(again.s3.requests).toBe(24);
      expect(again.cache).toMatchObject({ hits: 24, misses: 0, hitRate: 1 });
    });

    it('two readers of one chunk cause one request', async () => {
      const path = 's3://tests/shared/x.zarr';
      await writeVolume({ volume: await volumeOf(numbers(6)), path, sharding: false });
      const store = await openStore({ path });
      const before = s3Stats().requests;
      const reads = Array.from({ length: 8 }, () => readRegion({ store, x: [3, 9], y: [3, 9], z: [3, 9] }));
      const [first, ...others] = await Promise.all(reads);
      for (const other of others) expect(viewVolume(other)).toEqual(viewVolume(first as Handle<'Volume'>));
      expect(s3Stats().requests - before).toBe(1);
    });
  });

  it('counters equal the access log of the server', async () => {
    const path = 's3://tests/counted/x.zarr';
    const counted = async (work: () => Promise<unknown>) => {
      const [before, logged] = [s3Stats(), server.accessLog().length];
      await work();
      await logWritten();
      const [after, log] = [s3Stats(), server.accessLog().slice(logged)];
      const grown = (key: keyof typeof after): number => after[key] - before[key];
      expect(grown('requests')).toBe(log.length);
      return { grown, log, good: log.filter(({ status }) => status < 300) };
    };
    const volume = await volumeOf(numbers(8));
    const write = await counted(() => writeVolume({ volume, path, chunks: [32, 32, 32] }));
    const puts = write.good.filter(({ method }) => method === 'PUT');
    expect(write.grown('writes')).toBe(puts.length);
    expect(write.grown('writtenBytes')).toBe(puts.reduce((sum, { bytes }) => sum + bytes, 0));
    const read = await counted(async () => {
      await readVolume({ path });
      await readObject('s3://tests/counted/absent').catch(() => undefined);
    });
    const gets = read.good.filter(({ method }) => method === 'GET');
    expect(read.grown('reads')).toBe(read.good.length);
    expect(read.grown('readBytes')).toBe(gets.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(read.grown('failures')).toBe(read.log.filter(({ status }) => status === 404).length);
    // 5 x 4 x 3 chunks of the one shard in a single range.
    expect(read.grown('coalescedRanges')).toBe(59);
    expect(s3Stats().meanLatencyMs).toBeGreaterThan(0);
    expect(s3Stats().p99LatencyMs).toBeGreaterThan(0);
  });

  it('doctor measures the store, recommends what configure takes, and leaves nothing', async () => {
    const result = await benchStorage('s3://tests/doctor', { layers: 1 });
    expect(result.measured.map(({ concurrency }) => concurrency)).toEqual([1, 4, 8, 16, 32, 64]);
    for (const { readMbPerS, readsPerS } of result.measured) expect(Math.min(readMbPerS, readsPerS)).toBeGreaterThan(0);
    expect((await listObjects('s3://tests/doctor')).objects).toEqual([]);
    const file = join(folder, 'recommended.yaml');
    writeFileSync(file, configurationLines(result.recommended).join('\n'));
    configureFromFile(file);
    expect(getConfig().s3.maxParallelOps).toBe(result.recommended['s3.maxParallelOps']);
  });

  describe('cohorts', () => {
    const images = { ct: join(folder, 'images/*_ct.nii.gz') };

    beforeAll(async () => {
      mkdirSync(join(folder, 'images'));
      for (let s = 1; s <= 3; s++) {
        const path = join(folder, `images/sub-0${s}_ct.nii.gz`);
        await writeVolume({ volume: await volumeOf(numbers(10 + s)), path });
      }
    });

    it('are ingested, opened, read, added to and validated', async () => {
      const uri = 's3://tests/cohorts/a';
      const cohort = await Cohort.fromImages(uri, images, { subjects: [{ subject_id: 'sub-02', age: 50 }] });
      expect(cohort.collection('ct').obsIds).toEqual(['sub-01_ct', 'sub-02_ct', 'sub-03_ct']);
      const opened = await Cohort.open(`${uri}/`);
      const second = opened.collection('ct').filter('age == 50').iloc(0);
      expect(second.path).toBe(`${uri}/collections/ct/sub-02_ct`);
      const slice = await second.axial(7);
      expect(slice.data[3 + SIZE[0] * 5]).toBe(valueAt(3 + SIZE[0] * (5 + SIZE[1] * 7), 12));
      expect(await opened.validate()).toEqual([]);
      const keys = (await listObjects(`${uri}/`)).objects.map(({ key }) => key.replace('cohorts/a/', ''));
      expect(keys.filter((key) => !key.startsWith('collections/'))).toEqual([
        'index.json',
        'tables/subjects.parquet',
        'tables/volumes.parquet',
        'zarr.json',
      ]);
      expect(await opened.append(images)).toMatchObject({ added: 0, kept: 3, failed: [] });
      await deleteObjects([`${uri}/collections/ct/sub-01_ct/0/zarr.json`]);
      expect((await opened.validate()).map(({ code }) => code)).toEqual(['store.unreadable']);
      await expect(Cohort.open('s3://tests/cohorts/none')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    });

    it('take images from a store', async () => {
      for (const name of ['sub-01_ct.nii.gz', 'sub-02_ct.nii.gz']) {
        await writeObject(`s3://tests/images/${name}`, readFileSync(join(folder, 'images', name)));
      }
      for (const source of ['s3://tests/images/*_ct.nii.gz', 's3://tests/images']) {
        const cohort = await Cohort.fromImages(`s3://tests/cohorts/${source.length}`, { ct: source });
        expect(cohort.subjectIds).toEqual(['sub-01', 'sub-02']);
        expect((await cohort.append({ ct: source })).kept).toBe(2);
        const { data } = await cohort.collection('ct').iloc(1).read();
        expect(digestOf(data)).toBe(digestOf(numbers(12)));
      }
    });

    it('one writer at a time; the lease of a process that is gone is taken over', async () => {
      const uri = 's3://tests/cohorts/b';
      await Cohort.create(uri);
      const lease = { owner: 'x', host: 'another-machine', pid: 1, until: Date.now() + 60_000 };
      await writeObject(`${uri}/.lock`, Buffer.from(JSON.stringify(lease)));
      await expect(Cohort.fromImages(uri, images)).rejects.toThrow('Another process writes here');
      await writeObject(`${uri}/.lock`, Buffer.from(JSON.stringify({ ...lease, until: Date.now() - 1 })));
      expect((await Cohort.fromImages(uri, images)).length).toBe(3);
      expect(await codeOf(headObject(`${uri}/.lock`))).toBe('ERR_NOT_FOUND 404');
      // Two that begin at the same moment: one writes, the other is told.
      const racers = await Promise.allSettled([1, 2, 3, 4].map(() => Cohort.create('s3://tests/cohorts/c')));
      expect(racers.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    });
  });
});
