/** The README's examples, run as they stand by a program that has the package installed. */

import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

import { Cohort } from '../../lib/cohort/index.js';
import { makeVolume } from '../../lib/native/dicom.js';
import { writeVolume } from '../../lib/native/formats.js';
import { writePhantom } from '../../lib/phantom/patient.js';
import { temporaryFolder } from '../fixtures/index.js';
import { pythonWithNumpy } from '../fixtures/python.js';

const run = promisify(execFile);
const python = pythonWithNumpy();
const root = resolve(import.meta.dirname, '../..');
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code ?? '',
);

/** A word of each example, and what it prints. */
const EXPECTED: ReadonlyArray<readonly [string, RegExp]> = [
  ['computeDvh', /Box 76\.8.*'D95%': 41\.6/],
  ['createTrainingDataloader', /\[ 4, 1, 16, 32, 32 \] 65536/],
  ['HierarchicalExecutor', /30/],
  ['PipelineBuilder', /^10\n.*double/s],
  ['ParallelAligner', /gene1 \[ 6, '\+', 1, '9=' \]/],
];

let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/isovox'));
  await writePhantom(join(folder, 'phantom'));
  const files = readdirSync(join(folder, 'phantom'), { recursive: true }).map(String);
  for (const kind of ['RS', 'RD']) {
    const found = files.find((name) => new RegExp(`(^|/)${kind}[^/]*\\.dcm$`).test(name)) ?? '';
    renameSync(join(folder, 'phantom', found), join(folder, `${kind}.dcm`));
  }
  mkdirSync(join(folder, 'images'));
  for (const subject of ['a', 'b']) {
    const grid = {
      size: [48, 40, 20] as [number, number, number],
      spacing: [1, 1, 1] as [number, number, number],
      origin: [0, 0, 0] as [number, number, number],
    };
    const volume = await makeVolume({ grid, dtype: 'int16', data: new Int16Array(48 * 40 * 20).fill(40) });
    await writeVolume({ volume, path: join(folder, 'images', `${subject}.nii`) });
  }
  writeFileSync(join(folder, 'reference.fa'), '>chromosome\nTTTTTTAACGGTCCATTTTTTGGGATCCGCTTTT\n');
  writeFileSync(join(folder, 'features.fa'), '>gene1\nAACGGTCCA\n>gene2\nGCGGATCCC\n');
});

describe('README', () => {
  it('has the examples that this test knows', () => {
    expect(examples.length).toBe(EXPECTED.length);
  });

  it.each(EXPECTED)('%s', async (word, printed) => {
    const code = examples.find((example) => example.includes(word));
    expect(code).toBeDefined();
    const path = join(folder, `${word}.mjs`);
    writeFileSync(path, code ?? '');
    const { stdout } = await run(process.execPath, [path], { cwd: folder, timeout: 300_000 });
    expect(stdout).toMatch(printed);
  });

  it.skipIf(python === undefined)('batches for Python', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const code = /```python\n(import isovox_batches.*?)```/s.exec(readme)?.[1] ?? '';
    const line = /^isovox (serve-batches .*)$/m.exec(readme)?.[1] ?? '';
    await Cohort.fromImages(join(folder, 'served'), { ct: join(folder, 'images', '*.nii') });
    const args = line.replace('--store store', '--store served').split(' ');
    const server = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args, '--once'], { cwd: folder });
    try {
      await new Promise<void>((resolve) =>
        server.stderr.on('data', (said) => `${said}`.includes('serving') && resolve()),
      );
      const env = { ...process.env, PYTHONPATH: join(root, 'bench/python') };
      const { stdout } = await run(python ?? '', ['-c', code], { cwd: folder, env });
      expect(stdout.trim().split('\n')).toHaveLength(4); // 8 patches of 2 volumes in batches of 4, twice
      expect(stdout).toMatch(/^(\['[ab]'(, '[ab]'){3}\] \(4, 1, 16, 32, 32\)\n){4}$/);
    } finally {
      server.kill('SIGKILL');
    }
  });
});
