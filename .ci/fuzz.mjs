// npm run fuzz [-- --seconds N] [-- --mutants N]: hostile input against the readers. Bombs; every writer with the Nth system call or
// allocation failing; mutants of five formats, each read in a process of its own (memory without sanitizers, faults with
// AddressSanitizer and UndefinedBehaviorSanitizer); then, where
// clang 19 is installed, libFuzzer for N seconds on each target, from a corpus that our own writers make. What crashed is
// kept in build/fuzz-findings.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { root, run, setup } from './setup.mjs';

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const seconds = argument('seconds', 30);
const mutants = argument('mutants', 2000);
const FILES = ['dcm', 'nii', 'nii.gz', 'nrrd', 'mha', 'npy'];
const PARTS = ['frame', 'shard', 'mask', 'sequences', 'xml', 'array_meta'];
const findings = join(root, 'build', 'fuzz-findings');
const environment = {
  ...process.env,
  ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
let failed = false;

function build(folder, targets, definitions) {
  const path = join(root, 'build', folder);
  run('cmake', ['-S', join(root, 'native'), '-B', path, '-G', 'Ninja', '-DISOVOX_FUZZ=ON', ...definitions], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  run('cmake', ['--build', path, '--target', ...targets], { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

function attempt(program, args, name) {
  const { status } = spawnSync(program, args, { cwd: findings, stdio: 'inherit', env: environment });
  if (status === 0) return;
  failed = true;
  process.stdout.write(`${name}: findings above, kept in ${findings}\n`);
}

setup({ tests: true });
mkdirSync(findings, { recursive: true });
const plain = build('fuzz-plain', ['bombs', 'faults', 'mutants'], []);
attempt(join(plain, 'bombs'), [], 'bombs');
attempt(join(plain, 'faults'), [], 'faults');
attempt(join(plain, 'mutants'), [String(mutants)], 'mutants');
if (!existsSync('/usr/bin/clang++-19')) {
  process.stdout.write('libFuzzer: not run; apt-get install clang-19 libclang-rt-19-dev brings it\n');
} else {
  const targets = [...FILES, ...PARTS].map((name) => `fuzz_${name.replace('.', '_')}`);
  const folder = build(
    'fuzz',
    ['mutants', 'corpus', ...targets],
    ['-DCMAKE_CXX_COMPILER=clang++-19', '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DISOVOX_SANITIZE=address,undefined'],
  );
  attempt(join(folder, 'mutants'), [String(mutants)], 'mutants under AddressSanitizer');
  const seeds = join(findings, 'seeds');
  run(join(folder, 'corpus'), [seeds], { env: environment });
  for (const name of [...FILES, ...PARTS]) {
    // What was found interesting stays for the next time.
    const kept = join(findings, 'corpus', name);
    mkdirSync(kept, { recursive: true });
    const limits = [
      '-rss_limit_mb=1024',
      '-malloc_limit_mb=256',
      '-timeout=5',
      '-max_len=16384',
      '-print_final_stats=1',
    ];
    const args = [`-max_total_time=${seconds}`, ...limits, `-artifact_prefix=${name}-`, kept, join(seeds, name)];
    process.stdout.write(`\nlibFuzzer: ${name}, ${seconds} s\n`);
    attempt(join(folder, `fuzz_${name.replace('.', '_')}`), args, name);
  }
}
process.stdout.write(failed ? '\nfindings above\n' : '\nno finding\n');
process.exit(failed ? 1 : 0);
