/** Loads the native binary: the only file that knows where it is. */

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { IsovoxError } from '../errors.js';
import { packageRoot } from './package-root.js';
import type { Surface } from './surface.js';

export interface SurfaceRow {
  name: string;
  heavy: boolean;
  signature: string;
  doc: string;
}

export type Addon = Surface & { surface: SurfaceRow[] };

let loaded: Addon | undefined;

/** The native functions; loaded at the first call, because `isovox --help` needs none of them. */
export function addon(): Addon {
  if (loaded) return loaded;
  const requireHere = createRequire(import.meta.url);
  try {
    loaded = requireHere('node-gyp-build')(packageRoot) as Addon;
  } catch (cause) {
    const hasSources = existsSync(join(packageRoot, 'native', 'CMakeLists.txt'));
    const prebuilds = join(packageRoot, 'prebuilds');
    const prebuilt = existsSync(prebuilds) ? readdirSync(prebuilds) : [];
    throw new IsovoxError(
      'ERR_NOT_FOUND',
      `The native part of isovox could not be loaded on ${process.platform}-${process.arch}: ` +
        `${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}. ` +
        (hasSources
          ? `Build it with: npm run build:native (in ${packageRoot})`
          : `This package has binaries for ${prebuilt.join(', ') || 'no platform'}; others are built from a clone of its repository`),
      { path: packageRoot },
      { cause },
    );
  }
  return loaded;
}
