/** What another stage, run or machine left as JSON. */

import { readFile } from 'node:fs/promises';

/** Undefined where the file is not there or not whole. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
