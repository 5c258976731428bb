import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { OPTIONS } from '../../../lib/config/options.js';
import { PRESETS, preset } from '../../../lib/config/presets.js';
import { configure, configureFromFile, environmentName, getConfig, resetConfig } from '../../../lib/config/resolve.js';
import { ctxForProcess, ctxForThreads, defaultContext } from '../../../lib/runtime/context.js';

afterEach(() => {
  resetConfig();
  for (const { path } of OPTIONS) delete process.env[environmentName(path)];
});

describe('configure', () => {
  it('begins with the documented defaults', () => {
    expect(getConfig().read).toEqual({ maxWorkers: 4, concurrency: 4, memoryBudgetMb: 1024, tileCacheSizeMb: 512 });
    expect(getConfig().s3).toMatchObject({ maxParallelOps: 8, multipartPartSizeMb: 50 });
    expect(getConfig().write.compression).toEqual({ algorithm: 'zstd', level: 3 });
  });

  it('merges sections and keeps what was not named', () => {
    configure({ read: { concurrency: 2 } });
    configure({ read: { maxWorkers: 8 } });
    expect(getConfig().read).toMatchObject({ concurrency: 2, maxWorkers: 8, memoryBudgetMb: 1024 });
  });

  it.each([
    [{ read: { concurrency: 0 } }, 'read.concurrency', 'an integer between 1 and 256'],
    [{ read: { concurrency: 257 } }, 'read.concurrency', 'an integer between 1 and 256'],
    [{ read: { concurrency: 1.5 } }, 'read.concurrency', 'an integer'],
    [{ read: { memoryBudgetMb: 63 } }, 'read.memoryBudgetMb', 'of at least 64'],
    [{ write: { tile: { orientation: 'diagonal' } } }, 'write.tile.orientation', 'one of axial'],
    [{ s3: { endpoint: 'nowhere' } }, 's3.endpoint', 'an http or https URL'],
    [{ inference: { device: 'tpu' } }, 'inference.device', 'auto, cpu'],
    [{ read: { concurency: 3 } }, 'read.concurency', 'did you mean read.concurrency?'],
  ])('refuses %j', (change, name, expected) => {
    expect(() => configure(change as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(name),
        context: expect.objectContaining({ expected: expect.stringContaining(expected) }),
      }),
    );
    expect(getConfig().read.concurrency).toBe(4);
  });

  it('orders defaults < file < environment < code', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isovox-')), 'config.yaml');
    writeFileSync(file, 'read:\n  concurrency: 5\n  maxWorkers: 5\n  memoryBudgetMb: 500\n');
    configureFromFile(file);
    process.env.ISOVOX_READ_CONCURRENCY = '6';
    process.env.ISOVOX_READ_MAX_WORKERS = '6';
    configure({ read: { concurrency: 7 } });
    expect(getConfig().read).toMatchObject({
      concurrency: 7,
      maxWorkers: 6,
      memoryBudgetMb: 500,
      tileCacheSizeMb: 512,
    });
  });

  it('names the file of a bad value', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isovox-')), 'config.yaml');
    writeFileSync(file, 'read:\n  concurrency: many\n');
    expect(() => configureFromFile(file)).toThrow(file);
  });

  it('accepts every preset', () => {
    for (const name of Object.keys(PRESETS)) configure(preset(name as keyof typeof PRESETS));
    expect(getConfig().read.memoryBudgetMb).toBe(512);
  });
});

describe('contexts', () => {
  it('threads share a context, processes get their own', () => {
    const context = defaultContext();
    expect(ctxForThreads(context)).toBe(context);
    expect(ctxForProcess(context)).not.toBe(context);
    expect(ctxForProcess(context).config).toBe(context.config);
    configure({ read: { concurrency: 3 } });
    expect(defaultContext()).not.toBe(context);
    expect(defaultContext().threads).toBe(3);
  });
});
