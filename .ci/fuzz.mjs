// npm run fuzz [-- --seconds N] [--mutants N] [--only PART,PART] [--jobs N] [--write]: hostile input against the readers.
// Parts: bombs; faults (every writer with the Nth system call or allocation failing); mutants of five formats, each read in a
// process of its own (memory without sanitizers, faults with AddressSanitizer and UndefinedBehaviorSanitizer); peers (the same
// mutants through other programs, those that are installed); libfuzzer (where clang 19 is installed, N seconds on each
// target, from a corpus that our own writers make). What crashed is kept in build/fuzz-findings, beside the sums of all runs
// of libFuzzer so far; --write puts them and the peers' into test/fuzz/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { hasClang, runTargets, SANITIZERS, TARGETS } from './fuzz-libfuzzer.mjs';
import { runPeers } from './fuzz-peers.mjs';
import { writeTables } from './fuzz-tables.mjs';
import { root, run, setup } from './setup.mjs';

const value = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const mutants = Number(value('mutants', 2000));
const only = value('only', 'bombs,faults,mutants,libfuzzer').split(',');
const findings = join(root, 'build', 'fuzz-findings');
let failed = false;

function build(folder, targets, definitions) {
  const path = join(root, 'build', folder);
  run('cmake', ['-S', join(root, 'native'), '-B', path, '-G', 'Ninja', '-DISOVOX_FUZZ=ON', ...definitions], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  run('cmake', ['--build', path, '--target', ...targets], { stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

function attempt(program, args) {
  const { status } = spawnSync(program, args, {
    cwd: findings,
    stdio: 'inherit',
    env: { ...process.env, ...SANITIZERS },
  });
  if (status === 0) return;
  failed = true;
  process.stdout.write(`${program}: findings above, kept in ${findings}\n`);
}

setup({ tests: true });
mkdirSync(findings, { recursive: true });
const wanted = ['bombs', 'faults', 'mutants'].filter((part) => only.includes(part));
if (wanted.length > 0 || only.includes('peers')) {
  const plain = build('fuzz-plain', ['bombs', 'faults', 'mutants'], []);
  for (const part of wanted) attempt(join(plain, part), part === 'mutants' ? [String(mutants)] : []);
  if (only.includes('peers')) runPeers(join(plain, 'mutants'), Math.min(mutants, 600), findings);
}
if (only.includes('libfuzzer') && !hasClang()) {
  process.stdout.write('libFuzzer: not run; apt-get install clang-19 libclang-rt-19-dev brings it\n');
} else if (only.includes('libfuzzer')) {
  const folder = build(
    'fuzz',
    ['mutants', 'corpus', ...TARGETS.map(({ program }) => program)],
    ['-DCMAKE_CXX_COMPILER=clang++-19', '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DISOVOX_SANITIZE=address,undefined'],
  );
  if (only.includes('mutants')) attempt(join(folder, 'mutants'), [String(mutants)]);
  const seconds = Number(value('seconds', 30));
  failed = (await runTargets({ folder, findings, seconds, jobs: Number(value('jobs', 1)) })) || failed;
}
if (process.argv.includes('--write')) writeTables(findings);
process.stdout.write(failed ? '\nfindings above\n' : '\nno finding\n');
process.exit(failed ? 1 : 0);
