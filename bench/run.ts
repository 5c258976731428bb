/** npm run bench [-- CASE...]: each case with every contender that is installed; `npm run bench:setup` installs them. */

import { writeFileSync } from 'node:fs';
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
const sections: string[] = [
  `# Bench results\n\n${machine()}\n\nMedian of all repetitions of three interleaved rounds, page cache warm; answers are compared with the first row before times count.\n`,
];
for (const bench of cases) {
  const result = await runCase(bench);
  if (!result) continue;
  const section = `\n## ${bench.title}\n\n${result.data}\n\n${formatTable(result.rows)}`;
  process.stdout.write(section);
  sections.push(section);
}
if (process.argv.includes('--write')) writeFileSync(join(import.meta.dirname, 'RESULTS.md'), sections.join(''));
