// npm run test:coverage [-- --show FILE]: how many branches of the byte reader and the format parsers the native tests reach,
// together with inputs that libFuzzer makes from a fixed seed. Needs clang 19 and llvm 19; exits with 1 below 95 %.
// --show prints a file with the counts of its lines and branches.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

import { TARGETS } from './fuzz-libfuzzer.mjs';
import { buildNativeTests, root, run, setup } from './setup.mjs';

const WANTED = 95;
const RUNS = 20_000;
/** Whatever takes apart bytes that somebody else wrote. */
const PARSERS =
  /^(base\/bytes\.h|(dicom|formats)\/(?!write_|\w+_write\.|statistics|registry)\w+\.(cc|h)|store\/(array_meta|codec_chain)\.cc|io\/(codec\w*|bzip2|gzip|xml|s3_uri)\.cc|align\/sequences\.cc)$/;

function tool(name, args) {
  const { status, stdout, stderr } = spawnSync(`/usr/bin/${name}-19`, args, { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return stdout;
}

if (!['clang++-19', 'llvm-cov-19', 'llvm-profdata-19'].every((name) => existsSync(`/usr/bin/${name}`))) {
  process.stderr.write('apt-get install clang-19 libclang-rt-19-dev llvm-19 brings what this needs\n');
  process.exit(1);
}
setup({ tests: true });
const programs = [
  buildNativeTests('native-coverage', [
    '-DISOVOX_FUZZ=ON',
    '-DCMAKE_CXX_COMPILER=clang++-19',
    '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
    '-DCMAKE_CXX_FLAGS=-fprofile-instr-generate -fcoverage-mapping',
  ]),
];
const folder = join(root, 'build/native-coverage');
const targets = TARGETS.map(({ program }) => program);
run('cmake', ['--build', folder, '--target', 'corpus', ...targets], { stdio: ['ignore', 'ignore', 'inherit'] });

const profiles = join(folder, 'profiles');
rmSync(profiles, { recursive: true, force: true });
mkdirSync(profiles);
const counted = (name) => ({ ...process.env, LLVM_PROFILE_FILE: join(profiles, `${name}.profraw`) });
run(programs[0], [], { env: counted('tests'), stdio: ['ignore', 'ignore', 'inherit'] });
const seeds = join(folder, 'seeds');
run(join(folder, 'corpus'), [seeds], { env: counted('corpus') });
for (const { name, program } of TARGETS) {
  const args = [`-runs=${RUNS}`, '-seed=20261122', '-max_len=16384', '-verbosity=0', join(seeds, name)];
  run(join(folder, program), args, { cwd: profiles, env: counted(program), stdio: 'ignore' });
  programs.push(join(folder, program));
}
const merged = join(profiles, 'all.profdata');
const raw = readdirSync(profiles).filter((name) => name.endsWith('.profraw'));
tool('llvm-profdata', ['merge', '-sparse', '-o', merged, ...raw.map((name) => join(profiles, name))]);
const objects = programs.flatMap((program, at) => (at === 0 ? [program] : ['-object', program]));

const show = process.argv.indexOf('--show');
if (show > 0) {
  const file = join(root, 'native', process.argv[show + 1]);
  process.stdout.write(
    tool('llvm-cov', ['show', ...objects, `-instr-profile=${merged}`, '-show-branches=count', file]),
  );
  process.exit(0);
}
const [{ files }] = JSON.parse(
  tool('llvm-cov', ['export', '-summary-only', ...objects, `-instr-profile=${merged}`]),
).data;
const rows = files
  .map(({ filename, summary }) => ({ name: relative(join(root, 'native'), filename), ...summary.branches }))
  .filter(({ name, count }) => PARSERS.test(name) && count > 0)
  .sort((a, b) => a.percent - b.percent);
for (const { name, count, covered, percent } of rows) {
  process.stdout.write(
    `${percent.toFixed(1).padStart(6)} %  ${String(covered).padStart(5)} of ${String(count).padEnd(5)} ${name}\n`,
  );
}
const covered = rows.reduce((all, row) => all + row.covered, 0);
const count = rows.reduce((all, row) => all + row.count, 0);
const percent = (100 * covered) / count;
process.stdout.write(`\n${percent.toFixed(1)} % of ${count} branches of the parsers\n`);
process.exit(percent >= WANTED ? 0 : 1);
