/**
 * One binary for every x86-64: kernels are chosen when it is loaded. Each choice is forced by hiding what the processor
 * has (test/fixtures/masked_cpu.c), and all give the same bytes.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { packageRoot } from '../../lib/runtime/package-root.js';

const LEVELS = {
  'x86-64': 'sse4.2 0 avx 0 avx2 0 avx512f 0',
  avx2: 'sse4.2 1 avx 1 avx2 1 avx512f 0',
  all: 'sse4.2 1 avx 1 avx2 1 avx512f 1',
} as const;
type Level = keyof typeof LEVELS;

const folder = mkdtempSync(join(tmpdir(), 'isovox-cpu-'));
const library = join(folder, 'masked_cpu.so');
const teller = join(folder, 'tell');
const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
const cannot =
  process.platform === 'linux' && process.arch === 'x64' && /\bcpuid_fault\b/.test(flags)
    ? undefined
    : 'this processor, or its hypervisor, cannot make cpuid fault';
const levels = (Object.keys(LEVELS) as Level[]).filter((level) => level !== 'all' || /\bavx512f\b/.test(flags));

const at = (level: Level, command: string, args: string[]) =>
  execFileSync(command, args, {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, MASKED_CPU: level, LD_PRELOAD: library },
  });

/** One reference, and forty sequences that each differ from it in another share of their letters. */
function writeSequences(folder: string): string[] {
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const letter = () => 'ACGT'[next(4)] ?? 'A';
  const reference = Array.from({ length: 500 }, letter);
  const changed = (percent: number) =>
    reference.flatMap((kept) => (next(100) >= percent ? [kept] : [[], [letter()], [kept, letter()]][next(3)])).join('');
  const files = { reference: join(folder, 'reference.fa'), features: join(folder, 'features.fa') };
  writeFileSync(files.reference, `>reference\n${reference.join('')}\n`);
  writeFileSync(files.features, Array.from({ length: 40 }, (_, n) => `>feature ${n}\n${changed(n)}\n`).join(''));
  return ['--reference', files.reference, '--features', files.features];
}

/** The digest of every file below, but for those that say when and where. */
function digests(path: string): Record<string, string> {
  const files = readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .filter((file) => !file.startsWith('results/.isovox/'));
  const digest = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(path, file)))
      .digest('hex');
  return Object.fromEntries(files.sort().map((file) => [file, digest(file)]));
}

describe('kernels for each processor', () => {
  const results = new Map<Level, Record<string, string>>();

  beforeAll(() => {
    if (cannot !== undefined) return;
    const source = join(packageRoot, 'test/fixtures/masked_cpu.c');
    execFileSync('gcc', ['-O1', '-shared', '-fPIC', source, '-o', library, '-ldl']);
    execFileSync('gcc', ['-DTELL', source, '-o', teller]);
    for (const level of levels) {
      const out = join(folder, level);
      const isovox = (...args: string[]) =>
        at(level, process.execPath, [join(packageRoot, 'dist/cli/main.js'), ...args]);
      isovox('demo', '--outdir', out, '--quiet');
      const image = join(out, 'results/PHANTOM/2024-01/NIFTI/ct.nii.gz');
      isovox(
        'filter',
        '--image',
        image,
        '--filter',
        'type=log,sigma_mm=3,boundary=mirror',
        '--out',
        join(out, 'log.nii'),
      );
      isovox('filter', '--image', image, '--filter', 'type=median,boundary=mirror', '--out', join(out, 'median.nii'));
      isovox(
        'filter',
        '--image',
        image,
        '--filter',
        'type=wavelet,wavelet=coif1,decomposition=LLH,boundary=mirror',
        '--out',
        join(out, 'wavelet.nii'),
      );
      const course = join(out, 'results/PHANTOM/2024-01');
      isovox(
        'mask',
        '--rtstruct',
        join(course, 'RS.dcm'),
        '--ct',
        join(course, 'DICOM/CT'),
        '--out',
        join(out, 'masks'),
      );
      const mask = readdirSync(join(out, 'masks'))[0] ?? '';
      isovox('radiomics', '--image', image, '--mask', join(out, 'masks', mask), '--out', join(out, 'features.csv'));
      const sequences = writeSequences(out);
      isovox('align', ...sequences, '--mode', 'global', '--strand', 'forward', '--out', join(out, 'paths.csv'));
      results.set(level, digests(out));
    }
  }, 900_000);

  it('are chosen by what is not hidden', (context) => {
    if (cannot !== undefined) return context.skip(cannot);
    for (const level of levels) expect(at(level, teller, []).trim()).toBe(LEVELS[level]);
  });

  it('give the same bytes', (context) => {
    if (cannot !== undefined) return context.skip(cannot);
    const plain = results.get('x86-64') ?? {};
    expect(Object.keys(plain).length).toBeGreaterThan(50);
    for (const level of levels) expect(results.get(level), level).toEqual(plain);
  });
});
