/** npm run bench [-- CASE...]: each case with every contender that is installed; `npm run bench:setup` installs them. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CASES } from './cases/index.js';
import { formatTable, machine, runCase } from './harness.js';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const cases = CASES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (cases.length === 0) {
  process.stderr.write(
    `Expected one of ${CASES.map(({ name }) => name).join(', ')} but received ${wanted.join(', ')}\n`,
  );
  process.exit(2);
}
const HEAD =
  'Median of all repetitions of three interleaved rounds, page cache warm; answers are compared with the first row ' +
  'before times count. Each table names the machine it was measured on.\n';
const sections = new Map<string, string>();
for (const bench of cases) {
  const result = await runCase(bench);
  if (!result) continue;
  const section = `\n## ${bench.title}\n\n${result.data}\n\n${machine()}\n\n${formatTable(result.rows)}`;
  process.stdout.write(section);
  sections.set(bench.title, section);
}
if (process.argv.includes('--write')) writeResults(join(import.meta.dirname, 'RESULTS.md'));

/** Puts the new tables in the order of the cases; tables of cases that were not run stay as they are. */
function writeResults(path: string): void {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  for (const section of before.split(/(?=\n## )/).slice(1)) {
    const title = /## (.*)/.exec(section)?.[1] ?? '';
    if (!sections.has(title)) sections.set(title, section);
  }
  const known = CASES.map(({ title }) => title).filter((title) => sections.has(title));
  writeFileSync(path, `# Bench results\n\n${HEAD}${known.map((title) => sections.get(title)).join('')}`);
}
