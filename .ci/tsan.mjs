// npm run test:tsan: the native tests under ThreadSanitizer.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { buildNativeTests, root, setup } from './setup.mjs';

setup({ tests: true });
const program = buildNativeTests('native-tsan', ['-DISOVOX_SANITIZE=thread', '-DCMAKE_BUILD_TYPE=RelWithDebInfo']);
const options = `suppressions=${join(root, '.ci/tsan-suppressions.txt')}:ignore_noninstrumented_modules=1:halt_on_error=0`;
// WFA2-lib takes its memory in slabs whose shadow is more than ThreadSanitizer's own allocator has.
const args = ['-tce=long sequences go by the bidirectional way*', ...process.argv.slice(2)];
const { status } = spawnSync(program, args, {
  stdio: 'inherit',
  env: { ...process.env, TSAN_OPTIONS: options },
});
process.stdout.write(status === 0 ? '\nno finding\n' : '\nfindings above\n');
process.exit(status ?? 1);
