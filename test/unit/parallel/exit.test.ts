import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('a program that waits for nothing else gets its results, and ends with pools open', () => {
  const script = join(import.meta.dirname, 'worker', 'exit.ts');
  const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  expect(stdout).toBe('thread [[2,4],6,8]\nprocess [[2,4],6,8]\n');
  expect(status).toBe(0);
});
