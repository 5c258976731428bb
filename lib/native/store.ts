/** Volumes in Zarr 3 folders, on the disk or below `s3://bucket/prefix`: opened once, read box by box. */

import { addon } from '../runtime/addon.js';
import { type Context, defaultContext } from '../runtime/context.js';
import { locate } from '../runtime/s3.js';
import type { Handle, HeavyName, Surface } from '../runtime/surface.js';
import { type SubmitOptions, submit } from '../runtime/task.js';
import type { StoreDescription, StoreStats } from './store-types.js';

type ArgsOf<Name extends HeavyName> = Parameters<Surface[Name]>[0];
type ResultOf<Name extends HeavyName> = Promise<Awaited<ReturnType<Surface[Name]>>>;

/** Opens an OME-Zarr image or a Zarr 3 array; only its metadata are read. */
export async function openStore(args: ArgsOf<'openStore'>, options?: SubmitOptions): ResultOf<'openStore'> {
  const { config, isolated } = options?.context ?? defaultContext();
  if (!isolated) addon().setTileCacheLimit(config.read.tileCacheSizeMb * 2 ** 20);
  return submit('openStore', { ...args, path: await locate(args.path, options) }, options);
}

/** The voxels of a box, each range [begin, end); only the chunks that it touches are read. */
export function readRegion(args: ArgsOf<'readRegion'>, options?: SubmitOptions): ResultOf<'readRegion'> {
  return submit('readRegion', args, options);
}

export function describeStore(store: Handle<'StoredVolume'>): StoreDescription {
  return addon().describeStore(store);
}

/** Measured counters of the context's tile cache, and of the process's reads since it began. */
export function storeStats(context?: Context): StoreStats {
  return addon().storeStats(context?.isolated?.cache);
}
