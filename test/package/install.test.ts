/**
 * `npm pack`, then what users do: install it in an empty project on a Debian without compiler, without any install
 * script, and run the quick start. `npm run test:package`; needs root, debootstrap and the network.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { packageRoot } from '../../lib/runtime/package-root.js';
import { CleanRoot, cannot } from './clean-root.js';

/** What a machine must have at least: these are promised in the README. */
const FLOOR = { GLIBC: [2, 35], GLIBCXX: [3, 4, 30], CXXABI: [1, 3, 13] } as const;
/** On every machine with Node.js. */
const OF_THE_SYSTEM =
  /^(ld-linux-x86-64\.so\.2|lib(c|m|dl|rt|pthread|resolv)\.so\.\d+|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/;

const folder = join(packageRoot, 'build', 'package');
const inTarball = join(folder, 'package');
let tarball = '';

const text = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: 'utf8', cwd: packageRoot, maxBuffer: 1 << 28 });
const files = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
const atMost = (version: number[], limit: readonly number[]) => {
  const at = version.findIndex((part, place) => part !== (limit[place] ?? 0));
  return at < 0 || (version[at] ?? 0) < (limit[at] ?? 0);
};

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed = text('npm', 'pack', '--pack-destination', folder, '--loglevel=error').trim().split('\n').at(-1) ?? '';
  tarball = join(folder, packed);
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
});

describe('the tarball', () => {
  it('holds code, binary, licences and a bill of materials, and nothing else', () => {
    const all = files(inTarball);
    const sizes = new Map<string, number>();
    for (const file of all) {
      const part = file.startsWith('prebuilds') ? file : file.includes('/') ? `${file.split('/')[0]}/` : file;
      sizes.set(part, (sizes.get(part) ?? 0) + statSync(join(inTarball, file)).size);
    }
    const rows = [...sizes].sort((a, b) => b[1] - a[1]);
    process.stdout.write(`\n${(statSync(tarball).size / 1e6).toFixed(2)} MB packed\n`);
    for (const [part, size] of rows) process.stdout.write(`${(size / 1e6).toFixed(2).padStart(8)} MB  ${part}\n`);
    const roots = new Set(all.map((file) => file.split('/')[0]));
    const wanted = ['bench', 'dist', 'lib', 'man', 'completions', 'prebuilds', 'package.json', 'README.md', 'LICENSE'];
    expect([...roots].sort()).toEqual(
      [...wanted, 'THIRD_PARTY_LICENSES.txt', 'sbom.cdx.json', 'CHANGELOG.md', 'SECURITY.md'].sort(),
    );
  });

  it('needs no install script', () => {
    const { scripts, gypfile } = JSON.parse(readFileSync(join(inTarball, 'package.json'), 'utf8'));
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts[name]).toBeUndefined();
    expect(gypfile).toBeUndefined();
    expect(files(inTarball)).not.toContain('binding.gyp');
  });

  it('names every library that is in it or beside it, with its licence', () => {
    const bill = JSON.parse(readFileSync(join(inTarball, 'sbom.cdx.json'), 'utf8'));
    const licences = readFileSync(join(inTarball, 'THIRD_PARTY_LICENSES.txt'), 'utf8');
    const names: string[] = bill.components.map((one: { name: string }) => one.name);
    for (const name of ['dcmtk', 'curl', 'openssl', 'openjpeg2', 'zlib', 'libzstd', 'c-blosc', 'parasail', 'onetbb'])
      expect(names).toContain(name);
    for (const name of names) expect(licences).toContain(`${name} `);
    const beside = bill.components.flatMap((one: { properties?: { name: string; value: string }[] }) =>
      (one.properties ?? []).filter((each) => each.name === 'isovox:beside'),
    );
    expect(beside.length).toBe(files(join(inTarball, 'prebuilds', 'linux-x64')).length - 1);
  });

  it('asks for no newer C library than it says', () => {
    const binaries = files(join(inTarball, 'prebuilds')).map((file) => join(inTarball, 'prebuilds', file));
    const highest = new Map<string, string>();
    for (const binary of binaries) {
      for (const [, name = '', version = ''] of text('objdump', '-T', binary).matchAll(
        /\((GLIBC|GLIBCXX|CXXABI)_([\d.]+)\)/g,
      )) {
        const parts = version.split('.').map(Number);
        expect(atMost(parts, FLOOR[name as keyof typeof FLOOR]), `${binary} wants ${name}_${version}`).toBe(true);
        const known = highest.get(name)?.split('.').map(Number) ?? [0];
        if (!atMost(parts, known)) highest.set(name, version);
      }
    }
    process.stdout.write(`needs ${[...highest].map(([name, version]) => `${name} ${version}`).join(', ')}\n`);
    expect(highest.size).toBe(3);
  });

  it('has every shared library that is not of the system, and each finds the others', () => {
    const at = join(inTarball, 'prebuilds', 'linux-x64');
    const names = readdirSync(at);
    for (const name of names) {
      for (const [, needed = ''] of text('readelf', '-d', join(at, name)).matchAll(/\(NEEDED\).*\[(.*)\]/g))
        expect(names.includes(needed) || OF_THE_SYSTEM.test(needed), `${name} needs ${needed}`).toBe(true);
    }
    expect(text('readelf', '-d', join(at, 'isovox.node'))).toMatch(/\(RPATH\).*\[\$ORIGIN\]/);
  });

  it('is what Node.js, bundlers and TypeScript expect of a package', () => {
    process.stdout.write(text('npx', '--yes', 'publint@0.3.25', 'run', tarball, '--strict'));
    // Without the resolution that TypeScript had before packages could have "exports".
    text('npx', '--yes', '@arethetypeswrong/cli@0.18.5', tarball, '--format', 'ascii', '--profile', 'node16');
  });
});

