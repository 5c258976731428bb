/** Whether a store holds what its index says, and nothing else. */

import { asIsovoxError } from '../errors.js';
import { describeStore, openStore } from '../native/store.js';
import { dispose } from '../native/volume.js';
import { readManifest } from './manifest.js';
import type { Place } from './place.js';

export interface StoreFinding {
  readonly code: string;
  readonly severity: 'warn' | 'fail';
  readonly message: string;
  readonly obs_id?: string;
}

/** An empty list when all is well. */
export async function validateStore(place: Place): Promise<StoreFinding[]> {
  const manifest = await readManifest(place);
  const findings: StoreFinding[] = [];
  const subjects = new Set(manifest.subjects.map((row) => row.subject_id));
  for (const row of manifest.volumes) {
    const fail = (code: string, message: string): void => {
      findings.push({ code, severity: 'fail', message, obs_id: row.obs_id });
    };
    if (!subjects.has(row.subject_id)) fail('store.subject_missing', `No subject ${row.subject_id} is in the table`);
    try {
      const handle = await openStore({ path: place.at(row.path) }, { context: place.context });
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
  for (const collection of await place.folders('collections')) {
    for (const name of await place.folders(`collections/${collection}`)) {
      const path = `collections/${collection}/${name}`;
      if (listed.has(path)) continue;
      findings.push({ code: 'store.unlisted', severity: 'warn', message: `${path} is not in the index` });
    }
  }
  for (const table of ['subjects', 'volumes']) {
    if (!(await place.exists(`tables/${table}.parquet`))) {
      findings.push({ code: 'store.table_missing', severity: 'warn', message: `tables/${table}.parquet is not there` });
    }
  }
  return findings;
}
