/**
 * npm run bench [-- CASE…] [--write] [--quick] [--render]: each case with every contender that is installed;
 * `npm run bench:setup` installs them. All cases together write RESULTS.md and plots, as do some with --write, which
 * leaves the others as they are. --quick is one round within five minutes and writes nothing. --render makes overview
 * and plots of the tables that are there.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CASES } from './cases/index.js';
import { formatTable, machine, runCase } from './harness.js';
import { casePlot } from './plot.js';
import { mergeSections, parseResults, plotName, resultsText, type Section, sectionOf } from './results.js';

const QUICK_MS = 280_000;
/** A case gets at least so much of the time that is left. */
const LEAST_CASE_MS = 6000;

const FLAGS = ['--write', '--quick', '--render'];
const given = process.argv.slice(2);
const wanted = given.filter((argument) => !argument.startsWith('--'));
const unknown = [
  ...given.filter((argument) => argument.startsWith('--') && !FLAGS.includes(argument)),
  ...wanted.filter((name) => !CASES.some((one) => one.name === name)),
];
if (unknown.length > 0) {
  const cases = CASES.map(({ name }) => name).join(', ');
  process.stderr.write(`Expected ${FLAGS.join(', ')} or one of ${cases} but received ${unknown.join(', ')}\n`);
  process.exit(2);
}
const isQuick = given.includes('--quick');
if (isQuick && given.includes('--write')) {
  process.stderr.write('One round is no result: --quick writes nothing\n');
  process.exit(2);
}
const writes = !isQuick && (wanted.length === 0 || given.includes('--write'));
const path = join(import.meta.dirname, 'RESULTS.md');

/** Puts the tables into the file; those of cases that were not run stay as they are. */
function writeResults(measured: readonly Section[]): void {
  const before = existsSync(path) ? parseResults(readFileSync(path, 'utf8')) : [];
  const sections = mergeSections(
    before,
    measured,
    CASES.map(({ title }) => title),
  );
  const plots = join(import.meta.dirname, 'plots');
  mkdirSync(plots, { recursive: true });
  const names = new Set<string>();
  for (const { title, rows } of sections) {
    const svg = casePlot(title, rows);
    if (svg === undefined) continue;
    names.add(plotName(title));
    writeFileSync(join(plots, plotName(title)), `${svg}\n`);
  }
  for (const name of readdirSync(plots)) if (!names.has(name)) rmSync(join(plots, name));
  writeFileSync(path, resultsText(sections));
}

if (given.includes('--render')) {
  writeResults([]);
  process.exit(0);
}

const begun = performance.now();
const cases = CASES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
for (const [index, bench] of cases.entries()) {
  const left = QUICK_MS - (performance.now() - begun);
  if (isQuick && left < LEAST_CASE_MS) {
    process.stdout.write(
      `\nNot reached in five minutes: ${cases
        .slice(index)
        .map(({ name }) => name)
        .join(', ')}\n`,
    );
    break;
  }
  const allowance = Math.min(left, Math.max(LEAST_CASE_MS, left / (cases.length - index)));
  const result = await runCase(bench, isQuick ? { rounds: 1, withinMs: allowance } : {});
  if (!result) continue;
  const text = `## ${bench.title}\n\n${result.data}\n\n${machine()}\n\n${formatTable(result.rows)}`;
  process.stdout.write(`\n${text}`);
  // After each case: hours of measuring are not lost with the last one.
  if (writes) writeResults([sectionOf(text)]);
}
