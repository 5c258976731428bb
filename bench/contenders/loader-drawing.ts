/** Which samples the loader benches draw: `perVolume` patches of 64 cubed or slices, or the whole volumes. */

import type { LoaderOptions } from '../../lib/dataloader/index.js';

export function drawing(what: string, perVolume: number): Omit<LoaderOptions, 'collections'> {
  const seed = 1;
  if (what === 'patch') return { patchSize: [64, 64, 64], patchesPerVolume: perVolume, seed };
  return what === 'slice' ? { loadingMode: 'slice', patchesPerVolume: perVolume, seed } : { seed };
}
