// npm run build:prebuilds, and npm pack: what is shipped beside dist/. prebuilds/PLATFORM-ARCH/isovox.node with the shared
// libraries that it needs; the licences of everything in it; a bill of materials; the manual page.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { writeBillOfMaterials, writeLicences } from './components.mjs';
import { writeManual } from './man.mjs';
import { once, root, run, setup } from './setup.mjs';

export const platform = `${process.platform}-${process.arch}`;
const prebuilds = join(root, 'prebuilds', platform);
const stage = join(root, 'build/prebuild');

/** What every machine with Node.js 20 has: the C library and the compiler's runtime. */
const OF_THE_SYSTEM = /^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libresolv|libstdc\+\+|libgcc_s)[-.]/;

/** The shared libraries that a binary needs, found by the loader: name and file. */
export function sharedLibraries(binary) {
  const { stdout } = spawnSync('ldd', [binary], { encoding: 'utf8' });
  return [...stdout.matchAll(/^\s*(\S+) => (\S+) \(/gm)]
    .map(([, name, file]) => ({ name, file: realpathSync(file) }))
    .filter(({ name }) => !OF_THE_SYSTEM.test(name));
}

function prebuild() {
  rmSync(prebuilds, { recursive: true, force: true });
  mkdirSync(join(stage, 'build/Release'), { recursive: true });
  const compile = join(root, '.ci/prebuild-compile.mjs');
  run(
    'npx',
    [
      ...['--no-install', 'prebuildify', '--napi', '--strip', '--name', 'isovox', '--cwd', stage, '--out', root],
      ...['--node-gyp', process.platform === 'win32' ? `node ${compile}` : compile],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' },
  );
  const libraries = process.platform === 'linux' ? sharedLibraries(join(prebuilds, 'isovox.node')) : [];
  for (const { name, file } of libraries) {
    copyFileSync(file, join(prebuilds, name));
    run('strip', ['--strip-unneeded', join(prebuilds, name)]);
  }
  if (process.platform !== 'linux') return;
  const map = readFileSync(join(stage, 'build/Release/isovox.map'), 'utf8');
  writeLicences(join(root, 'THIRD_PARTY_LICENSES.txt'), map, libraries);
  writeBillOfMaterials(join(root, 'sbom.cdx.json'), map, libraries);
}

export function packageParts() {
  setup();
  const sources = ['native', 'package.json', '.ci/prebuild.mjs', '.ci/components.mjs', '.ci/prebuild-compile.mjs'];
  once('prebuild', sources, () => existsSync(join(prebuilds, 'isovox.node')), prebuild);
  writeManual();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  packageParts();
  for (const name of readdirSync(prebuilds)) {
    const megabytes = (statSync(join(prebuilds, name)).size / 1e6).toFixed(2).padStart(6);
    process.stdout.write(`${megabytes} MB  prebuilds/${platform}/${name}\n`);
  }
}
