import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { courseFolder } from '../../../lib/rt/layout.js';
import { distinctNames, safeName, uidName } from '../../../lib/rt/names.js';

const HOSTILE = [
  '',
  '.',
  '..',
  '...',
  '/',
  '//',
  '../../etc/passwd',
  '..\\..\\windows',
  '/abs/path',
  'C:\\x',
  'C:x',
  '\\\\host\\share',
  'a/b',
  'a\\b',
  'a\u0000b',
  '\u0000',
  'con',
  'CON',
  'nul.txt',
  'COM1',
  'lpt9.dcm',
  'PRN ',
  'aux.',
  'trailing.',
  'trailing ',
  ' leading',
  '.hidden',
  '-rf',
  '--help',
  '_RESULTS',
  '_results',
  '~',
  '~root',
  '$(reboot)',
  '`id`',
  'a;b',
  'a|b',
  'a>b',
  'a*b?',
  'a"b',
  "a'b",
  'a\nb',
  'a\rb',
  '\u202Egnp.exe',
  'Müller',
  'Müller'.normalize('NFD'),
  '患者',
  '💀',
  '%2e%2e%2f',
  'x'.repeat(65),
  'x'.repeat(5000),
  '../'.repeat(200),
  'file:///etc',
  'a:b',
  '\ud800',
];

describe('names of folders', () => {
  it.each(HOSTILE)('keeps %j inside the output folder', (text) => {
    const name = safeName(text);
    expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9 ._-]*$/);
    expect(name.length).toBeLessThanOrEqual(64);
    expect(name).not.toMatch(/[ .]$/);
    expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)/i);
    const folder = courseFolder('/out', { patientId: text, courseId: text });
    expect(path.dirname(path.dirname(folder))).toBe('/out');
  });

  it('gives different names to different texts', () => {
    const names = new Set(HOSTILE.map((text) => safeName(text).toLowerCase()));
    expect(names.size).toBe(new Set(HOSTILE.map((text) => Buffer.from(text, 'utf8').toString('hex'))).size);
  });

  it('leaves ordinary identifiers alone', () => {
    for (const id of ['HNC-0522c0009', 'TEST PHYS PROSTATE', 'id', '123456', 'OPENKBP-pt_1', '2020-01_2'])
      expect(safeName(id)).toBe(id);
  });

  it('keeps apart what a file system would not, and what someone crafted', () => {
    const crafted = safeName('a/b');
    const names = distinctNames(
      new Map([
        ['1', 'abc'],
        ['2', 'ABC'],
        ['3', 'a/b'],
        ['4', crafted],
        ['5', 'other'],
      ]),
    );
    expect(new Set([...names.values()].map((name) => name.toLowerCase())).size).toBe(5);
    expect(names.get('5')).toBe('other');
  });

  it('is idempotent and safe for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const name = safeName(text);
        expect(safeName(name)).toBe(name);
        expect(path.resolve('/out', name)).toBe(`/out/${name}`);
      }),
    );
  });

  it('takes a UID as it is and anything else by its hash', () => {
    expect(uidName('1.2.840.10008')).toBe('1.2.840.10008');
    for (const uid of ['', '..', '../1.2', '1..2', '1.2.', 'x', '1'.repeat(65), '1.2/../3'])
      expect(uidName(uid)).toMatch(/^uid-[0-9a-f]{16}$/);
  });
});
