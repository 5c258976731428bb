/** Whether a store holds what its index says, and nothing else. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { asIsovoxError } from '../errors.js';
import { describeStore, openStore } from '../native/store.js';
import { dispose } from '../native/volume.js';
import { readManifest } from './manifest.js';

export interface StoreFinding {
  readonly code: string;
  readonly severity: 'warn' | 'fail';
  readonly message: string;
  readonly obs_id?: string;
}

/** An empty list when all is well. */
export async function validateStore(store: string): Promise<StoreFinding[]> {
  const manifest = await readManifest(store);
  const findings: StoreFinding[] = [];
  const subjects = new Set(manifest.subjects.map((row) => row.subject_id));
  for (const row of manifest.volumes) {
    const fail = (code: string, message: string): void => {
      findings.push({ code, severity: 'fail', message, obs_id: row.obs_id });
    };
    if (!subjects.has(row.subject_id)) fail('store.subject_missing', `No subject ${row.subject_id} is in the table`);
    try {
      const handle = await openStore({ path: join(store, row.path) });
      const { grid, dtype, frames, components } = describeStore(handle);
      dispose(handle);
      const agrees =
        String(grid.size) === String(row.size) &&
        dtype === row.dtype &&
        frames === row.frames &&
        components === row.components;
      if (!agrees) fail('store.disagrees', `${row.path} is not what the index says`);
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      fail('store.unreadable', `${row.path}: ${error.message}`);
    }
  }
  const listed = new Set(manifest.volumes.map((row) => row.path));
  for (const collection of await foldersIn(join(store, 'collections'))) {
    for (const name of await foldersIn(join(store, 'collections', collection))) {
      const path = `collections/${collection}/${name}`;
      if (listed.has(path)) continue;
      findings.push({ code: 'store.unlisted', severity: 'warn', message: `${path} is not in the index` });
    }
  }
  for (const table of ['subjects', 'volumes']) {
    const there = await stat(join(store, 'tables', `${table}.parquet`)).catch(() => undefined);
    if (!there) {
      findings.push({ code: 'store.table_missing', severity: 'warn', message: `tables/${table}.parquet is not there` });
    }
  }
  return findings;
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
