// npm run test:asan: the native tests under AddressSanitizer and UndefinedBehaviorSanitizer.
import { spawnSync } from 'node:child_process';

import { buildNativeTests, setup } from './setup.mjs';

setup({ tests: true });
const program = buildNativeTests('native-asan', [
  '-DISOVOX_SANITIZE=address,undefined',
  '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
]);
const { status } = spawnSync(program, process.argv.slice(2), {
  stdio: 'inherit',
  env: {
    ...process.env,
    ASAN_OPTIONS: 'detect_leaks=1:allocator_may_return_null=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  },
});
process.stdout.write(status === 0 ? '\nno finding\n' : '\nfindings above\n');
process.exit(status ?? 1);
