/** Completion and the manual page, of the catalogue of commands; each judged by the program that reads it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { packageRoot } from '../../../lib/runtime/package-root.js';

const folder = mkdtempSync(join(tmpdir(), 'isovox-completion-'));
const isovox = (...args: string[]) =>
  spawnSync(process.execPath, [join(packageRoot, 'dist/cli/main.js'), ...args], { encoding: 'utf8' });
const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

describe('isovox completion bash', () => {
  const script = join(folder, 'isovox.bash');
  beforeAll(() => writeFileSync(script, isovox('completion', 'bash').stdout));

  /** What bash offers behind these words. */
  const offered = (...words: string[]) =>
    execFileSync(
      'bash',
      [
        '-c',
        `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _isovox; printf '%s\\n' "\${COMPREPLY[@]}"`,
        script,
        ...words,
      ],
      { encoding: 'utf8', cwd: join(packageRoot, 'test') },
    )
      .split('\n')
      .filter((word) => word !== '');

  it('offers every command that the help lists', () => {
    const listed = isovox('--help').stdout.match(/^ {2}([a-z][\w-]*)/gm) ?? [];
    const names = listed.map((line) => line.trim()).filter((name) => name !== 'help');
    expect(names.length).toBeGreaterThan(25);
    expect(offered('isovox', '')).toEqual(expect.arrayContaining(names));
  });

  it.each([
    [['run', '--iso'], ['--isolation']],
    [
      ['run', '--isolation', ''],
      ['process', 'none'],
    ],
    [['run', '--isolation', 'p'], ['process']],
    [['gamma', '--lo'], ['--local']],
    [
      ['model', ''],
      ['check', 'schema'],
    ],
    [['completion', 'z'], ['zsh']],
    [['worker', '--slots', ''], []],
    [['dvh', '--rtdose', 'native.t'], ['native.test.ts']],
    [['demo', '--outdir', 'unit/cl'], ['unit/cli']],
  ])('offers behind %j %j', (words, expected) => {
    expect(offered('isovox', ...words)).toEqual(expected);
  });
});

describe('isovox completion', () => {
  it.each(['zsh', 'fish'])('%s is a script that the shell takes', (shell) => {
    const { stdout, status } = isovox('completion', shell);
    expect(status).toBe(0);
    expect(stdout).toContain('isolation');
    if (!has(shell)) return;
    writeFileSync(join(folder, shell), stdout);
    expect(spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('refuses another shell as wrong usage', () => {
    expect(isovox('completion', 'tcsh')).toMatchObject({ status: 2, stdout: '' });
  });
});

it('isovox(1) has no fault that groff warns of', (context) => {
  const page = isovox('man').stdout;
  expect(page.match(/^\.SS /gm)?.length).toBeGreaterThan(25);
  if (!has('groff')) return context.skip('groff is not installed');
  expect(spawnSync('groff', ['-ww', '-z', '-man', '-Tutf8'], { input: page, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});
