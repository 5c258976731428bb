// isovox run on a folder, into a new output folder: node isovox-cohort.mjs ROOT FLAGS...
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [root, ...flags] = process.argv.slice(2);
const main = join(import.meta.dirname, '../../dist/cli/main.js');
const outdir = mkdtempSync(join(tmpdir(), 'isovox-bench-'));
const timeline = join(outdir, 'timeline.json');

/** Milliseconds that ended children of this process, and theirs, spent on processors (proc(5), cutime and cstime). */
function childrenMs() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return 10 * (Number(fields[13]) + Number(fields[14]));
}

/** Courses that were given out while a larger one waited. */
function inversions() {
  if (!existsSync(timeline)) return 0;
  const { traceEvents } = JSON.parse(readFileSync(timeline, 'utf8'));
  const weights = traceEvents
    .filter(({ cat }) => cat === 'course')
    .sort((a, b) => a.ts - b.ts)
    .map(({ args }) => args.weight);
  return weights.filter((weight, n) => n > 0 && weight > weights[n - 1]).length;
}

try {
  const began = performance.now();
  const run = spawnSync(
    process.execPath,
    [main, 'run', '--dicom-root', root, '--outdir', outdir, '--timeline', timeline, ...flags],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ms = performance.now() - began;
  if (run.status !== 0) throw new Error(run.stderr);
  const tables = join(outdir, '_RESULTS');
  const content = createHash('sha256');
  const names = readdirSync(tables).filter((name) => name.endsWith('.csv'));
  for (const name of names.sort()) content.update(name).update(readFileSync(join(tables, name)));
  const answer = content.digest().readUIntBE(0, 6);
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  process.stdout.write(
    `${JSON.stringify({ ms: [ms], cpuMs: [childrenMs()], peakMb: 0, version, answer: { tables: answer, inversions: inversions() } })}\n`,
  );
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
