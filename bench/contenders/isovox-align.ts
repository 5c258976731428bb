/** isovox-align.ts FILE REPETITIONS THREADS KIND: global alignment of pairs with paths, KIND `affine` or `edit`. */

import { readFileSync } from 'node:fs';

import { getConfig } from '../../lib/config/resolve.js';
import { alignPairs } from '../../lib/native/align.js';
import { Context } from '../../lib/runtime/context.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [file = '', repetitions = '5', threads = '2', kind = 'affine'] = process.argv.slice(2);
const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
const queries = lines.filter((_, i) => i % 2 === 0);
const references = lines.filter((_, i) => i % 2 === 1);
const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: Number(threads) } });
const ms: number[] = [];
let answer: Record<string, number> = {};
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  const edit = kind === 'edit';
  const found = await alignPairs(
    {
      queries,
      references,
      mode: 'global',
      scoring: { edit, match: 0, mismatch: 4, gapOpening: 6, gapExtension: 2 },
      batchSize: 50,
    },
    { context },
  );
  if (i > 0) ms.push(performance.now() - begun);
  const total = (of: 'score' | 'editDistance', count: number) =>
    found.slice(0, count).reduce((sum, result) => sum + ('cigar' in result ? result[of] : Number.NaN), 0);
  answer = edit
    ? { edits: total('editDistance', found.length) }
    : { score: total('score', found.length), first: total('score', 50) };
}
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer })}\n`);
