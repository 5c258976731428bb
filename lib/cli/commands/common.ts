/** What several commands do alike. */

import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { getConfig } from '../../config/resolve.js';
import { asIsovoxError } from '../../errors.js';
import { automaticWorkers } from '../../rt/run.js';
import { Context } from '../../runtime/context.js';
import { writeCsv } from '../../table/csv.js';
import { writeParquet } from '../../table/parquet.js';
import type { Table } from '../../table/table.js';
import type { CommonOptions } from '../options.js';

/** The context that --workers asks for. */
export function commandContext(options: CommonOptions): Context {
  const config = getConfig();
  return new Context({ ...config, read: { ...config.read, concurrency: options.workers ?? automaticWorkers() } });
}

/** Files of a folder, or the file itself, sorted; folders below are searched too. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}

/** A table in the format of the file's extension: Parquet for .parquet, CSV for everything else. */
export async function writeTable(table: Table, path: string): Promise<void> {
  if (extname(path).toLowerCase() === '.parquet') await writeParquet(table, path);
  else await writeCsv(table, path);
}
