/**
 * A course folder on disk: stages write into a temporary folder, their files are moved into place, and the manifest is
 * written last. Whatever a kill leaves behind, a stage without a manifest is a stage that did not run.
 *
 *   <course>/.isovox/<stage>.json   manifest: key, inputs, outputs with size and SHA-256
 *   <course>/.isovox/<stage>.failed.json   instead of it, when the stage failed: code and reason
 *   <course>/.isovox/tmp/<stage>/   what a stage is writing; swept at the next start
 */

import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

import { sweepTemporaries, writeText } from '../table/atomic.js';
import { canonicalJson, digestFile } from './digest.js';
import { failpoint } from './failpoint.js';
import type { Finding } from './model.js';
import { readJson } from './read-json.js';
import type { PartFailure } from './stage.js';

export interface ManifestFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly stage: string;
  /** Version of Isovox that ran it. */
  readonly isovox: string;
  /** Hash of inputs, settings and version: the stage is valid as long as it is the same. */
  readonly key: string;
  readonly settingsHash: string;
  readonly status: 'done' | 'skipped';
  readonly reason?: string;
  readonly findings: readonly Finding[];
  /** Parts, mostly structures, that could not be done. */
  readonly failures?: readonly PartFailure[];
  /** Paths relative to the DICOM root. */
  readonly inputs: readonly ManifestFile[];
  /** Paths relative to the course folder. */
  readonly outputs: readonly ManifestFile[];
}

/** Why a stage has no result. */
export interface StageFailure {
  readonly stage: string;
  /** Of the attempt that failed; empty when the failure is not one of its inputs, settings or version. */
  readonly key: string;
  readonly code: string;
  readonly reason: string;
  /** The input file it is about. */
  readonly path?: string;
}

/** Who else is to know of results. */
export interface StageUpkeep {
  /** Asked before a result is made visible; throws when that is no longer ours to do. */
  readonly check?: (() => Promise<void>) | undefined;
  /** Another place that has what the folder has. */
  readonly mirror?:
    | {
        holds(output: ManifestFile): boolean;
        push(stage: string): Promise<void>;
      }
    | undefined;
}

const CONTROL = '.isovox';

export class StageStore {
  constructor(
    readonly courseFolder: string,
    private readonly upkeep: StageUpkeep = {},
  ) {}

  #manifestPath(stage: string): string {
    return join(this.courseFolder, CONTROL, `${stage}.json`);
  }

  /** The manifest of a finished stage; undefined when there is none or it is not whole. */
  manifest(stage: string): Promise<Manifest | undefined> {
    return readJson(this.#manifestPath(stage));
  }

  #failurePath(stage: string): string {
    return join(this.courseFolder, CONTROL, `${stage}.failed.json`);
  }

  /** Why the stage failed when it last ran; undefined when it did not. */
  failure(stage: string): Promise<StageFailure | undefined> {
    return readJson(this.#failurePath(stage));
  }

  /** Notes that the stage failed; results of earlier runs go, since they are not those of these inputs. */
  async fail(failure: StageFailure): Promise<void> {
    await this.#forget(failure.stage);
    await mkdir(join(this.courseFolder, CONTROL), { recursive: true });
    await writeText(this.#failurePath(failure.stage), `${canonicalJson(failure)}\n`);
    await this.upkeep.mirror?.push(failure.stage);
  }

  /** Whether the stage ran with this key and all its outputs are still there at their size. */
  async isValid(stage: string, key: string): Promise<boolean> {
    const manifest = await this.manifest(stage);
    if (manifest?.key !== key) return false;
    for (const output of manifest.outputs) {
      const here = await stat(join(this.courseFolder, output.path)).catch(() => undefined);
      if (here?.size !== output.size && !this.upkeep.mirror?.holds(output)) return false;
    }
    return true;
  }

  /** An empty folder for the stage to write into. */
  async openFolder(stage: string): Promise<string> {
    const folder = join(this.courseFolder, CONTROL, 'tmp', stage);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Removes what killed runs left behind. */
  async sweep(): Promise<void> {
    await rm(join(this.courseFolder, CONTROL, 'tmp'), { recursive: true, force: true });
    await sweepTemporaries(join(this.courseFolder, CONTROL));
  }

  /** Moves the folder's files into place, removes what the stage wrote earlier and no longer does, and says it is done. */
  async commit(manifest: Omit<Manifest, 'outputs'>, folder: string): Promise<Manifest> {
    const files = await listFiles(folder);
    const outputs: ManifestFile[] = [];
    for (const path of files) outputs.push({ path, ...(await syncAndDigest(join(folder, path))) });
    failpoint(`${manifest.stage}:written`);
    await this.upkeep.check?.();
    const before = await this.manifest(manifest.stage);
    await rm(this.#manifestPath(manifest.stage), { force: true });
    await rm(this.#failurePath(manifest.stage), { force: true });
    const kept = new Set(files);
    for (const old of before?.outputs ?? []) {
      if (kept.has(old.path)) continue;
      const path = join(this.courseFolder, old.path);
      await rm(path, { force: true });
      await removeEmptyParents(dirname(path), this.courseFolder);
    }
    failpoint(`${manifest.stage}:unmarked`);
    for (const path of files) {
      const target = join(this.courseFolder, path);
      await mkdir(dirname(target), { recursive: true });
      await rename(join(folder, path), target);
    }
    failpoint(`${manifest.stage}:moved`);
    await rm(folder, { recursive: true, force: true });
    const whole: Manifest = { ...manifest, outputs };
    await writeText(this.#manifestPath(manifest.stage), `${canonicalJson(whole)}\n`);
    await this.upkeep.mirror?.push(manifest.stage);
    return whole;
  }

  /** Forgets a stage and removes its outputs. */
  async discard(stage: string): Promise<void> {
    await this.#forget(stage);
    await this.upkeep.mirror?.push(stage);
  }

  async #forget(stage: string): Promise<void> {
    const manifest = await this.manifest(stage);
    await rm(this.#manifestPath(stage), { force: true });
    await rm(this.#failurePath(stage), { force: true });
    for (const { path } of manifest?.outputs ?? []) {
      await rm(join(this.courseFolder, path), { force: true });
      await removeEmptyParents(dirname(join(this.courseFolder, path)), this.courseFolder);
    }
  }
}

async function syncAndDigest(path: string): Promise<{ size: number; sha256: string }> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return digestFile(path);
}

/** Relative paths of all files below `folder`, sorted, with forward slashes. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function removeEmptyParents(folder: string, stop: string): Promise<void> {
  for (let at = folder; at.startsWith(stop + sep); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return; // not empty, or gone already
    }
  }
}
