// npm test: set-up, formatting and lint, types, then every test; ends with the line "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { buildNativeTests, root, setup } from './setup.mjs';

setup({ tests: true });
process.env.ISOVOX_NATIVE_TESTS = buildNativeTests('native-tests');

let passed = 0;
let failed = 0;
let skipped = 0;

function step(title, command, args) {
  process.stdout.write(`\n${title}\n`);
  const ok = spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
  process.stdout.write(`${ok ? 'ok' : 'FAILED'}: ${title}\n`);
  if (ok) passed++;
  else failed++;
}

const only = process.argv.slice(2);
if (only.length === 0) {
  step('formatting and lint', 'npx', [
    '--no-install',
    'biome',
    'check',
    '--config-path',
    '.ci/biome-settings.json',
    '--error-on-warnings',
  ]);
  step('types', 'npx', ['--no-install', 'tsc', '-p', '.']);
}
mkdirSync(join(root, 'build'), { recursive: true });
const report = join(root, 'build', 'vitest.json');
rmSync(report, { force: true });
spawnSync(
  'npx',
  [
    '--no-install',
    'vitest',
    'run',
    '--config',
    '.ci/vitest.config.ts',
    '--root',
    '.',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...only,
  ],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  failed += result.numFailedTests;
  // A file that cannot be loaded has no failed test of its own.
  failed += result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
} catch {
  failed++;
}
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed === 0 ? 0 : 1);
