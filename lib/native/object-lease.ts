/**
 * One holder at a time where processes of many machines meet: an object that names the holder and until when it is
 * believed to live. It is made only where none is, and renewed and taken over only as the content that was read.
 */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { type IsovoxError, isIsovoxError } from '../errors.js';
import type { Context } from '../runtime/context.js';
import { deleteObjects, headObject, readObject, writeObject } from './objects.js';

const LEASE_MS = 30_000;

export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  /** Milliseconds since it last showed life. */
  readonly silentMs: number;
}

interface Written {
  readonly owner: string;
  readonly host: string;
  readonly pid: number;
  readonly until: number;
}

export class ObjectLease {
  readonly #owner = randomUUID();
  #etag: Promise<string>;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly uri: string,
    private readonly context: Context | undefined,
  ) {
    this.#etag = this.#acquire();
  }

  /** Undefined while another holds it. */
  static async take(uri: string, context?: Context): Promise<ObjectLease | undefined> {
    const lease = new ObjectLease(uri, context);
    try {
      await lease.#etag;
    } catch (thrown) {
      if (isTaken(thrown)) return undefined;
      throw thrown;
    }
    lease.#timer = setInterval(() => lease.#renew(), LEASE_MS / 3);
    lease.#timer.unref();
    return lease;
  }

  /** Whether it is still ours: a process that slept too long has lost it. */
  async isHeld(): Promise<boolean> {
    try {
      const mine = await this.#etag;
      return (await headObject(this.uri, { context: this.context })).etag === mine;
    } catch (thrown) {
      const { code } = thrown as IsovoxError;
      if (code === 'ERR_NOT_FOUND' || isTaken(thrown)) return false;
      throw thrown;
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    if (await this.isHeld().catch(() => false)) await deleteObjects([this.uri], { context: this.context });
  }

  #renew(): void {
    const renewed = this.#etag.then((ifMatch) =>
      writeObject(this.uri, this.#content(), { context: this.context, ifMatch }),
    );
    this.#etag = renewed;
    renewed.catch(() => clearInterval(this.#timer)); // whoever asks next is told
  }

  async #acquire(): Promise<string> {
    const options = { context: this.context };
    try {
      return await writeObject(this.uri, this.#content(), { ...options, ifAbsent: true });
    } catch (thrown) {
      if (!isTaken(thrown)) throw thrown;
      const { bytes, etag } = await readObject(this.uri, options);
      if (!isOver(parse(bytes))) throw thrown;
      return writeObject(this.uri, this.#content(), { ...options, ifMatch: etag });
    }
  }

  #content(): Uint8Array {
    const written: Written = {
      owner: this.#owner,
      host: hostname(),
      pid: process.pid,
      until: Date.now() + LEASE_MS,
    };
    return Buffer.from(JSON.stringify(written));
  }
}

/** Who holds the lease; undefined when nobody does. */
export async function objectLeaseHolder(uri: string, context?: Context): Promise<LeaseHolder | undefined> {
  try {
    const { bytes } = await readObject(uri, { context });
    const written = parse(bytes);
    if (isOver(written)) return undefined;
    return { host: written.host, pid: written.pid, silentMs: Math.max(0, Date.now() + LEASE_MS - written.until) };
  } catch (thrown) {
    if ((thrown as IsovoxError).code === 'ERR_NOT_FOUND') return undefined;
    throw thrown;
  }
}

const parse = (bytes: Uint8Array): Written => JSON.parse(Buffer.from(bytes).toString('utf8')) as Written;

const isTaken = (thrown: unknown): boolean => isIsovoxError(thrown) && thrown.context.status === '412';

/** Its time is over, or its process is known to be gone. */
function isOver({ until, host, pid }: Written): boolean {
  if (!(until > Date.now())) return true;
  if (host !== hostname() || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
