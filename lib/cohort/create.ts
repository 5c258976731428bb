/** A store with nothing in it. */

import { writeGroup, writeManifest } from './manifest.js';
import type { Place } from './place.js';
import { writeTables } from './tables.js';

export async function createStore(place: Place): Promise<void> {
  const manifest = { version: 1, subjects: [], volumes: [] } as const;
  await writeGroup(place);
  await writeGroup(place, 'collections');
  await writeTables(place, manifest);
  await writeManifest(place, manifest, { version: undefined });
}
