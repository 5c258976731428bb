/** The folders of courses in an output folder, whoever made them. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError } from '../errors.js';

/** `PATIENT/COURSE`, sorted. Throws ERR_NOT_FOUND or ERR_IO. */
export async function courseFolders(outdir: string): Promise<string[]> {
  const found: string[] = [];
  for (const patient of await foldersIn(outdir)) {
    if (patient.startsWith('_') || patient.startsWith('.')) continue;
    for (const course of await foldersIn(join(outdir, patient))) found.push(`${patient}/${course}`);
  }
  return found;
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((thrown: unknown) => {
    throw asIsovoxError(thrown);
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
