/** Where the installed package lies, from source (`lib/`) and from build (`dist/`) alike. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { IsovoxError } from '../errors.js';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (dirname(folder) !== folder) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'isovox') return folder;
    folder = dirname(folder);
  }
  throw new IsovoxError('ERR_INTERNAL', 'The isovox package folder was not found above the running file');
}

export const packageRoot: string = findRoot();

/** The version in package.json: part of every stage's key and of every row's provenance. */
export const packageVersion: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;
