// libFuzzer on every reader and decoder, a target each. What it found interesting stays for the next time, and what each run
// did is added to runs.jsonl.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './setup.mjs';

const target = (name, reads) => ({ name, reads, program: `fuzz_${name.replace('.', '_')}` });

/** `reads` is what stands in the table. */
export const TARGETS = [
  target('dcm', 'a DICOM file: data set, RTSTRUCT, RTDOSE, RTPLAN, SEG, pixels, SUV'),
  target('nii', 'NIfTI'),
  target('nii.gz', 'NIfTI, gzip'),
  target('nrrd', 'NRRD'),
  target('mha', 'MetaImage'),
  target('npy', 'NumPy array'),
  target('frame', 'one frame: RLE, JPEG, JPEG-LS, JPEG 2000, planes and bits'),
  target('shard', 'Zarr chunks and shards, every codec'),
  target('mask', 'contours to a mask'),
  target('sequences', 'FASTA, FASTQ, GenBank'),
  target('xml', 'answers of S3'),
  target('array_meta', 'zarr.json'),
];

export const SANITIZERS = {
  ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
const LIMITS = ['-rss_limit_mb=1024', '-malloc_limit_mb=256', '-timeout=5', '-max_len=16384', '-print_final_stats=1'];

export const hasClang = () => existsSync('/usr/bin/clang++-19');

function number(text, pattern) {
  const found = [...text.matchAll(pattern)].at(-1);
  return found ? Number(found[1]) : 0;
}

/** One target for some seconds; resolves to whether it failed. */
function runTarget({ name, program }, { folder, findings, seconds, seeds }) {
  const kept = join(findings, 'corpus', name);
  mkdirSync(kept, { recursive: true });
  const args = [`-max_total_time=${seconds}`, ...LIMITS, `-artifact_prefix=${name}-`, kept, join(seeds, name)];
  return new Promise((resolve) => {
    // The shell counts the processor's time of the child, which Node does not tell.
    const child = spawn('bash', ['-c', 'TIMEFORMAT="cpu: %U %S"; time "$@"', 'time', join(folder, program), ...args], {
      cwd: findings,
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...SANITIZERS },
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.on('close', (status) => {
      const cpu = said.match(/cpu: ([\d.]+) ([\d.]+)/);
      const row = {
        target: name,
        seconds,
        cpuSeconds: cpu ? Number(cpu[1]) + Number(cpu[2]) : 0,
        executions: number(said, /number_of_executed_units: (\d+)/g),
        edges: number(said, /cov: (\d+)/g),
        edgesInAll: number(said, /\((\d+) inline 8-bit counters\)/g),
        corpus: number(said, /corp: (\d+)/g),
        // A run that failed for another reason fails too, but found nothing.
        found: status !== 0 && /SUMMARY: |ERROR: /.test(said),
      };
      appendFileSync(join(findings, 'runs.jsonl'), `${JSON.stringify(row)}\n`);
      process.stdout.write(
        `libFuzzer: ${name}: ${row.executions} executions, ${Math.round(row.cpuSeconds)} s of processor time, ` +
          `${row.edges} of ${row.edgesInAll} edges, ${row.found ? `a finding, kept in ${findings}` : 'no finding'}\n`,
      );
      if (status !== 0) process.stdout.write(`${said.slice(-6000)}\n`);
      resolve(status !== 0);
    });
  });
}

/** Every target for `seconds`, `jobs` at once; resolves to whether one failed. */
export async function runTargets({ folder, findings, seconds, jobs }) {
  const seeds = join(findings, 'seeds');
  run(join(folder, 'corpus'), [seeds], { env: { ...process.env, ...SANITIZERS } });
  const waiting = [...TARGETS];
  const failed = [];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      failed.push(await runTarget(next, { folder, findings, seconds, seeds }));
    }
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  return failed.includes(true);
}
