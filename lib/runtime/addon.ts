/** Loads the native binary: the only file that knows where it is. */

import { createRequire } from 'node:module';

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
  const require = createRequire(import.meta.url);
  try {
    loaded = require('node-gyp-build')(packageRoot) as Addon;
  } catch (cause) {
    throw new IsovoxError(
      'ERR_NOT_FOUND',
      `The native part of isovox could not be loaded on ${process.platform}-${process.arch}: ` +
        `${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}. ` +
        `Build it with: npm run build:native (in ${packageRoot})`,
      { path: packageRoot },
      { cause },
    );
  }
  return loaded;
}
