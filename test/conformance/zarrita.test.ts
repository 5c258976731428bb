/**
 * Zarr 3 both ways with zarrita, where `npm run bench:setup` installed it. It writes no gzip, crc32c and shards itself:
 * those are only read by it.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

import { makeVolume } from '../../lib/native/dicom.js';
import { readVolume, writeVolume } from '../../lib/native/formats.js';
import { describeVolume, dispose, viewVolume } from '../../lib/native/volume.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder } from '../fixtures/index.js';

const peers = join(packageRoot, 'build/bench/node/node_modules');
const absent = !existsSync(join(peers, 'zarrita'));
if (absent) process.stderr.write('zarrita is not installed (npm run bench:setup): interop with it is not tested.\n');

interface Chunk {
  data: NodeJS.TypedArray;
  shape: number[];
  stride: number[];
}
interface Zarrita {
  open: { v3(location: unknown, options: { kind: 'array' }): Promise<{ shape: number[] }> };
  create(location: unknown, options: Record<string, unknown>): Promise<unknown>;
  root(store: unknown): unknown;
  get(array: unknown): Promise<Chunk>;
  set(array: unknown, selection: null, chunk: Chunk): Promise<void>;
}

const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ pathToFileURL(join(peers, file)).href);

const sha = (data: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

const TYPES = {
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

const SHAPE = [33, 31, 30];
const STRIDE = [31 * 30, 30, 1];
const COUNT = 33 * 31 * 30;

describe.skipIf(absent)('zarrita', () => {
  const folder = temporaryFolder();
  const store = async (path: string): Promise<unknown> => {
    const { default: FileSystemStore } = (await load('@zarrita/storage/dist/src/fs.js')) as {
      default: new (path: string) => unknown;
    };
    return new FileSystemStore(path);
  };

  it('reads what is written, for each codec and for shards', { timeout: 120_000 }, async () => {
    const zarr = (await load('zarrita/dist/src/index.js')) as Zarrita;
    for (const [dtype, Numbers] of Object.entries(TYPES)) {
      for (const codec of ['zstd', 'zstd-plain', 'blosc', 'lz4', 'gzip', 'none']) {
        for (const sharding of [false, true]) {
          const data = new Numbers(COUNT).map((_: number, i: number) => (i * 7) % 101);
          const volume = await makeVolume({
            grid: { size: [30, 31, 33], spacing: [1, 2, 3], origin: [4, 5, 6] },
            dtype: dtype as keyof typeof TYPES,
            data,
          });
          const path = join(folder, `w-${dtype}-${codec}-${sharding}.zarr`);
          await writeVolume({ volume, path, codec, sharding, chunks: [16, 16, 16] });
          const array = await zarr.open.v3(zarr.root(await store(join(path, '0'))), { kind: 'array' });
          const read = await zarr.get(array);
          expect(read.shape, path).toEqual(SHAPE);
          expect(sha(read.data), path).toBe(sha(data));
          dispose(volume);
        }
      }
    }
  });

  it('writes what is read, for each codec that it writes', { timeout: 120_000 }, async () => {
    const zarr = (await load('zarrita/dist/src/index.js')) as Zarrita;
    const bytes = (endian: string) => ({ name: 'bytes', configuration: { endian } });
    const blosc = (cname: string, shuffle: string, typesize: number) => ({
      name: 'blosc',
      configuration: { cname, clevel: 5, shuffle, typesize, blocksize: 0 },
    });
    for (const [dtype, Numbers] of Object.entries(TYPES)) {
      const size = Numbers.BYTES_PER_ELEMENT;
      const chains: Record<string, unknown[]> = {
        bytes: [bytes('little')],
        big: [bytes('big')],
        zstd: [bytes('little'), { name: 'zstd', configuration: { level: 3, checksum: false } }],
        'blosc-zstd': [bytes('little'), blosc('zstd', 'shuffle', size)],
        'blosc-zstd-bit': [bytes('little'), blosc('zstd', 'bitshuffle', size)],
        'blosc-lz4': [bytes('little'), blosc('lz4', 'shuffle', size)],
        'blosc-lz4hc': [bytes('little'), blosc('lz4hc', 'noshuffle', size)],
        'blosc-zlib': [bytes('big'), blosc('zlib', 'shuffle', size)],
        transpose: [{ name: 'transpose', configuration: { order: [2, 0, 1] } }, bytes('little')],
      };
      for (const [name, codecs] of Object.entries(chains)) {
        const path = join(folder, `r-${dtype}-${name}.zarr`);
        const array = await zarr.create(zarr.root(await store(path)), {
          shape: SHAPE,
          chunkShape: [16, 10, 16],
          dtype,
          codecs,
          fillValue: 3,
        });
        const data = new Numbers(COUNT).map((_: number, i: number) => (i * 11) % 97);
        await zarr.set(array, null, { data, shape: SHAPE, stride: STRIDE });
        const { volume } = await readVolume({ path });
        expect(describeVolume(volume).grid.size, path).toEqual([...SHAPE].reverse());
        expect(sha(viewVolume(volume)), path).toBe(sha(data));
        dispose(volume);
      }
    }
  });
});
