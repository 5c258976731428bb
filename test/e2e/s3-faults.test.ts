/** Harm done to requests on their way: right bytes or a coded error, and never a wait without an end. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { configure, getConfig, resetConfig } from '../../lib/config/resolve.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { readVolume, writeVolume } from '../../lib/native/formats.js';
import { headObject, listObjects, readObject, s3Stats, writeObject } from '../../lib/native/objects.js';
import { viewVolume } from '../../lib/native/volume.js';
import { Context } from '../../lib/runtime/context.js';
import { setS3Credentials } from '../../lib/runtime/s3.js';
import type { Handle } from '../../lib/runtime/surface.js';
import { type Fault, type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.js';
import { makeBucket, type S3Server, s3ServerAbsent, startS3Server } from '../fixtures/s3-server.js';

const FAULTS: readonly Fault[] = [
  'delay',
  'truncate',
  'reset',
  'unavailable',
  'slow-down',
  'stall-before-header',
  'stall-in-body',
  'flip-byte',
];
const FLIPS = Number(process.env.ISOVOX_FLIPS ?? 40);
const SIZE = [128, 128, 200] as const;
const CODED = ['ERR_IO', 'ERR_TIMEOUT', 'ERR_CORRUPT_DATA'];

const digestOf = (data: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

interface Operation {
  readonly matches: (seen: { method: string; url: string }) => boolean;
  /** Does it and gives a digest of what came of it; `fresh` is a name that was not used before. */
  readonly run: (fresh: string, context: Context) => Promise<string>;
  readonly expected: () => string;
  readonly place?: (body: Buffer) => number;
}

