// Makes a fresh Debian machine ready: system packages, npm packages, native build, JavaScript build. Each step is
// skipped when there is nothing to do, so that the second start is quick.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bringHeaders } from '../native/tools/onnxruntime-headers.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamps = join(root, 'build', 'stamps');

/** What the native part is built from; `file` is there when the package is. */
const SYSTEM = [
  { package: 'g++', file: '/usr/bin/g++' },
  { package: 'cmake', file: '/usr/bin/cmake' },
  { package: 'ninja-build', file: '/usr/bin/ninja' },
  { package: 'libdcmtk-dev', file: '/usr/include/dcmtk/dcmdata/dctk.h' },
  { package: 'libtbb-dev', file: '/usr/include/oneapi/tbb/version.h' },
  { package: 'libdeflate-dev', file: '/usr/include/libdeflate.h' },
  { package: 'zlib1g-dev', file: '/usr/include/zlib.h' },
  { package: 'libbz2-dev', file: '/usr/include/bzlib.h' },
  { package: 'libzstd-dev', file: '/usr/include/zstd.h' },
  { package: 'liblz4-dev', file: '/usr/include/lz4.h' },
  { package: 'libblosc-dev', file: '/usr/include/blosc.h' },
  { package: 'libopenjp2-7-dev', file: '/usr/include/openjpeg-2.5/openjpeg.h' },
  { package: 'libwfa2-dev', file: '/usr/include/wfa2lib/bindings/cpp/WFAligner.hpp' },
  { package: 'libparasail-dev', file: '/usr/include/parasail.h' },
  {
    package: 'libcurl4-openssl-dev',
    file: `/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/curl/curl.h`,
  },
  { package: 'libssl-dev', file: '/usr/include/openssl/evp.h' },
  { package: 'nlohmann-json3-dev', file: '/usr/include/nlohmann/json.hpp' },
];
/** For the tests only. */
const SYSTEM_TESTS = [
  { package: 'doctest-dev', file: '/usr/include/doctest/doctest.h' },
  { package: 'chromium', file: '/usr/bin/chromium' },
  // An S3 server, 220 MB installed.
  { package: 'radosgw', file: '/usr/bin/radosgw' },
  { package: 'ceph-mon', file: '/usr/bin/ceph-mon' },
  { package: 'ceph-osd', file: '/usr/bin/ceph-osd' },
  { package: 'redis-server', file: '/usr/bin/redis-server' },
  { package: 'snakemake', file: '/usr/bin/snakemake' },
  { package: 'slurm-wlm', file: '/usr/bin/sbatch' },
  { package: 'munge', file: '/usr/sbin/munged' },
];

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    process.stderr.write(`\n${command} ${args.join(' ')} ended with ${result.status ?? result.signal}\n`);
    process.exit(result.status ?? 1);
  }
}

function systemPackages(wanted) {
  // Elsewhere they come from Homebrew or vcpkg: .github/workflows/prebuilds.yml has the lists.
  if (process.platform !== 'linux') return;
  const missing = wanted.filter(({ file }) => !existsSync(file)).map((one) => one.package);
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const isDebian = existsSync('/usr/bin/apt-get');
  if (!isDebian || process.getuid?.() !== 0) {
    process.stderr.write(
      `isovox needs packages that are not installed. As root, run:\n\n  apt-get update && ${line}\n\n`,
    );
    process.exit(1);
  }
  process.stderr.write(`installing ${missing.join(', ')}\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  run('apt-get', line.split(' ').slice(1).concat('-qq'), { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Runs `step` unless it ran before with the same content of `paths`. */
export function once(name, paths, done, step) {
  const stamp = join(stamps, name);
  const hash = createHash('sha256');
  for (const file of paths.flatMap(listFiles).sort())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)));
  const digest = hash.digest('hex');
  if (done() && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  step();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, digest);
}

function listFiles(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full).flatMap((name) => listFiles(join(path, name)));
}

export function setup({ tests = false } = {}) {
  systemPackages(tests ? [...SYSTEM, ...SYSTEM_TESTS] : SYSTEM);
  once(
    'npm',
    ['package.json', 'package-lock.json'],
    () => existsSync(join(root, 'node_modules')),
    () => {
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
    },
  );
  once('native', ['native', 'package.json'], () => existsSync(join(root, 'build/Release/isovox.node')), buildNative);
  once(
    'js',
    ['lib', '.ci/tsdown.config.ts', 'package.json'],
    () => existsSync(join(root, 'dist/cli/main.js')),
    () => {
      run('npx', ['--no-install', 'tsdown', '--config', '.ci/tsdown.config.ts', '--log-level', 'warn']);
    },
  );
}

export function buildNative() {
  bringHeaders();
  run(
    'npx',
    [
      '--no-install',
      'cmake-js',
      'compile',
      '--directory',
      join(root, 'native'),
      '--out',
      join(root, 'build', 'cmake'),
      '--log-level',
      'warn',
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
}

/** Builds the native test program into build/<folder> and gives its path. */
export function buildNativeTests(folder, definitions = []) {
  bringHeaders();
  const build = join(root, 'build', folder);
  run('cmake', ['-S', join(root, 'native'), '-B', build, '-G', 'Ninja', '-DISOVOX_TESTS=ON', ...definitions], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  run('cmake', ['--build', build, '--target', 'isovox_tests'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(build, 'isovox_tests');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup({ tests: process.argv.includes('--tests') });
