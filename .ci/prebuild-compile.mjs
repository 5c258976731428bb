#!/usr/bin/env node
// prebuildify calls this as its node-gyp: the build is CMake's, linked with archives, into build/prebuild/build/Release.
import { join } from 'node:path';

import { staticPackages } from '../native/tools/static-packages.mjs';
import { root, run } from './setup.mjs';

const isDebian = process.platform === 'linux';
const definitions = [`--CDISOVOX_ADDON_DIR=${join(root, 'build/prebuild/build/Release')}`];
if (isDebian) definitions.push(`--CDISOVOX_STATIC=${staticPackages(join(root, 'build/static'))}`);
run(
  'npx',
  [
    ...['--no-install', 'cmake-js', 'compile', '--directory', join(root, 'native')],
    ...['--out', join(root, 'build/cmake-prebuild'), '--log-level', 'warn', ...definitions],
  ],
  { stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' },
);
