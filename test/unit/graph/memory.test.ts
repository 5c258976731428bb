import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { IsovoxError } from '../../../lib/errors.js';
import { HierarchicalExecutor } from '../../../lib/graph/executor.js';
import { formatLedger } from '../../../lib/graph/ledger.js';
import { fileMemory } from '../../../lib/graph/memory.js';

const folder = mkdtempSync(join(tmpdir(), 'isovox-graph-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** read -> parse -> report, and plain without a fingerprint before last. */
function graph(ran: string[], prints: Record<string, string>) {
  const task = (name: string, value: unknown) => () => {
    ran.push(name);
    return value;
  };
  return new HierarchicalExecutor()
    .addTask('read', task('read', 1), { fingerprint: prints.read ?? 'r' })
    .addTask('parse', task('parse', { rows: [1, 2] }), {
      dependencies: ['read'],
      fingerprint: async () => prints.parse ?? 'p',
    })
    .addTask('report', ({ results }) => task('report', results.get('parse'))(), {
      dependencies: ['parse'],
      fingerprint: 'x',
    })
    .addTask('plain', task('plain', 0))
    .addTask('last', task('last', 0), { dependencies: ['plain'], fingerprint: 'l' });
}

describe('memory', () => {
  it('skips what is unchanged, runs what changed and everything after it', async () => {
    const path = join(folder, 'deep', 'memory.json');
    const run = async (prints: Record<string, string> = {}) => {
      const ran: string[] = [];
      const execution = await graph(ran, prints).execute({ memory: fileMemory(path) });
      return { ran: ran.sort(), ...execution };
    };
    expect((await run()).ran).toEqual(['last', 'parse', 'plain', 'read', 'report']);
    const again = await run();
    expect(again.ran).toEqual(['last', 'plain']);
    expect(again.outcomes.get('report')).toEqual({ status: 'done', value: { rows: [1, 2] }, unchanged: true });
    expect(again.ledger.find(({ task }) => task === 'report')).toMatchObject({ attempt: 0 });
    expect(formatLedger(again.ledger)).toMatch(/report +0 .*unchanged/);
    expect((await run({ parse: 'other' })).ran).toEqual(['last', 'parse', 'plain', 'report']);
    expect((await run({ parse: 'other', read: 'new' })).ran).toEqual(['last', 'parse', 'plain', 'read', 'report']);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['memory.json']);
  });

  it('does not remember failures, nor results that JSON would change', async () => {
    const path = join(folder, 'odd.json');
    let fails = 0;
    const build = () =>
      new HierarchicalExecutor()
        .addTask(
          'fails once',
          () => {
            if (fails++ === 0) throw new IsovoxError('ERR_IO', 'busy');
            return 'ok';
          },
          { fingerprint: 'f' },
        )
        .addTask('array', () => new Float32Array(2), { fingerprint: 'a' })
        .addTask('nothing', () => undefined, { fingerprint: 'n' });
    const statuses = async () => {
      const { outcomes } = await build().execute({ memory: fileMemory(path) });
      return Object.fromEntries(
        [...outcomes].map(([name, outcome]) => [name, 'unchanged' in outcome ? 'unchanged' : outcome.status]),
      );
    };
    expect(await statuses()).toEqual({ 'fails once': 'failed', array: 'done', nothing: 'done' });
    expect(await statuses()).toEqual({ 'fails once': 'done', array: 'done', nothing: 'unchanged' });
    writeFileSync(path, '{"tasks": broken');
    expect(await statuses()).toMatchObject({ nothing: 'done' });
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')).tasks)).toContain('nothing');
  });
});

describe('options', () => {
  it('concurrency caps tasks at a time, failFast ends the others', async () => {
    let running = 0;
    let most = 0;
    const executor = new HierarchicalExecutor();
    for (let i = 0; i < 6; i++) {
      executor.addTask(`t${i}`, async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running--;
      });
    }
    await executor.execute({ concurrency: 2 });
    expect(most).toBe(2);
    const fast = new HierarchicalExecutor()
      .addTask('bad', () => {
        throw new Error('broken');
      })
      .addTask(
        'long',
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      )
      .addTask('later', () => 1, { dependencies: ['long'] });
    const { outcomes } = await fast.execute({ failFast: true });
    expect([...outcomes.values()].map(({ status }) => status).sort()).toEqual(['failed', 'failed', 'skipped']);
  });

  it('an error in onChange ends the run and reaches the caller', async () => {
    const executor = new HierarchicalExecutor().addTask('a', () => 1).addTask('b', () => 2, { dependencies: ['a'] });
    const onChange = () => {
      throw new Error('display is gone');
    };
    await expect(executor.execute({ onChange })).rejects.toThrow('display is gone');
  });

  it('names a wrong number before anything runs', () => {
    const bad = (spec: object) => () => new HierarchicalExecutor().addTask('a', () => 1, spec);
    expect(bad({ weight: Number.NaN })).toThrow(/weight/);
    expect(bad({ retries: 0.5 })).toThrow(/retries/);
    expect(bad({ timeoutMs: 0 })).toThrow(/timeoutMs/);
    expect(bad({ resources: { gpu: -1 } })).toThrow(/resources.gpu/);
  });
});
