/** Objects of stores, `s3://bucket/key`, as bytes. */

import { addon } from '../runtime/addon.js';
import { Context, defaultContext } from '../runtime/context.js';
import { locate } from '../runtime/s3.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { ObjectListing, S3Stats } from './io-types.js';

const MOST_THREADS = 256;
const waiting = new WeakMap<Context, Context>();

/** These calls wait for a store, not for a processor: as many run at once as the store's settings allow. */
function patient(options?: SubmitOptions): SubmitOptions {
  const context = options?.context ?? defaultContext();
  let patient = waiting.get(context);
  if (!patient) {
    const { config } = context;
    patient = new Context(config, () => Math.max(context.threads, Math.min(config.s3.maxParallelOps, MOST_THREADS)));
    waiting.set(context, patient);
  }
  return { ...options, context: patient };
}

/** All of an object. ERR_NOT_FOUND when it is not there, ERR_CORRUPT_DATA beyond `most` bytes (64 MiB). */
export async function readObject(uri: string, options?: SubmitOptions & { most?: number }) {
  const { most } = options ?? {};
  return submit(
    'readObject',
    { uri: await locate(uri, options), ...(most === undefined ? {} : { most }) },
    patient(options),
  );
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
  return submit('writeObject', { uri: await locate(uri, options), bytes, ...condition }, patient(options));
}

export async function headObject(uri: string, options?: SubmitOptions): Promise<{ size: number; etag: string }> {
  return submit('headObject', { uri: await locate(uri, options) }, patient(options));
}

/** The objects whose keys begin like `uri`; with a delimiter, only up to it. */
export async function listObjects(
  uri: string,
  options?: SubmitOptions & { delimiter?: string },
): Promise<ObjectListing> {
  const { delimiter } = options ?? {};
  return submit(
    'listObjects',
    { uri: await locate(uri, options), ...(delimiter ? { delimiter } : {}) },
    patient(options),
  );
}

/** Removes objects; those that are not there are as they should be. */
export async function deleteObjects(uris: readonly string[], options?: SubmitOptions): Promise<void> {
  return submit(
    'deleteObjects',
    { uris: await Promise.all(uris.map((uri) => locate(uri, options))) },
    patient(options),
  );
}

/** Measured counters of requests to object stores, since the process began. */
export function s3Stats(): S3Stats {
  return addon().s3Stats();
}
