import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { canonicalJson, digestData } from '../../../lib/rt/digest.js';
import { StageStore } from '../../../lib/rt/stage-store.js';
import { temporaryFolder } from '../../fixtures/index.js';

const manifest = (stage: string, key: string) => ({
  stage,
  isovox: '0',
  key,
  settingsHash: '',
  status: 'done' as const,
  findings: [],
  inputs: [],
});

async function commit(store: StageStore, key: string, files: Record<string, string>): Promise<void> {
  const folder = await store.openFolder('dvh');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  await store.commit(manifest('dvh', key), folder);
}

describe('StageStore', () => {
  it('moves outputs into place and knows them by key', async () => {
    const course = join(temporaryFolder(), 'P1', '2020-01');
    const store = new StageStore(course);
    await commit(store, 'a', { 'dvh.csv': '1', 'metadata/dvh.json': '2' });
    expect(readFileSync(join(course, 'metadata/dvh.json'), 'utf8')).toBe('2');
    expect(await store.isValid('dvh', 'a')).toBe(true);
    expect(await store.isValid('dvh', 'b')).toBe(false);
    expect(existsSync(join(course, '.isovox', 'tmp', 'dvh'))).toBe(false);
  });

  it('is not valid when an output was removed or has another size', async () => {
    const course = join(temporaryFolder(), 'P1', '2020-01');
    const store = new StageStore(course);
    await commit(store, 'a', { 'dvh.csv': '1' });
    writeFileSync(join(course, 'dvh.csv'), '12');
    expect(await store.isValid('dvh', 'a')).toBe(false);
  });

  it('removes what the stage no longer writes, and its empty folders', async () => {
    const course = join(temporaryFolder(), 'P1', '2020-01');
    const store = new StageStore(course);
    await commit(store, 'a', { 'old/only.txt': '1', 'both.txt': '1' });
    await commit(store, 'b', { 'both.txt': '2' });
    expect(existsSync(join(course, 'old'))).toBe(false);
    expect(readFileSync(join(course, 'both.txt'), 'utf8')).toBe('2');
    await store.discard('dvh');
    expect(existsSync(join(course, 'both.txt'))).toBe(false);
    expect(await store.manifest('dvh')).toBeUndefined();
  });

  it('sweeps what a killed run left: half stages and half-written manifests', async () => {
    const course = join(temporaryFolder(), 'P1', '2020-01');
    const store = new StageStore(course);
    await commit(store, 'a', { 'dvh.csv': '1' });
    const half = join(course, '.isovox', '.dvh.json.123-4.tmp');
    writeFileSync(half, '{');
    writeFileSync(join(await store.openFolder('qc'), 'half.json'), '{');
    await store.sweep();
    expect(existsSync(half)).toBe(false);
    expect(existsSync(join(course, '.isovox', 'tmp'))).toBe(false);
    expect(await store.isValid('dvh', 'a')).toBe(true);
  });

  it('takes a manifest that is not whole for none', async () => {
    const course = join(temporaryFolder(), 'P1', '2020-01');
    const store = new StageStore(course);
    await commit(store, 'a', { 'dvh.csv': '1' });
    const path = join(course, '.isovox', 'dvh.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40));
    expect(await store.isValid('dvh', 'a')).toBe(false);
  });
});

describe('digests', () => {
  it('do not depend on the order of keys', () => {
    expect(digestData({ a: 1, b: { c: 2, d: 3 } })).toBe(digestData({ b: { d: 3, c: 2 }, a: 1 }));
    expect(digestData({ a: 1 })).not.toBe(digestData({ a: 2 }));
    expect(canonicalJson({ b: undefined, a: [1, { z: 1, y: 2 }] })).toBe('{"a":[1,{"y":2,"z":1}]}');
  });
});
