/** Folder and file names made from what files say: nothing that a file says may leave the output folder. */

import { createHash } from 'node:crypto';

/** The first `length` hexadecimal digits of the SHA-256 of `text`. */
export function hashText(text: string, length = 8): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, length);
}

/** Ordering of texts by code unit: the same on every machine and locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const LONGEST_NAME = 64;
const SAFE = /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/;
/** Names that Windows gives to devices, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])[ ]*(\..*)?$/i;

/**
 * `text` as a folder or file name. Letters, digits, space, dot, dash and underscore are kept; a name that had to be
 * changed, was too long (64), or means something to a file system ends in 8 digits of the hash of the original, so
 * that two different texts stay two names.
 */
export function safeName(text: string): string {
  const unchanged = SAFE.test(text) && !/[ .]$/.test(text) && text.length <= LONGEST_NAME && !DEVICE.test(text);
  return unchanged ? text : `${cleaned(text)}-${hashText(text)}`;
}

function cleaned(text: string): string {
  let name = text
    .replace(/[^A-Za-z0-9 ._-]/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST_NAME - 16)
    .replace(/[ ._-]+$/, '');
  if (DEVICE.test(name)) name = name.replaceAll('.', '_');
  return name === '' ? 'id' : name;
}

/**
 * A safe name for every key, no two the same even where the file system ignores case. Where two clash, both get the
 * hash of their key.
 */
export function distinctNames(texts: ReadonlyMap<string, string>): Map<string, string> {
  const names = new Map([...texts].map(([key, text]) => [key, safeName(text)]));
  for (const length of [8, 16, 32, 64]) {
    const byName = new Map<string, string[]>();
    for (const [key, name] of names) {
      const folded = name.toLowerCase();
      byName.set(folded, [...(byName.get(folded) ?? []), key]);
    }
    const clashes = [...byName.values()].filter((keys) => keys.length > 1).flat();
    if (clashes.length === 0) break;
    for (const key of clashes) names.set(key, `${cleaned(texts.get(key) ?? key)}-${hashText(key, length)}`);
  }
  return names;
}

/** A UID as a file name: itself when it is one (PS3.5 section 9.1), otherwise its hash. */
export function uidName(uid: string): string {
  return /^[0-9]+(\.[0-9]+)*$/.test(uid) && uid.length <= 64 ? uid : `uid-${hashText(uid, 16)}`;
}
