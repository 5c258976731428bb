/** What stored volumes say about themselves. */

import type { VolumeDescription } from '../runtime/surface.js';

export interface StoreDescription extends VolumeDescription {
  /** Of the Zarr array, slowest axis first: [t,] [c,] z, y, x. */
  arrayShape: number[];
  /** What is decoded at once. */
  chunkShape: number[];
  /** What lies in one file; larger than a chunk when the store is sharded. */
  fileShape: number[];
  sharded: boolean;
  codecs: string[];
}

/** Counted since the process began; bytes are of memory and of files. */
export interface StoreStats {
  cacheHits: number;
  cacheMisses: number;
  /** Readers that waited for another's read of the same chunk. */
  cacheJoined: number;
  cacheEvictions: number;
  cacheBytes: number;
  cacheEntries: number;
  cacheLimitBytes: number;
  reads: number;
  readBytes: number;
  decodedChunks: number;
  decodedBytes: number;
}
