/**
 * One writer at a time where processes of many machines write: an object that names the writer and until when it is
 * believed to live. It is made only where none is, and renewed and taken over only as the content that was read.
 */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { IsovoxError, isIsovoxError } from '../errors.js';
import { deleteObjects, headObject, readObject, writeObject } from '../native/objects.js';
import type { Context } from '../runtime/context.js';

const LEASE_MS = 30_000;

interface Lease {
  readonly owner: string;
  readonly host: string;
  readonly pid: number;
  readonly until: number;
}

export async function withLease<T>(uri: string, context: Context | undefined, work: () => Promise<T>): Promise<T> {
  const options = { context };
  const mine = (): Uint8Array =>
    Buffer.from(JSON.stringify({ owner, host: hostname(), pid: process.pid, until: Date.now() + LEASE_MS }));
  const owner = randomUUID();
  let etag = await acquire();
  let lost: unknown;
  const timer = setInterval(() => {
    writeObject(uri, mine(), { ...options, ifMatch: etag }).then(
      (next) => {
        etag = next;
      },
      (reason: unknown) => {
        lost = reason;
      },
    );
  }, LEASE_MS / 3);
  timer.unref();
  try {
    const result = await work();
    if (lost) throw lost;
    return result;
  } finally {
    clearInterval(timer);
    const { etag: there } = await headObject(uri, options).catch(() => ({ etag: '' }));
    if (there === etag) await deleteObjects([uri], options);
  }

  async function acquire(): Promise<string> {
    try {
      return await writeObject(uri, mine(), { ...options, ifAbsent: true });
    } catch (thrown) {
      if (!isTaken(thrown)) throw thrown;
    }
    const { bytes, etag: before } = await readObject(uri, options);
    const lease = JSON.parse(Buffer.from(bytes).toString('utf8')) as Lease;
    if (!isOver(lease)) {
      throw new IsovoxError('ERR_IO', `Another process writes here: ${uri} of ${lease.host}`, { path: uri });
    }
    return writeObject(uri, mine(), { ...options, ifMatch: before });
  }
}

const isTaken = (thrown: unknown): boolean => isIsovoxError(thrown) && thrown.context.status === '412';

/** Its time is over, or its process is known to be gone. */
function isOver({ until, host, pid }: Lease): boolean {
  if (!(until > Date.now())) return true;
  if (host !== hostname() || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
