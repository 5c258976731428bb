/** Objects of stores, `s3://bucket/key`, as bytes. */

import { addon } from '../runtime/addon.js';
import { locate } from '../runtime/s3.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { ObjectListing, S3Stats } from './io-types.js';

/** All of an object. ERR_NOT_FOUND when it is not there, ERR_CORRUPT_DATA beyond `most` bytes (64 MiB). */
export async function readObject(uri: string, options?: SubmitOptions & { most?: number }) {
  const { most } = options ?? {};
  return submit('readObject', { uri: await locate(uri, options), ...(most === undefined ? {} : { most }) }, options);
}

/**
 * Writes an object, whole or not at all; gives its ETag. With `ifAbsent` nothing may be there yet, with `ifMatch` only
 * that content: otherwise ERR_IO with the status 412.
 */
export async function writeObject(
  uri: string,
  bytes: Uint8Array,
  options?: SubmitOptions & { ifAbsent?: boolean; ifMatch?: string },
): Promise<string> {
  const { ifAbsent, ifMatch } = options ?? {};
  const condition = { ...(ifAbsent ? { ifAbsent } : {}), ...(ifMatch === undefined ? {} : { ifMatch }) };
  return submit('writeObject', { uri: await locate(uri, options), bytes, ...condition }, options);
}

export async function headObject(uri: string, options?: SubmitOptions): Promise<{ size: number; etag: string }> {
  return submit('headObject', { uri: await locate(uri, options) }, options);
}

/** The objects whose keys begin like `uri`; with a delimiter, only up to it. */
export async function listObjects(
  uri: string,
  options?: SubmitOptions & { delimiter?: string },
): Promise<ObjectListing> {
  const { delimiter } = options ?? {};
  return submit('listObjects', { uri: await locate(uri, options), ...(delimiter ? { delimiter } : {}) }, options);
}

/** Removes objects; those that are not there are as they should be. */
export async function deleteObjects(uris: readonly string[], options?: SubmitOptions): Promise<void> {
  return submit('deleteObjects', { uris: await Promise.all(uris.map((uri) => locate(uri, options))) }, options);
}

/** Measured counters of requests to object stores, since the process began. */
export function s3Stats(): S3Stats {
  return addon().s3Stats();
}
