/** A store with nothing in it. */

import { writeGroup, writeManifest } from './manifest.js';
import type { Place } from './place.js';
import { writeTables } from './tables.js';

/** Makes the store unless there is one. */
export async function ensureStore(place: Place): Promise<void> {
  if (!(await place.exists('index.json'))) await createStore(place);
}

export async function createStore(place: Place): Promise<void> {
  const manifest = { version: 1, subjects: [], volumes: [] } as const;
  await writeGroup(place);
  await writeGroup(place, 'collections');
  await writeTables(place, manifest);
  await writeManifest(place, manifest, { version: undefined });
}
