/** isovox serve-batches: the batches are those of a loader in this process, and no end of either side leaves anything. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { Cohort } from '../../lib/cohort/index.js';
import {
  type Batch,
  createDistributedDataloader,
  createSegmentationDataloader,
  createTrainingDataloader,
  flip,
  noise,
} from '../../lib/dataloader/index.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { BatchClient } from '../fixtures/batch-client.js';
import { temporaryFolder } from '../fixtures/index.js';
import { pythonWithNumpy } from '../fixtures/python.js';

const main = join(packageRoot, 'dist/cli/main.js');
const SUBJECTS = ['a', 'b', 'c', 'd', 'e'];
const SIZE = [20, 18, 16] as [number, number, number];
const patchSize = [8, 7, 6] as const;
const PATCHES = ['--patch-size', '8,7,6', '--patches-per-volume', '3', '--batch-size', '2', '--seed', '9'];
const same = { patchSize, patchesPerVolume: 3, batchSize: 2, seed: 9 };

let folder: string;
let store: string;
let cohort: Cohort;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = temporaryFolder();
  const images: Record<'ct' | 'seg', [string, string][]> = { ct: [], seg: [] };
  for (const [s, subject] of SUBJECTS.entries()) {
    const grid = { size: SIZE, spacing: [1, 1, 1], origin: [0, 0, 0] } as never;
    const voxels = Array.from({ length: SIZE[0] * SIZE[1] * SIZE[2] }, (_, i) => ((i * 37 + s * 1000) % 4001) - 1000);
    const ct = await makeVolume({ grid, dtype: 'int16', data: Int16Array.from(voxels) });
    const seg = await makeVolume({ grid, dtype: 'uint8', data: Uint8Array.from(voxels, (v) => (v > 2500 ? 1 : 0)) });
    for (const [name, volume] of Object.entries({ ct, seg })) {
      const path = join(folder, `sub-${subject}-${name}.nii`);
      await writeVolume({ volume, path });
      images[name as 'ct' | 'seg'].push([path, subject]);
    }
  }
  store = join(folder, 'store');
  cohort = await Cohort.fromImages(store, images);
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

let sockets = 0;

/** A server that listens. */
async function serve(args: readonly string[], socket = join(folder, `${++sockets}.sock`)) {
  const child = spawn(process.execPath, [main, 'serve-batches', '--socket', socket, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let said = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        said += data;
        if (said.includes('"listening"')) resolve();
      });
    }
    void ended.then(() => reject(new Error(`The server ended: ${said}`)));
  });
  return { child, socket, ended, said: () => said };
}

const filesOf = (pid: number | undefined) =>
  readdirSync('/dev/shm').filter((name) => name.startsWith(`isovox-batches-${pid}-`));

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

interface Taken {
  samples: number;
  idx: readonly number[];
  subjects: readonly string[];
  patchStart: ReadonlyArray<readonly number[]>;
  image: number[];
  mask?: number[];
}

async function takenOf(client: BatchClient, hello: Awaited<ReturnType<BatchClient['hello']>>, epoch: number) {
  await client.ask({ type: 'epoch', epoch }, 'epoch');
  const taken: Taken[] = [];
  for (let batch = await client.take(); batch !== undefined; batch = await client.take()) {
    const { samples, idx, subjects, patchStart } = batch;
    const part = (of: 'image' | 'mask', shape: readonly number[]) => {
      const all = client.read(batch as never, shape, of);
      return [...all.subarray(0, (all.length / (shape[0] ?? 1)) * samples)];
    };
    const mask = hello.mask && part('mask', hello.mask);
    taken.push({ samples, idx, subjects, patchStart, image: part('image', hello.image), ...(mask && { mask }) });
    client.tell({ type: 'release', slot: batch.slot });
  }
  return taken;
}

async function loadedOf(loader: AsyncIterable<Batch>): Promise<Taken[]> {
  const loaded: Taken[] = [];
  for await (const { image, mask, shape, idx, subjects, patchStart } of loader) {
    loaded.push({ samples: shape[0], idx, subjects, patchStart, image: [...image], ...(mask && { mask: [...mask] }) });
  }
  return loaded;
}

