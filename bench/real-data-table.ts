/** The comparison of real plans as Markdown: every structure, value and reference, with the reason of each difference. */

import { type Comparison, UNREMARKABLE_PCT } from './real-data.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

const unitOf = (metric: string): string =>
  metric === 'cc' ? 'volume, cc' : metric.startsWith('V') ? `${metric}, %` : `${metric}, Gy`;

const signed = (value: number, digits: number): string => (value < 0 ? '' : '+') + value.toFixed(digits);

const isBeyond = ({ percent }: Comparison): boolean => !(Math.abs(percent) <= UNREMARKABLE_PCT);

/** `rows` in the order of compareRealData; one table per plan, its reasons below it. */
export function formatRealData(rows: readonly Comparison[]): string {
  const beyond = rows.filter(isBeyond).length;
  const plans = [...new Set(rows.map(({ plan }) => plan))];
  return `## Real plans

${rows.length} values of volume, mean, D95%, D2% and V columns beside the tables of Eclipse, CERR, SlicerRT, a planning
system and source voxels; ${rows.length - beyond} agree within ${UNREMARKABLE_PCT} %, and every other has a letter: its reason, below the
table. In brackets the difference from the reference, in percent of it (of a hundredth of its mean dose where that is
more); of V columns in points, percent of the structure.

${plans.map((plan) => formatPlan(rows.filter((row) => row.plan === plan))).join('\n')}`;
}

function formatPlan(rows: readonly Comparison[]): string {
  const references = [...new Set(rows.map(({ against }) => against))];
  const reasons = [...new Set(rows.filter(isBeyond).map(({ reason }) => reason ?? 'not known'))];
  const cell = (row: Comparison | undefined): string => {
    if (!row) return '';
    const points = row.metric.startsWith('V');
    const difference = points ? `${signed(row.percent, 2)} points` : `${signed(row.percent, 1)} %`;
    const letter = isBeyond(row) ? ` **${LETTERS[reasons.indexOf(row.reason ?? 'not known')]}**` : '';
    return `${row.theirs.toPrecision(4)} (${difference})${letter}`;
  };
  const lines = new Map<string, Comparison[]>();
  for (const row of rows) {
    const key = `${row.roi}\t${row.metric}`;
    lines.set(key, [...(lines.get(key) ?? []), row]);
  }
  const body = [...lines.values()].map((line) => {
    const [first] = line as [Comparison];
    const cells = references.map((against) => cell(line.find((row) => row.against === against)));
    return `| ${first.roi} | ${unitOf(first.metric)} | ${first.ours.toPrecision(4)} | ${cells.join(' | ')} |\n`;
  });
  return `### ${rows[0]?.plan}

| structure | value | isovox | ${references.join(' | ')} |
|---|---|--:|${references.map(() => '--:|').join('')}
${body.join('')}
${reasons.map((reason, n) => `- **${LETTERS[n]}**: ${reason}\n`).join('')}`;
}
