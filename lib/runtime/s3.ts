/** Object stores of contexts: which endpoint and credentials an `s3://bucket/key` is read with. */

import type { Config } from '../config/resolve.js';
import { invalidArgument } from '../errors.js';
import { addon } from './addon.js';
import { defaultContext } from './context.js';
import { resolveS3Credentials, type S3Credentials } from './s3-credentials.js';
import type { SubmitOptions } from './task.js';

/** Credentials are renewed when they are valid for less than this. */
const RENEW_BEFORE_MS = 5 * 60_000;

interface Opened {
  readonly access: number;
  readonly credentials: S3Credentials | undefined;
}

let given: S3Credentials | (() => Promise<S3Credentials>) | undefined;
const opened = new Map<string, Promise<Opened>>();

export function isS3(uri: string): boolean {
  return uri.startsWith('s3://');
}

/**
 * Credentials for every store from now on, or a function that gets them whenever the last ones expire; undefined goes
 * back to the environment, the AWS files, the container and the instance.
 */
export function setS3Credentials(credentials: S3Credentials | (() => Promise<S3Credentials>) | undefined): void {
  given = credentials;
  opened.clear();
}

/** What native functions take as a path: paths of this machine as they are, addresses with the number of their store. */
export async function locate(uri: string, options?: Pick<SubmitOptions, 'context'>): Promise<string> {
  if (!isS3(uri)) return uri;
  const rest = uri.slice('s3://'.length);
  if (/^[^/]*@/.test(rest)) throw invalidArgument('uri', 's3://bucket/key', 'an address with a user');
  const { s3 } = (options?.context ?? defaultContext()).config;
  const key = JSON.stringify(s3);
  let store = opened.get(key);
  if (store) {
    const { credentials } = await store;
    const expires = credentials?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    if (expires - Date.now() < RENEW_BEFORE_MS) store = undefined;
  }
  if (!store) {
    store = open(s3);
    opened.set(key, store);
    store.catch(() => opened.delete(key));
  }
  return `s3://${(await store).access}@${rest}`;
}

async function open(s3: Config['s3']): Promise<Opened> {
  const credentials = await (typeof given === 'function' ? given() : (given ?? resolveS3Credentials(s3.profile)));
  const { region, endpoint, caFile, useVirtualAddressing, maxParallelOps, retries } = s3;
  const access = addon().openS3({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(caFile === undefined ? {} : { caFile }),
    useVirtualAddressing,
    maxParallelOps,
    retries,
    connectTimeoutMs: s3.connectTimeoutMs,
    stallTimeoutMs: s3.stallTimeoutMs,
    attemptTimeoutMs: s3.attemptTimeoutMs,
    partBytes: s3.multipartPartSizeMb * 2 ** 20,
    gapBytes: s3.coalesceGapKb * 2 ** 10,
    ...(credentials && {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    }),
  });
  return { access, credentials };
}
