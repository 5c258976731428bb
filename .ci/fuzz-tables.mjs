// What the runs of libFuzzer and of other programs so far add up to, as test/fuzz/RESULTS.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { TARGETS } from './fuzz-libfuzzer.mjs';
import { root } from './setup.mjs';

const HEAD = `# Hostile input: what was tried

Written by \`npm run fuzz -- --only peers,libfuzzer --write\`.
`;

const linesOf = (path) =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
const sum = (rows, key) => rows.reduce((all, row) => all + row[key], 0);
const most = (rows, key) => rows.reduce((all, row) => Math.max(all, row[key]), 0);

function targetRow({ name, reads }, runs) {
  const last = runs.at(-1);
  return `| ${[
    `\`${name}\``,
    reads,
    runs.length,
    (sum(runs, 'cpuSeconds') / 60).toFixed(1),
    sum(runs, 'executions').toLocaleString('en'),
    `${most(runs, 'edges')} of ${last.edgesInAll}`,
    last.corpus,
    runs.filter(({ found }) => found).length,
    last.found ? 'a finding' : 'none',
  ].join(' | ')} |`;
}

function targetsTable(runs) {
  const rows = TARGETS.map((target) => [target, runs.filter((run) => run.target === target.name)]).filter(
    ([, its]) => its.length > 0,
  );
  if (rows.length === 0) return '';
  return `
## libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer

Edges are those of the target that its inputs reach, of all that are compiled into it (readers of other formats too). Every
finding was mended before the last run.

| target | what it reads | runs | minutes of processor time | executions | edges | corpus | runs with a finding | the last run |
|---|---|--:|--:|--:|--:|--:|--:|---|
${rows.map(([target, its]) => targetRow(target, its)).join('\n')}

${(sum(runs, 'cpuSeconds') / 3600).toFixed(2)} hours of processor time, ${sum(runs, 'executions').toLocaleString('en')} executions in all.
`;
}

function peersTable(rows) {
  if (rows.length === 0) return '';
  const lines = rows.map(
    (row) => `| ${[row.peer, row.version, row.format, row.mutants, row.crashed, row.slow].join(' | ')} |`,
  );
  return `
## The same mutants through other programs

Crashed: ended by a signal of a fault or an abort. Slow: more than two seconds. Each is read in a process of its own; ours by
every reader in turn.

| program | version | format | mutants | crashed | slow |
|---|---|---|--:|--:|--:|
${lines.join('\n')}
`;
}

export function writeTables(findings) {
  const targets = targetsTable(linesOf(join(findings, 'runs.jsonl')));
  const peers = peersTable(linesOf(join(findings, 'peers.jsonl')));
  writeFileSync(join(root, 'test/fuzz/RESULTS.md'), `${HEAD}${targets}${peers}`);
}
