// Builds the static libraries that the prebuilt binary is linked with: `node native/tools/static-packages.mjs DIR`.
//
// Debian's libdcmtk and libcurl are shared and bring ICU, Kerberos, LDAP and GnuTLS, 70 MB that Isovox never calls. The
// same source packages, with Debian's patches, are built here with only what is used, into DIR, outside the tree of
// sources. Everything else comes from the installed -dev packages. Debian only.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Of each source package: what CMake is told. */
const PACKAGES = {
  dcmtk: [
    '-DDCMTK_MODULES=ofstd;oflog;dcmdata;dcmimgle;dcmimage;dcmjpeg;dcmjpls',
    '-DBUILD_APPS=OFF',
    '-DDCMTK_DEFAULT_DICT=builtin',
    '-DDCMTK_ENABLE_PRIVATE_TAGS=OFF',
    '-DCMAKE_CXX_STANDARD=17',
    '-DCMAKE_INSTALL_DATADIC=share/libdcmtk',
    ...['XML', 'ICU', 'ICONV', 'STDLIBC_ICONV', 'OPENSSL', 'PNG', 'TIFF', 'SNDFILE', 'WRAP', 'OPENJPEG', 'DOXYGEN'].map(
      (name) => `-DDCMTK_WITH_${name}=OFF`,
    ),
    '-DDCMTK_ENABLE_CHARSET_CONVERSION=<disabled>',
  ],
  curl: [
    '-DBUILD_CURL_EXE=OFF',
    '-DBUILD_TESTING=OFF',
    '-DHTTP_ONLY=ON',
    '-DCURL_USE_OPENSSL=ON',
    '-DOPENSSL_USE_STATIC_LIBS=ON',
    '-DCURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt',
    ...['LIBSSH2', 'LIBPSL', 'GSSAPI'].map((name) => `-DCURL_USE_${name}=OFF`),
    ...['NGHTTP2', 'LIBIDN2', 'LIBRTMP'].map((name) => `-DUSE_${name}=OFF`),
    '-DCURL_BROTLI=OFF',
    '-DCURL_ZSTD=OFF',
    '-DCURL_DISABLE_LDAP=ON',
  ],
};

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

function codename() {
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1] ?? 'bookworm';
}

/** A function that runs apt-get with a list of its own: nothing of the system's is changed. */
function sources(work) {
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(work, folder), { recursive: true });
  const list = join(work, 'sources.list');
  const suite = codename();
  const lines = [
    `http://deb.debian.org/debian ${suite} main`,
    `http://deb.debian.org/debian-security ${suite}-security main`,
  ];
  writeFileSync(list, lines.map((line) => `deb-src [signed-by=${KEYRING}] ${line}\n`).join(''));
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': '',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return (...args) => run('apt-get', [...options, '-qq', ...args], { cwd: work });
}

/** Builds what is not there yet; `prefix` then has include/, lib/ and, per package, share/copyright/NAME. */
export function staticPackages(prefix) {
  const work = join(prefix, 'work');
  const missing = Object.keys(PACKAGES).filter((name) => !existsSync(join(prefix, 'share/copyright', name)));
  if (missing.length === 0) return prefix;
  mkdirSync(join(prefix, 'share/copyright'), { recursive: true });
  const apt = sources(work);
  apt('update');
  for (const name of missing) {
    process.stderr.write(`building ${name} of Debian's sources\n`);
    const source = join(work, name);
    rmSync(source, { recursive: true, force: true });
    apt('source', '--download-only', name);
    const description = readdirSync(work).find((file) => file.startsWith(`${name}_`) && file.endsWith('.dsc'));
    run('dpkg-source', ['-x', description, source], { cwd: work, stdio: 'ignore' });
    const build = join(work, `${name}-build`);
    rmSync(build, { recursive: true, force: true });
    run('cmake', [
      ...['-S', source, '-B', build, '-G', 'Ninja', `-DCMAKE_INSTALL_PREFIX=${prefix}`, '-DCMAKE_INSTALL_LIBDIR=lib'],
      ...['-DCMAKE_BUILD_TYPE=Release', '-DBUILD_SHARED_LIBS=OFF', '-DCMAKE_POSITION_INDEPENDENT_CODE=ON', '-Wno-dev'],
      ...['C', 'CXX'].flatMap((language) => [
        `-DCMAKE_${language}_FLAGS=-w -ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2 -DENABLE_DCMJPLS_INTERLEAVE_NONE`,
        ...(existsSync('/usr/bin/ccache') ? [`-DCMAKE_${language}_COMPILER_LAUNCHER=ccache`] : []),
      ]),
      ...PACKAGES[name],
    ]);
    run('cmake', ['--build', build]);
    run('cmake', ['--install', build]);
    const version = /^Version: (.*)$/m.exec(readFileSync(join(work, description), 'utf8'))?.[1];
    writeFileSync(join(prefix, 'share', `${name}.version`), `${version}\n`);
    copyFileSync(join(source, 'debian/copyright'), join(prefix, 'share/copyright', name));
  }
  return prefix;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) staticPackages(resolve(process.argv[2] ?? 'build/static'));
