/** Every case of the native test program, one by one. */

import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = process.env.ISOVOX_NATIVE_TESTS ?? 'build/native-tests/isovox_tests';

function listCases(): string[] {
  const listing = execFileSync(program, ['--list-test-cases', '--no-colors=true'], { encoding: 'utf8' });
  return listing
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('[doctest]') && !line.startsWith('===='));
}

const cases = listCases();

describe('native', () => {
  it('has cases, each with a name of its own', () => {
    expect(cases.length).toBeGreaterThan(10);
    expect(new Set(cases).size).toBe(cases.length);
  });

  it.concurrent.each(cases)('%s', async (name) => {
    // doctest reads * , and \ in a filter as its own.
    const filter = name.replace(/[\\,*]/g, (letter) => (letter === ',' ? '\\,' : letter === '*' ? '*' : '\\\\'));
    const { stdout } = await promisify(execFile)(program, [`--test-case=${filter}`, '--no-colors=true']).catch(
      (failure: { stdout?: string }) => ({ stdout: failure.stdout ?? String(failure) }),
    );
    expect(stdout).toMatch(/Status: SUCCESS!/);
    expect(stdout).toMatch(/test cases: +[1-9]\d* \|/);
  });
});