const QUICK_START = `
import { computeDvh, configure, doseMetrics, readRtDose, readRtStruct } from 'isovox';

configure({ read: { concurrency: 2, memoryBudgetMb: 1024 } });
const { rois } = await readRtStruct({ path: process.argv[2] });
const { dose } = await readRtDose({ path: process.argv[3] });
for (const roi of await computeDvh({ rois, dose })) {
  const { values } = doseMetrics({ dvh: roi.dvh, names: ['D95%', 'D2cc', 'V20Gy'] });
  console.log(roi.name, roi.volumeCc, roi.meanGy, values);
}
`;
const WORKERS = `
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const isovox = require('isovox');
if (!isMainThread) {
  isovox.readVolume({ path: process.argv[2] }).then(({ volume }) => {
    const size = isovox.describeVolume(volume).grid.size.join('x');
    isovox.dispose(volume);
    parentPort.postMessage(size);
  });
} else {
  const one = () => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { argv: [process.argv[2]] });
    worker.once('message', resolve).once('error', reject);
  });
  Promise.all([one(), one(), one()]).then((sizes) => console.log(...sizes));
}
`;

describe.each(['bookworm', 'trixie'])('Debian %s without compiler', (suite) => {
  it('installs it without scripts and runs the quick start', (context) => {
    if (cannot !== undefined) return context.skip(cannot);
    const root = CleanRoot.make(suite);
    for (const command of ['gcc', 'g++', 'cc', 'make', 'cmake', 'python3']) expect(root.has(command)).toBe(false);
    const project = root.folder('project');
    copyFileSync(tarball, join(project, 'isovox.tgz'));
    writeFileSync(join(project, 'quick-start.mjs'), QUICK_START);
    writeFileSync(join(project, 'workers.cjs'), WORKERS);
    const run = (command: string, ...args: string[]) => {
      const { status, stdout, stderr } = root.run('/project', command, ...args);
      expect(status, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
      return stdout;
    };
    const npm = '/usr/local/lib/node_modules/npm/bin/npm-cli.js';
    const begun = performance.now();
    run('node', npm, 'install', './isovox.tgz', '--ignore-scripts', '--no-audit', '--no-fund');
    const installed = performance.now();
    const isovox = 'node_modules/.bin/isovox';
    expect(run(isovox, '--version').trim()).toBe(
      JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version,
    );
    run(isovox, 'demo', '--outdir', 'demo');
    const shown = performance.now();
    process.stdout.write(
      `${suite}: installed in ${((installed - begun) / 1000).toFixed(1)} s, demo in ${((shown - installed) / 1000).toFixed(1)} s\n`,
    );
    const course = 'demo/results/PHANTOM/2024-01';
    const lines = run('node', 'quick-start.mjs', `${course}/RS.dcm`, `${course}/RD.dcm`).trim().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(run('node', 'workers.cjs', `${course}/NIFTI/ct.nii.gz`)).toMatch(/^(\d+x\d+x\d+) \1 \1\n$/);
    run(isovox, 'doctor');
  });
});