describe.skipIf(s3ServerAbsent !== undefined)('s3 through a proxy that harms', () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let direct: Context;
  let volume: Handle<'Volume'>;
  // Noise: nothing packs, so that ranges and parts are as long as they look.
  const data = new Int16Array(SIZE[0] * SIZE[1] * SIZE[2]).map(
    (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 13) & 0x7fff,
  );
  const bytes = Buffer.from(data.buffer);
  const store = 's3://tests/store.zarr';
  const names = Array.from({ length: 30 }, (_, i) => `list/${String(i).padStart(3, '0')}`);

  /** A client of its own for each case: a budget of retries that is spent is one thing, these faults are another. */
  let clients = 0;
  const harmedContext = (change: object = {}): Context => {
    const config = getConfig();
    const s3 = {
      ...config.s3,
      endpoint: proxy.endpoint,
      retries: 2,
      stallTimeoutMs: 400,
      attemptTimeoutMs: 5000,
      multipartPartSizeMb: 5,
      coalesceGapKb: 300 + clients++,
      ...change,
    };
    return new Context({ ...config, s3 });
  };

  beforeAll(async () => {
    server = await startS3Server();
    proxy = await startFaultProxy(server.endpoint);
    configure({ s3: { endpoint: server.endpoint }, read: { tileCacheSizeMb: 0 } });
    setS3Credentials(server);
    direct = new Context(getConfig());
    await makeBucket('tests');
    volume = await makeVolume({
      grid: { size: [...SIZE], spacing: [1, 1, 1], origin: [0, 0, 0] },
      dtype: 'int16',
      data,
    });
    await writeVolume({ volume, path: store });
    for (const name of names) await writeObject(`s3://tests/${name}`, Buffer.from(name));
  });
  afterAll(async () => {
    setS3Credentials(undefined);
    resetConfig();
    await proxy?.stop();
    await server?.stop();
  });

  const operations: Record<string, Operation> = {
    'range GET': {
      matches: ({ method, url }) => method === 'GET' && url.includes('/0/c/'),
      run: async (_, context) => digestOf(viewVolume((await readVolume({ path: store }, { context })).volume)),
      expected: () => digestOf(data),
    },
    PUT: {
      matches: ({ method }) => method === 'PUT',
      run: async (fresh, context) => {
        await writeObject(`s3://tests/put/${fresh}`, bytes.subarray(0, 100_000), { context });
        return digestOf((await readObject(`s3://tests/put/${fresh}`, { context: direct })).bytes);
      },
      expected: () => digestOf(bytes.subarray(0, 100_000)),
    },
    multipart: {
      matches: ({ method, url }) => method === 'PUT' && url.includes('partNumber=2'),
      run: async (fresh, context) => {
        await writeVolume({ volume, path: `s3://tests/parts/${fresh}.nii` }, { context });
        const read = await readVolume({ path: `s3://tests/parts/${fresh}.nii` }, { context: direct });
        return digestOf(viewVolume(read.volume));
      },
      expected: () => digestOf(data),
    },
    LIST: {
      matches: ({ method, url }) => method === 'GET' && url.includes('list-type=2'),
      run: async (_, context) =>
        String((await listObjects('s3://tests/list/', { context })).objects.map(({ key }) => key)),
      expected: () => String(names),
      // Of the markup: a changed letter of a key is what only TLS would notice.
      place: (body) => body.indexOf('<', body.length >> 1),
    },
  };
  const matrix = Object.keys(operations).flatMap((name) => FAULTS.map((fault) => [fault, name] as const));

  it.each(matrix)('%s at the first of %s: right bytes', { timeout: 300_000 }, async (fault, name) => {
    const { matches, run, expected, place } = operations[name] as Operation;
    proxy.rule = { fault, times: 1, matches, ...(place ? { place } : {}) };
    const before = s3Stats().retries;
    expect(await run(`once-${fault}`, harmedContext())).toBe(expected());
    expect(proxy.harmed).toBe(1);
    // More than one when the machine is so busy that the server itself stalls.
    if (fault !== 'delay') expect(s3Stats().retries - before).toBeGreaterThanOrEqual(1);
  });

  it.each(matrix)('%s at each %s: right bytes, or a coded error', { timeout: 300_000 }, async (fault, name) => {
    const { matches, run, expected, place } = operations[name] as Operation;
    proxy.rule = { fault, matches, ...(place ? { place } : {}) };
    const outcome = await run(`always-${fault}`, harmedContext()).catch((thrown: Error & { code: string }) => thrown);
    proxy.rule = undefined;
    if (fault === 'delay') {
      expect(outcome).toBe(expected());
      return;
    }
    expect(CODED).toContain((outcome as { code: string }).code);
    expect((outcome as Error).message).toMatch(/s3:\/\/tests|checksum|holds/);
    // A write whose replies are lost may have happened; one that was given up in the middle has not.
    if (name === 'multipart') {
      await expect(headObject(`s3://tests/parts/always-${fault}.nii`, { context: direct })).rejects.toMatchObject({
        code: 'ERR_NOT_FOUND',
      });
    }
  });

  it('every read with a changed byte is right', { timeout: 600_000 }, async () => {
    const small = await makeVolume({
      grid: { size: [32, 32, 32], spacing: [1, 1, 1], origin: [0, 0, 0] },
      dtype: 'int16',
      data: data.slice(0, 32 ** 3),
    });
    await writeVolume({ volume: small, path: 's3://tests/small.zarr' }, { context: direct });
    const context = harmedContext();
    let state = 1;
    const place = (body: Buffer): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % body.length;
    };
    for (let n = 0; n < FLIPS; n++) {
      proxy.rule = {
        fault: 'flip-byte',
        times: 1,
        place,
        matches: ({ method, url }) => method === 'GET' && url.includes('/0/c/'),
      };
      const read = await readVolume({ path: 's3://tests/small.zarr' }, { context });
      expect(digestOf(viewVolume(read.volume))).toBe(digestOf(data.slice(0, 32 ** 3)));
      expect(proxy.harmed).toBe(1);
    }
  });

  it('a conditional write whose reply was lost is known to be ours', async () => {
    proxy.rule = { fault: 'reset', times: 1, matches: ({ method }) => method === 'PUT' };
    const etag = await writeObject('s3://tests/ours', Buffer.from('x'), { context: harmedContext(), ifAbsent: true });
    expect(etag).toBe((await headObject('s3://tests/ours', { context: direct })).etag);
    const other = writeObject('s3://tests/ours', Buffer.from('y'), { context: harmedContext(), ifAbsent: true });
    await expect(other).rejects.toMatchObject({ code: 'ERR_IO', context: { status: '412' } });
  });

  it('a signal ends a wait for a store that says nothing', async () => {
    proxy.rule = { fault: 'stall-before-header', matches: () => true };
    const context = harmedContext({ stallTimeoutMs: 600_000, attemptTimeoutMs: 600_000 });
    for (const work of [
      (signal: AbortSignal) => readVolume({ path: store }, { context, signal }),
      (signal: AbortSignal) => writeVolume({ volume, path: 's3://tests/stopped.zarr' }, { context, signal }),
    ]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      await expect(work(controller.signal)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    }
  });

  it('an object that changes while it is read is noticed', async () => {
    const context = harmedContext();
    const path = 's3://tests/changing.npy';
    await writeVolume({ volume, path }, { context: direct });
    let gets = 0;
    proxy.rule = {
      fault: 'delay',
      matches: ({ method }) => {
        if (method === 'GET' && ++gets === 2) void writeObject(path, bytes.subarray(0, 5_000_000), { context: direct });
        return method === 'GET' && gets >= 2;
      },
    };
    await expect(readVolume({ path }, { context })).rejects.toMatchObject({
      code: 'ERR_IO',
      context: { status: '412' },
    });
  });

  it('no more is tried when the store fails again and again', { timeout: 300_000 }, async () => {
    proxy.rule = { fault: 'unavailable', matches: () => true };
    const context = harmedContext({ retries: 3, maxParallelOps: 64 });
    const reads = Array.from({ length: 60 }, (_, n) =>
      readObject(`s3://tests/${n}`, { context }).catch((e: Error) => e.message),
    );
    const messages = await Promise.all(reads);
    // 60 first attempts, and a budget of 100 more.
    expect(proxy.harmed).toBe(160);
    expect(messages.filter((text) => String(text).includes('fails so often')).length).toBeGreaterThan(0);
  });
});
