/**
 * Names that want out: of the folder, of the cell, of the page, of the terminal. Forty of them as names of structures and as
 * identifiers of patients; and personal values that must not come out at all.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { writeRtStruct } from '../../lib/native/dicom.js';
import { writePhantom } from '../../lib/phantom/patient.js';
import { packageRoot } from '../../lib/runtime/package-root.js';
import { temporaryFolder } from '../fixtures/index.js';

const NAMES = [
  ...[
    '..',
    '.',
    '../up',
    '../../../up',
    '/etc/up',
    '//server/up',
    '..\\up',
    'C:\\up',
    '\\\\server\\up',
    'a/b/c',
    '~',
    '~root',
  ],
  ...[
    '-rf',
    '--out',
    '*',
    '?',
    '$(touch up)',
    '`touch up`',
    '; touch up',
    '| touch up',
    '&& touch up',
    "'",
    '"',
    '%2e%2e%2fup',
  ],
  ...[
    'CON',
    'NUL.txt',
    'a:b',
    'ends. ',
    '.hidden',
    '\u202egnp.exe',
    '\u001b[31mred',
    '\u0007bell',
    'tab\there',
    'line\nbreak',
  ],
  ...['=1+1', '+1', '-1+1', '@SUM(A1)', '<script>alert(1)</script>', 'x'.repeat(64)],
];
const folder = temporaryFolder();
const main = join(packageRoot, 'dist/cli/main.js');

function isovox(...args: string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [main, ...args], { cwd: join(folder, 'here'), maxBuffer: 1 << 26 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, said: out + err }),
    ),
  );
}

/** Every file and folder below, by its path. */
const below = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true, recursive: true }).map((entry) => join(entry.parentPath, entry.name));
/** What a terminal acts upon. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

beforeAll(() => {
  mkdirSync(join(folder, 'here'));
  mkdirSync(join(folder, 'elsewhere'));
  expect(NAMES.length).toBe(40);
});

describe('forty hostile names', () => {
  it('of structures name files in the output folder and nowhere else', async () => {
    const root = join(folder, 'structures');
    await writePhantom(root, { sliceMm: 10, doseMm: 10 });
    const contours = [0, 10, 20].map((z) => [0, 0, z, 20, 0, z, 20, 20, z, 0, 20, z]);
    // Our writer refuses a backslash, which parts values; whoever wrote the file did not.
    const rois = NAMES.map((name, at) => ({ number: at + 1, name: name.replaceAll('\\', '}'), contours }));
    const identity = {
      PatientID: 'NAMES',
      StudyInstanceUID: '2.25.1',
      SeriesInstanceUID: '2.25.2',
      SOPInstanceUID: '2.25.3',
      FrameOfReferenceUID: '2.25.4',
    };
    await writeRtStruct({ path: join(root, 'RS.dcm'), rois, identity: identity as never });
    const bytes = readFileSync(join(root, 'RS.dcm'));
    for (let at = bytes.indexOf('}'); at >= 0; at = bytes.indexOf('}', at)) bytes[at] = 0x5c;
    writeFileSync(join(root, 'RS.dcm'), bytes);
    const before = below(folder);
    const out = join(folder, 'masks');
    await isovox('mask', '--rtstruct', join(root, 'RS.dcm'), '--ct', join(root, 'CT'), '--out', out);
    const made = below(folder).filter((path) => !before.includes(path) && !path.startsWith(`${out}/`));
    expect(made).toEqual([out]);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    expect(files.length).toBe(40);
    expect(files.filter((file) => CONTROLS.test(file) || /[<>:"|?*\\]/.test(file))).toEqual([]);
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(files.length);
  });

  it('of patients name folders of their own in the output folder, and cells that are no formulas', async () => {
    const root = join(folder, 'patients');
    const some = NAMES.filter((name, at) => at % 4 === 0 && !name.includes('\\'));
    for (const [at, patientId] of some.entries()) {
      await writePhantom(join(root, String(at)), { patientId, sliceMm: 20, doseMm: 20 });
    }
    symlinkSync(join(folder, 'elsewhere'), join(root, 'away'));
    writeFileSync(join(folder, 'elsewhere', 'secret.dcm'), 'not for you');
    const before = below(folder);
    const out = join(folder, 'run');
    const { said } = await isovox(
      'run',
      '--dicom-root',
      root,
      '--outdir',
      out,
      '--isolation',
      'none',
      '--stages',
      'organize,dvh',
      '-v',
    );
    const made = below(folder).filter((path) => !before.includes(path) && path !== out && !path.startsWith(`${out}/`));
    expect(made).toEqual([]);
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['secret.dcm']);
    expect(readFileSync(join(out, '_RESULTS/dvh_metrics.csv'), 'utf8').split('\n').length).toBeGreaterThan(
      7 * some.length,
    );
    for (const path of below(out)) {
      expect(realpathSync(path).startsWith(realpathSync(out))).toBe(true);
      expect(CONTROLS.test(path.slice(out.length)), JSON.stringify(path)).toBe(false);
    }
    expect(CONTROLS.test(said.replaceAll('\n', ''))).toBe(false);
    const cells = readFileSync(join(out, '_RESULTS/dvh_metrics.csv'), 'utf8').split(/[,\n]/);
    expect(cells.filter((cell) => /^"?[=@]/.test(cell) || /^"?[+-](?![\d.])/.test(cell))).toEqual([]);
    expect(existsSync(join(folder, 'here', 'up'))).toBe(false);
  });
});
