/** What several commands do alike. */

import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { getConfig } from '../../config/resolve.js';
import { asIsovoxError } from '../../errors.js';
import { countingProgress } from '../../rt/log.js';
import { automaticWorkers } from '../../rt/run.js';
import { Context } from '../../runtime/context.js';
import { writeCsv } from '../../table/csv.js';
import { writeParquet } from '../../table/parquet.js';
import type { Table } from '../../table/table.js';
import { interruptible } from '../interrupt.js';
import { createLog, type LogOptions } from '../log.js';
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

/** A table in the format of the file's extension: .parquet, .tsv, and CSV for everything else. */
export async function writeTable(table: Table, path: string): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension === '.parquet') await writeParquet(table, path);
  else await writeCsv(table, path, extension === '.tsv' ? '\t' : ',');
}

/** Does `work` with a log and a signal that Ctrl-C aborts; whatever the log shows is cleared when it ends. */
export async function logged<T>(
  options: CommonOptions,
  work: (log: Awaited<ReturnType<typeof createLog>>, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const log = await createLog(logOptions(options));
  try {
    return await interruptible((signal) => work(log, signal));
  } finally {
    log.close();
  }
}

const logOptions = ({ jsonLogs, quiet, verbose, keepIdentifiers }: CommonOptions): LogOptions => ({
  json: jsonLogs,
  quiet,
  verbose,
  keepIdentifiers,
});

/** Shows how far one long call is, on a terminal or in plain lines; `end` clears the line. */
export async function callProgress(
  phase: string,
  options: CommonOptions,
): Promise<{ update: (done: number, total: number) => void; end: () => void }> {
  const log = await createLog(logOptions(options));
  return {
    update: countingProgress(log, phase),
    end: () => log.close(),
  };
}
