/** Where a cohort lies: a folder of this machine, or a prefix of an object store. Names are below it, with slashes. */

import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { ObjectLease } from '../native/object-lease.js';
import { deleteObjects, headObject, listObjects, readObject, writeObject } from '../native/objects.js';
import type { Context } from '../runtime/context.js';
import { isS3 } from '../runtime/s3.js';
import { sweepTemporaries, writeText } from '../table/atomic.js';
import { withLock } from './lock.js';

/** Which content a write may replace: that of a version, or none at all. */
export type Replaces = { readonly version: string | undefined };

export interface Place {
  readonly uri: string;
  /** With which the place is read and written. */
  readonly context: Context | undefined;
  /** The address of what is at `name`, for native calls. */
  at(name: string): string;
  /** ERR_NOT_FOUND when nothing is there. The version names the content, where the place can tell. */
  read(name: string): Promise<{ readonly text: string; readonly version: string | undefined }>;
  /** Whole or not at all. ERR_IO when something else than `replaces` is there, where the place can tell. */
  write(name: string, content: string, replaces?: Replaces): Promise<void>;
  /** Calls `write` with the path of a file of this machine, which then is at `name`. */
  writeFile(name: string, write: (path: string) => Promise<void>): Promise<void>;
  exists(name: string): Promise<boolean>;
  /** With everything below; what is not there is as it should be. */
  remove(name: string): Promise<void>;
  folders(name: string): Promise<string[]>;
  /** Runs `work` while no other process writes here. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

export function placeOf(uri: string, context?: Context): Place {
  if (isS3(uri)) return new ObjectPlace(uri.replace(/\/+$/, ''), context);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(uri)) {
    throw new IsovoxError('ERR_UNSUPPORTED', `Expected a folder or s3://bucket/prefix for uri but received ${uri}`, {
      what: 'uri',
      value: uri,
    });
  }
  return new FolderPlace(uri, context);
}

class FolderPlace implements Place {
  constructor(
    readonly uri: string,
    readonly context: Context | undefined,
  ) {}

  at(name: string): string {
    return join(this.uri, name);
  }
  async read(name: string): Promise<{ text: string; version: undefined }> {
    try {
      return { text: await readFile(this.at(name), 'utf8'), version: undefined };
    } catch (thrown) {
      throw asIsovoxError(thrown);
    }
  }
  async write(name: string, content: string): Promise<void> {
    await mkdir(dirname(this.at(name)), { recursive: true });
    await writeText(this.at(name), content);
  }
  async writeFile(name: string, write: (path: string) => Promise<void>): Promise<void> {
    await mkdir(dirname(this.at(name)), { recursive: true });
    await write(this.at(name));
  }
  exists(name: string): Promise<boolean> {
    return stat(this.at(name)).then(
      () => true,
      () => false,
    );
  }
  async remove(name: string): Promise<void> {
    await rm(this.at(name), { recursive: true, force: true });
  }
  async folders(name: string): Promise<string[]> {
    const entries = await readdir(this.at(name), { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return withLock(this.uri, async () => {
      // Whoever held the lock before may have been killed in the middle of a file.
      for (const folder of ['', 'tables', 'collections', '.ingest']) await sweepTemporaries(this.at(folder));
      return work();
    });
  }
}

class ObjectPlace implements Place {
  constructor(
    readonly uri: string,
    readonly context: Context | undefined,
  ) {}

  at(name: string): string {
    return name === '' ? this.uri : `${this.uri}/${name}`;
  }
  async read(name: string): Promise<{ text: string; version: string }> {
    const { bytes, etag } = await readObject(this.at(name), { context: this.context, most: 2 ** 30 });
    return { text: Buffer.from(bytes).toString('utf8'), version: etag };
  }
  async write(name: string, content: string, replaces?: Replaces): Promise<void> {
    const condition = !replaces
      ? {}
      : replaces.version === undefined
        ? { ifAbsent: true }
        : { ifMatch: replaces.version };
    await writeObject(this.at(name), Buffer.from(content, 'utf8'), { context: this.context, ...condition });
  }
  async writeFile(name: string, write: (path: string) => Promise<void>): Promise<void> {
    const { mkdtemp } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const folder = await mkdtemp(join(tmpdir(), 'isovox-'));
    try {
      const path = join(folder, 'file');
      await write(path);
      await writeObject(this.at(name), await readFile(path), { context: this.context });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  async exists(name: string): Promise<boolean> {
    try {
      await headObject(this.at(name), { context: this.context });
      return true;
    } catch (thrown) {
      if ((thrown as IsovoxError).code === 'ERR_NOT_FOUND') return false;
      throw thrown;
    }
  }
  async remove(name: string): Promise<void> {
    const { objects } = await listObjects(`${this.at(name)}/`, { context: this.context });
    const bucket = this.uri.split('/').slice(0, 3).join('/');
    const uris = [this.at(name), ...objects.map(({ key }) => `${bucket}/${key}`)];
    await deleteObjects(uris, { context: this.context });
  }
  async folders(name: string): Promise<string[]> {
    const { prefixes } = await listObjects(`${this.at(name)}/`, { context: this.context, delimiter: '/' });
    return prefixes.map((prefix) => prefix.split('/').at(-2) ?? '');
  }
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const path = this.at('.lock');
    const lease = await ObjectLease.take(path, this.context);
    if (!lease) throw new IsovoxError('ERR_IO', `Another process writes here: ${path} is there`, { path });
    try {
      const result = await work();
      if (!(await lease.isHeld())) throw new IsovoxError('ERR_IO', `Another process took over ${path}`, { path });
      return result;
    } finally {
      await lease.release();
    }
  }
}
