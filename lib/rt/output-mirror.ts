/**
 * Results in an object store. Every process works in a folder of its machine, the mirror of `s3://bucket/prefix`: what a
 * stage made there is carried over, its manifest last, and what other machines made is fetched when it is needed. The
 * store is the truth: what a mirror holds besides is forgotten. A mirror may be deleted whenever nothing runs.
 *
 *   <mirror>/.isovox/mirror.json   the address, and how it is reached
 */

import { readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { type Config, getConfig } from '../config/resolve.js';
import type { IsovoxError } from '../errors.js';
import { type LeaseHolder, ObjectLease, objectLeaseHolder } from '../native/object-lease.js';
import { deleteObjects, listObjects, readObject, writeObject } from '../native/objects.js';
import { Context } from '../runtime/context.js';
import { eachInOrder } from '../runtime/each.js';
import { isS3 } from '../runtime/s3.js';
import { appendAll, writeAtomically, writeText } from '../table/atomic.js';
import { makeFolder } from './make-folder.js';
import { hashText, safeName } from './names.js';

interface MirrorFile {
  readonly address: string;
  readonly s3: Config['s3'];
}

const FILES_AT_ONCE = 8;
const LARGEST_OBJECT = 2 ** 31;

const mirrorFile = (folder: string): string => join(folder, '.isovox', 'mirror.json');

/** The folder to work in: `address` itself when it is one, otherwise its mirror on this machine. */
export async function outputFolder(address: string): Promise<string> {
  if (!isS3(address)) return address;
  const { s3 } = getConfig();
  const clean = address.replace(/\/+$/, '');
  const above = s3.mirrors ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'isovox', 'mirrors');
  const folder = resolve(above, `${safeName(clean.split('/').at(-1) ?? '')}-${hashText(clean, 16)}`);
  await makeFolder(dirname(mirrorFile(folder)));
  await writeText(mirrorFile(folder), `${JSON.stringify({ address: clean, s3 } satisfies MirrorFile)}\n`);
  return folder;
}

/** The other way round: what another machine calls this output folder. */
export async function outputAddress(folder: string): Promise<string> {
  return (await OutputMirror.of(folder))?.address ?? resolve(folder);
}

export class OutputMirror {
  private constructor(
    readonly folder: string,
    readonly address: string,
    readonly context: Context,
  ) {}

  /** Undefined for a folder that mirrors nothing. */
  static async of(folder: string): Promise<OutputMirror | undefined> {
    let text: string;
    try {
      text = await readFile(mirrorFile(folder), 'utf8');
    } catch {
      return undefined;
    }
    const { address, s3 } = JSON.parse(text) as MirrorFile;
    return new OutputMirror(folder, address, new Context({ ...getConfig(), s3 }));
  }

  /** Sizes of what the store holds below `name`, by name. */
  async list(name: string): Promise<Map<string, number>> {
    const { objects } = await listObjects(`${this.#at(name)}/`, { context: this.context });
    const above = this.address.split('/').slice(3).join('/');
    const from = above === '' ? 0 : above.length + 1;
    return new Map(objects.map(({ key, size }) => [key.slice(from), size]));
  }

  /** The object as text; undefined when it is not there. */
  async read(name: string): Promise<string | undefined> {
    try {
      const { bytes } = await readObject(this.#at(name), { context: this.context, most: LARGEST_OBJECT });
      return Buffer.from(bytes).toString('utf8');
    } catch (thrown) {
      if ((thrown as IsovoxError).code === 'ERR_NOT_FOUND') return undefined;
      throw thrown;
    }
  }

  /** Brings objects here; those that are not there are removed here. */
  async fetch(names: readonly string[]): Promise<void> {
    await eachInOrder(names, FILES_AT_ONCE, async (name) => {
      const path = join(this.folder, name);
      try {
        const { bytes } = await readObject(this.#at(name), { context: this.context, most: LARGEST_OBJECT });
        await makeFolder(dirname(path));
        await writeAtomically(path, (handle) => appendAll(handle, bytes));
      } catch (thrown) {
        if ((thrown as IsovoxError).code !== 'ERR_NOT_FOUND') throw thrown;
        await rm(path, { force: true });
      }
    });
  }

  /** Carries files over, several at a time. */
  async send(names: readonly string[]): Promise<void> {
    await eachInOrder(names, FILES_AT_ONCE, async (name) => {
      await writeObject(this.#at(name), await readFile(join(this.folder, name)), { context: this.context });
    });
  }

  async remove(names: readonly string[]): Promise<void> {
    if (names.length > 0)
      await deleteObjects(
        names.map((name) => this.#at(name)),
        { context: this.context },
      );
  }

  /** Makes the store hold below `name` what the folder holds. */
  async sendFolder(name: string): Promise<void> {
    const folder = join(this.folder, name);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const here = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
    const kept = new Set(here);
    await this.send(here);
    await this.remove([...(await this.list(name)).keys()].filter((there) => !kept.has(there)));
  }

  lease(name: string): Promise<ObjectLease | undefined> {
    return ObjectLease.take(this.#at(name), this.context);
  }

  leaseHolder(name: string): Promise<LeaseHolder | undefined> {
    return objectLeaseHolder(this.#at(name), this.context);
  }

  #at(name: string): string {
    return `${this.address}/${name}`;
  }
}
