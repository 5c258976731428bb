/** What decides a stage's result: as long as its key is the same, it need not run again. */

import { eachInOrder } from '../runtime/each.js';
import { packageVersion } from '../runtime/package-root.js';
import type { SubmitOptions } from '../runtime/task.js';
import { digestData, type FileDigest } from './digest.js';
import { digestInput } from './input-files.js';
import { relativeInput } from './input-path.js';
import type { Course } from './model.js';
import type { RunConfig } from './run-config.js';
import type { Stage } from './stage.js';
import type { StageState } from './stage-state.js';
import type { ManifestFile } from './stage-store.js';

export interface StageKey {
  readonly key: string;
  readonly settingsHash: string;
  /** Paths relative to the DICOM root. */
  readonly inputs: readonly ManifestFile[];
}

const FILES_AT_ONCE = 4;

/** Makes the keys of one course's stages; every input file is read once. */
export class StageKeys {
  readonly #digests = new Map<string, Promise<FileDigest>>();
  readonly #courseHash: string;

  constructor(
    private readonly course: Course,
    private readonly dicomRoot: string,
    private readonly config: RunConfig,
    private readonly reading: Pick<SubmitOptions, 'context' | 'signal'> = {},
  ) {
    this.#courseHash = digestData(describeForKey(course, dicomRoot));
  }

  /** Settings, version, the content of its inputs, and what the stages before it gave. */
  async of(stage: Stage, states: ReadonlyMap<string, StageState>): Promise<StageKey> {
    const paths = [...stage.inputs(this.course)].sort();
    const inputs = await eachInOrder(paths, FILES_AT_ONCE, async (path): Promise<ManifestFile> => {
      let digest = this.#digests.get(path);
      if (!digest) {
        digest = digestInput(path, this.reading);
        this.#digests.set(path, digest);
      }
      return { path: relativeInput(this.dicomRoot, path), ...(await digest) };
    });
    const settings = stage.settings(this.config);
    const before = [...stage.needs, ...(stage.after ?? [])].map((id) => {
      const state = states.get(id);
      return [id, state && 'manifest' in state ? digestData(state.manifest) : (state?.state ?? 'absent')];
    });
    const key = digestData({
      stage: stage.id,
      version: stage.version,
      isovox: packageVersion,
      settings,
      courseHash: this.#courseHash,
      inputs,
      before,
    });
    return { key, settingsHash: digestData(settings).slice(0, 16), inputs };
  }
}

/** What identifies a course's objects, without reading their content: for plans and queues. */
export function courseDigest(course: Course, dicomRoot: string): string {
  return digestData(describeForKey(course, dicomRoot));
}

/** The course as plain data without the place where it lies on this machine. */
function describeForKey(course: Course, dicomRoot: string): unknown {
  return JSON.parse(
    JSON.stringify(course, (key, value: unknown) =>
      key === 'path' && typeof value === 'string' ? relativeInput(dicomRoot, value) : value,
    ),
  );
}
