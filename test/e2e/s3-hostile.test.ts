/**
 * A store that answers nonsense: replies with bytes changed, cut, repeated and put in, in status lines, headers, listings,
 * error pages and bodies. Every call ends with a value or a typed error, and the process lives.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getConfig } from '../../lib/config/resolve.js';
import { IsovoxError } from '../../lib/errors.js';
import { headObject, listObjects, readObject } from '../../lib/native/objects.js';
import { openStore } from '../../lib/native/store.js';
import { Context } from '../../lib/runtime/context.js';
import { setS3Credentials } from '../../lib/runtime/s3.js';

const ROUNDS = Number(process.env.ISOVOX_HOSTILE_ROUNDS ?? 150);

const LISTING =
  '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
  '<Name>b</Name><Prefix>p%2F</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>' +
  '<EncodingType>url</EncodingType><Contents><Key>p/a%20b</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>' +
  '<ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag><Size>12</Size></Contents>' +
  '<CommonPrefixes><Prefix>p/c/</Prefix></CommonPrefixes></ListBucketResult>';
const FAULT = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>';
const ZARR = JSON.stringify({
  zarr_format: 3,
  node_type: 'array',
  shape: [4, 4, 4],
  data_type: 'int16',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [4, 4, 4] } },
  chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
  fill_value: 0,
  codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
});

const reply = (status: string, headers: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${headers}Connection: close\r\n\r\n${body}`;
const ETAG = 'ETag: "0123456789abcdef0123456789abcdef"\r\n';
const SEEDS: Readonly<Record<string, string>> = {
  list: reply('200 OK', 'Content-Type: application/xml\r\n', LISTING),
  read: reply('200 OK', `${ETAG}Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n`, 'twelve bytes'),
  range: reply('206 Partial Content', `${ETAG}Content-Range: bytes 0-11/12\r\n`, 'twelve bytes'),
  zarr: reply('200 OK', ETAG, ZARR),
  fault: reply('404 Not Found', 'x-amz-request-id: tx0\r\nRetry-After: 0\r\n', FAULT),
};

let state = 20_260_101;
function draw(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % below;
}

function mutant(seed: string): Buffer {
  let bytes = Buffer.from(seed, 'latin1');
  for (let edits = 1 + draw(4); edits > 0; edits--) {
    const at = draw(bytes.length);
    switch (draw(6)) {
      case 0:
        bytes[at] = draw(256);
        break;
      case 1:
        bytes = bytes.subarray(0, Math.max(1, at));
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(draw(bytes.length))]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(draw(3000), draw(256)), bytes.subarray(at)]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from('99999999999999999999'), bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from('<a><b>&#x41;'), bytes.subarray(at)]);
    }
  }
  return bytes;
}

describe('a hostile store', () => {
  let server: Server;
  let context: Context;
  let answer: Buffer = Buffer.alloc(0);
  const open = new Set<Socket>();

  beforeAll(async () => {
    server = createServer((socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    setS3Credentials({ accessKeyId: 'key', secretAccessKey: 'secret' });
    const config = getConfig();
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    context = new Context({
      ...config,
      s3: { ...config.s3, endpoint, retries: 0, stallTimeoutMs: 300, attemptTimeoutMs: 1000 },
    });
  });
  afterAll(() => {
    setS3Credentials(undefined);
    for (const socket of open) socket.destroy();
    server.close();
  });

  const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
    list: () => listObjects('s3://bucket/p/', { context }),
    read: () => readObject('s3://bucket/k', { context, most: 1 << 20 }),
    range: () => readObject('s3://bucket/k', { context, most: 64 }),
    zarr: () => openStore({ path: 's3://bucket/v.zarr' }, { context }),
    fault: () => headObject('s3://bucket/k', { context }),
  };

  it.each(Object.keys(SEEDS))('%s: a value or a typed error', { timeout: 300_000 }, async (name) => {
    let failed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      answer = mutant(SEEDS[name] ?? '');
      try {
        await CALLS[name]?.();
      } catch (thrown) {
        failed++;
        expect(thrown, answer.toString('latin1')).toBeInstanceOf(IsovoxError);
        expect((thrown as IsovoxError).code, answer.toString('latin1')).not.toMatch(/INTERNAL|ARGUMENT/);
      }
    }
    expect(failed).toBeGreaterThan(0);
  });

  it('what is not changed is read', async () => {
    answer = Buffer.from(SEEDS.list ?? '');
    expect(await listObjects('s3://bucket/p/', { context })).toMatchObject({ prefixes: ['p/c/'] });
    answer = Buffer.from(SEEDS.read ?? '');
    expect(Buffer.from((await readObject('s3://bucket/k', { context })).bytes).toString()).toBe('twelve bytes');
  });
});
