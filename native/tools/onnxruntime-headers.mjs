// Brings the headers of ONNX Runtime's C API: `node native/tools/onnxruntime-headers.mjs`, called by .ci/setup.mjs.
//
// Debian 13 has them as a package. Debian 12 does not: there the same 85 KB package is taken from the next release,
// with a list of its own so that nothing else is ever upgraded, and unpacked outside the tree. Nothing is installed.
// native/CMakeLists.txt looks in the same places. Without headers everything but inference builds.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HEADER = 'onnxruntime_c_api.h';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'isovox', 'onnxruntime-headers');

/** The folder with the headers, or undefined. */
export function findHeaders() {
  const system = [
    '/usr/include/onnxruntime',
    '/usr/include/onnxruntime/core/session',
    '/usr/local/include/onnxruntime',
  ];
  return [process.env.ORT_INCLUDE_DIR, ...system, cache].find((at) => at && existsSync(join(at, HEADER)));
}

/** Finds the headers or fetches them; undefined, and the reason on stderr, when neither can be done. */
export function bringHeaders() {
  const found = findHeaders();
  if (found !== undefined) return found;
  if (!existsSync('/usr/bin/apt-get') || !existsSync(KEYRING)) return refuse('no Debian package tools');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    for (const folder of ['lists/partial', 'cache/archives/partial'])
      mkdirSync(join(work, folder), { recursive: true });
    const list = join(work, 'sources.list');
    writeFileSync(list, `deb [signed-by=${KEYRING}] http://deb.debian.org/debian trixie main\n`);
    const settings = {
      'Dir::Etc::sourcelist': list,
      'Dir::Etc::sourceparts': '-',
      'Dir::State::lists': join(work, 'lists'),
      'Dir::Cache': join(work, 'cache'),
      'APT::Sandbox::User': '',
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    if (!run('apt-get', [...options, 'update', '-qq'], work)) return refuse('the package list cannot be fetched');
    if (!run('apt-get', [...options, 'download', '-qq', 'libonnxruntime-dev'], work))
      return refuse('the package libonnxruntime-dev cannot be fetched');
    const [archive] = readdirSync(work).filter((name) => name.endsWith('.deb'));
    if (!archive || !run('dpkg-deb', ['-x', archive, 'unpacked'], work))
      return refuse('the package cannot be unpacked');
    const headers = join(work, 'unpacked', 'usr', 'include', 'onnxruntime');
    for (const name of readdirSync(headers).sort((a) => (a === HEADER ? 1 : -1)))
      renameSync(join(headers, name), join(cache, name));
    return findHeaders();
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(command, args, cwd) {
  return spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000 }).status === 0;
}

function refuse(reason) {
  process.stderr.write(
    `isovox is built without inference: ONNX Runtime's headers were not found and ${reason}. ` +
      'Install libonnxruntime-dev, or set ORT_INCLUDE_DIR to the folder of onnxruntime_c_api.h, and build again.\n',
  );
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) bringHeaders();
