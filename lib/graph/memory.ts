/** What tasks gave in earlier runs, so that the unchanged ones need not run again. */

import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** The key of a task covers its fingerprint and the keys of all that it depends on. */
export interface ExecutionMemory {
  /** What the task gave when its key was this one. */
  recall(task: string, key: string): Promise<{ readonly value: unknown } | undefined>;
  remember(task: string, key: string, value: unknown): Promise<void>;
}

export function taskKey(
  task: string,
  fingerprint: string,
  dependencies: ReadonlyArray<readonly [task: string, key: string]>,
): string {
  const sorted = [...dependencies].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return createHash('sha256')
    .update(JSON.stringify([task, fingerprint, sorted]))
    .digest('hex');
}

interface Remembered {
  readonly key: string;
  readonly value?: unknown;
}

/**
 * A memory in one JSON file, which is replaced as a whole: a run that is killed leaves the former one or the new one. A
 * result that JSON does not keep is not remembered, and its task runs again; a file that cannot be parsed counts as
 * empty. One process at a time.
 */
export function fileMemory(path: string): ExecutionMemory {
  let loading: Promise<Map<string, Remembered>> | undefined;
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const load = () => {
    loading ??= readMemory(path);
    return loading;
  };
  return {
    async recall(task, key) {
      const found = (await load()).get(task);
      return found?.key === key ? { value: found.value } : undefined;
    },
    async remember(task, key, value) {
      const tasks = await load();
      if (!survivesJson(value)) {
        if (!tasks.delete(task)) return;
      } else {
        tasks.set(task, value === undefined ? { key } : { key, value });
      }
      // All that finish while one version is written share the next.
      waiting ??= writing
        .catch(() => {})
        .then(() => {
          waiting = undefined;
          writing = writeMemory(path, tasks);
          return writing;
        });
      await waiting;
    },
  };
}

function survivesJson(value: unknown): boolean {
  if (value === undefined) return true;
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value);
  } catch {
    return false;
  }
}

async function readMemory(path: string): Promise<Map<string, Remembered>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw thrown;
  }
  try {
    const { tasks } = JSON.parse(text) as { tasks: Record<string, Remembered> };
    return new Map(Object.entries(tasks).filter(([, { key }]) => typeof key === 'string'));
  } catch {
    return new Map();
  }
}

async function writeMemory(path: string, tasks: ReadonlyMap<string, Remembered>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(JSON.stringify({ tasks: Object.fromEntries(tasks) }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