describe('isovox serve-batches', () => {
  it('gives the batches that a loader with the same seed gives, epoch by epoch, and ends with its consumer', async () => {
    const transforms = join(folder, 'transforms.yaml');
    writeFileSync(transforms, 'transforms:\n  - flip: { axes: [x, z] }\n  - noise: { deviation: [1, 2] }\n');
    const server = await serve([
      '--store',
      store,
      '--collections',
      'ct',
      '--transforms',
      transforms,
      '--once',
      ...PATCHES,
    ]);
    expect(statSync(server.socket).mode & 0o777).toBe(0o600);
    const client = await BatchClient.connect(server.socket);
    const hello = await client.hello();
    expect(hello).toMatchObject({ image: [2, 1, 6, 7, 8], dtype: 'float32', rank: 0, worldSize: 1 });
    expect(filesOf(server.child.pid)).toHaveLength(4);
    for (const { image } of hello.slots) expect(statSync(image).mode & 0o777).toBe(0o600);
    client.tell({ type: 'mapped' });
    const loader = createTrainingDataloader({
      ...same,
      collections: cohort.collection('ct'),
      transforms: [flip({ axes: ['x', 'z'] }), noise({ deviation: [1, 2] })],
    });
    for (const epoch of [0, 1]) expect(await takenOf(client, hello, epoch)).toEqual(await loadedOf(loader));
    expect(filesOf(server.child.pid)).toEqual([]);
    loader.setEpoch(7);
    expect(await takenOf(client, hello, 7)).toEqual(await loadedOf(loader));
    client.close();
    expect(await server.ended).toBe(0);
    expect(existsSync(server.socket)).toBe(false);
  });

  it('serves masks, and files without a store', async () => {
    const server = await serve([
      ...['--images', `ct=${folder}/*-ct.nii`, `seg=${folder}/*-seg.nii`, '--masks', 'seg', '--one-hot', '0,1'],
      ...['--kind', 'segmentation', ...PATCHES],
    ]);
    const client = await BatchClient.connect(server.socket);
    const hello = await client.hello();
    expect(hello.mask).toEqual([2, 2, 6, 7, 8]);
    const files = (name: string) => ({
      name,
      files: SUBJECTS.map((s) => ({ subject: `sub-${s}`, path: join(folder, `sub-${s}-${name}.nii`) })),
    });
    const loader = createSegmentationDataloader({
      ...same,
      collections: files('ct'),
      masks: files('seg'),
      oneHot: [0, 1],
    });
    expect(await takenOf(client, hello, 0)).toEqual(await loadedOf(loader));
    client.close();
  });

  it('gives each of two consumers its share', async () => {
    const server = await serve(['--store', store, '--collections', 'ct', '--world-size', '2', '--once', ...PATCHES]);
    const clients = await Promise.all([0, 1].map(() => BatchClient.connect(server.socket)));
    const shares = await Promise.all(
      clients.map(async (client, rank) => {
        const hello = await client.hello(rank);
        client.tell({ type: 'mapped' });
        return takenOf(client, hello, 0);
      }),
    );
    const third = await BatchClient.connect(server.socket);
    third.tell({ type: 'hello', protocol: 1, rank: 1 });
    expect(await third.answer()).toMatchObject({ type: 'error', code: 'ERR_RESOURCE' });
    for (const rank of [0, 1]) {
      const loader = createDistributedDataloader({ ...same, collections: cohort.collection('ct'), rank, worldSize: 2 });
      expect(shares[rank]).toEqual(await loadedOf(loader));
    }
    expect(shares.flatMap((share) => share.flatMap(({ idx }) => idx)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 15 }, (_, i) => i),
    );
    for (const client of [...clients, third]) client.close();
    expect(await server.ended).toBe(0);
  });

  it('makes no batch beyond its slots, and says so instead of waiting for ever', async () => {
    const server = await serve(['--store', store, '--collections', 'ct', '--slots', '2', ...PATCHES]);
    const client = await BatchClient.connect(server.socket);
    const hello = await client.hello();
    client.tell({ type: 'mapped' });
    await client.ask({ type: 'epoch', epoch: 0 }, 'epoch');
    const [first, second] = [await client.take(), await client.take()];
    if (!first || !second) throw new Error('Two batches were expected');
    const before = [first, second].map((batch) => client.read(batch, hello.image));
    expect(await client.ask({ type: 'take' }, 'error')).toMatchObject({ code: 'ERR_RESOURCE' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([first, second].map((batch) => client.read(batch, hello.image))).toEqual(before);
    client.tell({ type: 'release', slot: first.slot });
    expect((await client.take())?.slot).toBe(first.slot);
    expect(client.read(second, hello.image)).toEqual(before[1]);
    // A new epoch takes back what was held.
    expect(await takenOf(client, hello, 1)).toHaveLength(7);
    client.close();
  });

  it('outlives consumers that are killed, and keeps nothing of theirs', async () => {
    const server = await serve(['--store', store, '--collections', 'ct', ...PATCHES]);
    // Killed before its files were unlinked, then in mid-epoch.
    for (const messages of [[], [{ type: 'mapped' }, { type: 'epoch', epoch: 0 }, { type: 'take' }]]) {
      const lines = [{ type: 'hello', protocol: 1 }, ...messages].map((message) => JSON.stringify(message)).join('\n');
      const consumer = spawn(process.execPath, [
        '-e',
        `require('node:net').connect(${JSON.stringify(server.socket)}).on('data', (data) => process.stdout.write(data))
           .write(${JSON.stringify(`${lines}\n`)})`,
      ]);
      running.add(consumer);
      let heard = '';
      consumer.stdout.on('data', (data: Buffer) => {
        heard += data;
      });
      const last = messages.length > 0 ? '"batch"' : '"hello"';
      await until(() => heard.includes(last));
      expect(filesOf(server.child.pid)).toHaveLength(messages.length > 0 ? 0 : 4);
      const left = server.said().split('"left"').length;
      consumer.kill('SIGKILL');
      await until(() => server.said().split('"left"').length > left);
      expect(filesOf(server.child.pid)).toEqual([]);
    }
    const client = await BatchClient.connect(server.socket);
    const hello = await client.hello();
    expect(await takenOf(client, hello, 0)).toHaveLength(7);
    client.close();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(existsSync(server.socket)).toBe(false);
  });

  it('may be killed: its consumer hears of it, and the next server removes what it left', async () => {
    const server = await serve(['--store', store, '--collections', 'ct', ...PATCHES]);
    const client = await BatchClient.connect(server.socket);
    await client.hello();
    server.child.kill('SIGKILL');
    expect(await client.answer()).toBeUndefined();
    client.close();
    await server.ended;
    expect(filesOf(server.child.pid)).toHaveLength(4);
    expect(existsSync(server.socket)).toBe(true);
    const next = await serve(['--store', store, '--collections', 'ct', ...PATCHES], server.socket);
    expect(filesOf(server.child.pid)).toEqual([]);
    const second = await BatchClient.connect(next.socket);
    expect(await takenOf(second, await second.hello(), 0)).toHaveLength(7);
    second.close();
    await expect(serve(['--store', store], next.socket)).rejects.toThrow(/ERR_RESOURCE.*Another process serves/);
  });

  it('answers nonsense with an error and goes on for the others', async () => {
    const server = await serve(['--store', store, '--collections', 'ct', ...PATCHES]);
    for (const line of [
      'nonsense',
      '{"type":"take","more":1}',
      '[]',
      'x'.repeat(10_000),
      '{"type":"hello","protocol":2}',
    ]) {
      const client = await BatchClient.connect(server.socket);
      client.tell(line);
      expect(await client.answer()).toMatchObject({ type: 'error', code: 'ERR_INVALID_ARGUMENT' });
      expect(await client.answer()).toBeUndefined();
      client.close();
    }
    const client = await BatchClient.connect(server.socket);
    await client.ask({ type: 'take' }, 'error');
    const hello = await client.hello();
    await client.ask({ type: 'take' }, 'error');
    client.tell({ type: 'release', slot: 3 });
    expect(await client.answer()).toMatchObject({ type: 'error' });
    expect(await takenOf(client, hello, 0)).toHaveLength(7);
    client.close();
  });

  it('refuses what cannot be served by name', async () => {
    for (const [args, words] of [
      [['--store', store, '--collections', 'mr'], /no collection mr; there are ct, seg/],
      [['--images', 'ct', '--patch-size', '4,4,4'], /NAME=GLOB/],
      [[], /either a cohort by --store or images by --images/],
    ] as const) {
      await expect(serve([...args])).rejects.toThrow(words);
    }
  });
});

const python = pythonWithNumpy();

describe.skipIf(python === undefined)('isovox_batches.py', () => {
  it('sees the same numbers', async () => {
    const server = await serve(['--store', store, '--collections', 'ct', '--masks', 'seg', '--once', ...PATCHES]);
    const script = `
import hashlib, sys
sys.path.insert(0, ${JSON.stringify(join(packageRoot, 'bench/python'))})
import isovox_batches
with isovox_batches.connect(${JSON.stringify(server.socket)}) as batches:
    for epoch in range(2):
        for batch in batches.epoch(epoch):
            print(batch.shape, batch.subjects, hashlib.sha256(batch.image.tobytes() + batch.mask.tobytes()).hexdigest())
    try:
        batches.take()
    except isovox_batches.ServerError as error:
        print(error.code)
`;
    const { stdout } = await promisify(execFile)(python ?? '', ['-c', script]);
    const loader = createSegmentationDataloader({
      ...same,
      collections: cohort.collection('ct'),
      masks: cohort.collection('seg'),
      foregroundSampling: 0,
    });
    const lines: string[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const { image, mask, subjects } of loader) {
        const digest = createHash('sha256')
          .update(image)
          .update(mask ?? '');
        lines.push(`(2, 1, 6, 7, 8) [${subjects.map((s) => `'${s}'`).join(', ')}] ${digest.digest('hex')}`);
      }
    }
    expect(stdout.trim().split('\n')).toEqual([...lines, 'ERR_INVALID_ARGUMENT']);
    expect(await server.ended).toBe(0);
  });
});
