/** A course in an object store, and its folder on this machine. */

import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

import { IsovoxError } from '../errors.js';
import { writeText } from '../table/atomic.js';
import { digestFile } from './digest.js';
import { courseFolder } from './layout.js';
import type { Course } from './model.js';
import { OutputMirror } from './output-mirror.js';
import { readJson } from './read-json.js';
import { type Manifest, type ManifestFile, StageStore } from './stage-store.js';
import { STAGES } from './stages/index.js';

const failed = (stage: string): string => `.isovox/${stage}.failed.json`;
const done = (stage: string): string => `.isovox/${stage}.json`;

export class CourseMirror {
  /** Of every object of the course, by its path below the course folder. */
  #sizes = new Map<string, number>();
  readonly #manifests = new Map<string, Manifest>();
  readonly #name: string;

  private constructor(
    private readonly mirror: OutputMirror,
    private readonly courseFolder: string,
  ) {
    this.#name = relative(mirror.folder, courseFolder).split(sep).join('/');
  }

  /** Learns what the store holds; stages that it does not hold like this are forgotten here. */
  static async open(mirror: OutputMirror, courseFolder: string): Promise<CourseMirror> {
    const course = new CourseMirror(mirror, courseFolder);
    await course.#learn();
    return course;
  }

  /** Whether the store holds this output of a stage. */
  holds({ path, size }: ManifestFile): boolean {
    return this.#sizes.get(path) === size;
  }

  /** Fetches outputs of finished stages that are not here yet: all, or those that `wanted` names. */
  async bring(wanted: (path: string) => boolean = () => true): Promise<void> {
    const missing: ManifestFile[] = [];
    for (const { outputs } of this.#manifests.values()) {
      for (const output of outputs) {
        if (!wanted(output.path)) continue;
        const here = await stat(join(this.courseFolder, output.path)).catch(() => undefined);
        if (here?.size !== output.size) missing.push(output);
      }
    }
    await this.mirror.fetch(missing.map(({ path }) => this.#below(path)));
    for (const { path, sha256 } of missing) {
      const found = await digestFile(join(this.courseFolder, path)).catch(() => undefined);
      if (found?.sha256 === sha256) continue;
      const uri = `${this.mirror.address}/${this.#below(path)}`;
      throw new IsovoxError('ERR_CORRUPT_DATA', `${uri} is not what its stage wrote; run it again with --force`, {
        path: uri,
      });
    }
  }

  /** Makes the store hold of this stage what the folder holds; its manifest goes first and comes last. */
  async push(stage: string): Promise<void> {
    const here = await readJson<Manifest>(join(this.courseFolder, done(stage)));
    const there = this.#manifests.get(stage);
    const outputs = here?.outputs ?? [];
    const same = new Set(
      there?.outputs
        .filter((old) => outputs.some(({ path, sha256 }) => path === old.path && sha256 === old.sha256))
        .map(({ path }) => path),
    );
    const kept = new Set(outputs.map(({ path }) => path));
    await this.#remove([done(stage), failed(stage)].filter((path) => this.#sizes.has(path)));
    this.#manifests.delete(stage);
    await this.#send(outputs.map(({ path }) => path).filter((path) => !same.has(path)));
    await this.#remove((there?.outputs ?? []).map(({ path }) => path).filter((path) => !kept.has(path)));
    if (here) {
      await this.#send([done(stage)]);
      this.#manifests.set(stage, here);
    } else if (await stat(join(this.courseFolder, failed(stage))).catch(() => undefined)) {
      await this.#send([failed(stage)]);
    }
  }

  async #learn(): Promise<void> {
    const listed = await this.mirror.list(this.#name);
    this.#sizes = new Map([...listed].map(([name, size]) => [name.slice(this.#name.length + 1), size]));
    const store = new StageStore(this.courseFolder);
    await Promise.all(STAGES.map(({ id }) => this.#learnStage(id, store)));
  }

  async #learnStage(stage: string, store: StageStore): Promise<void> {
    const notes = [done(stage), failed(stage)];
    const there = await Promise.all(
      notes.map(async (path) => (this.#sizes.has(path) ? this.mirror.read(this.#below(path)) : undefined)),
    );
    if (there[0] !== undefined) this.#manifests.set(stage, JSON.parse(there[0]) as Manifest);
    const here = await Promise.all(notes.map((path) => readText(join(this.courseFolder, path))));
    if (notes.every((_, n) => here[n] === there[n])) return;
    await store.discard(stage);
    for (const [n, path] of notes.entries()) {
      const text = there[n];
      if (text === undefined) continue;
      await mkdir(dirname(join(this.courseFolder, path)), { recursive: true });
      await writeText(join(this.courseFolder, path), text);
    }
  }

  async #send(paths: readonly string[]): Promise<void> {
    await this.mirror.send(paths.map((path) => this.#below(path)));
    for (const path of paths) this.#sizes.set(path, (await stat(join(this.courseFolder, path))).size);
  }

  async #remove(paths: readonly string[]): Promise<void> {
    await this.mirror.remove(paths.map((path) => this.#below(path)));
    for (const path of paths) this.#sizes.delete(path);
  }

  #below(path: string): string {
    return `${this.#name}/${path}`;
  }
}

/** The text of a file; undefined when it is not there. */
const readText = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/** What is known of a course's stages; of one in an object store, as the store has it. */
export async function openCourse(
  outdir: string,
  course: Pick<Course, 'patientId' | 'courseId'>,
  check?: () => Promise<void>,
): Promise<{ readonly store: StageStore; readonly mirror: CourseMirror | undefined }> {
  const folder = courseFolder(outdir, course);
  const output = await OutputMirror.of(outdir);
  const mirror = output && (await CourseMirror.open(output, folder));
  return { store: new StageStore(folder, { check, mirror }), mirror };
}
