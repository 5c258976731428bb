/** Global alignment with paths: 1,000 pairs of 1,000 letters at 2, 10 and 20 % divergence. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder, contenders, nativeProgram, python, pythonAbsent, tsx } from '../environment.js';
import type { BenchCase } from '../harness.js';

const PAIRS = 1000;
const LETTERS = 1000;

/** Pairs from a fixed seed; a third of the changes each are letters replaced, left out and put in. */
function writePairs(path: string, percent: number): void {
  let state = 20260101;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const letter = () => 'ACGT'[next(4)] ?? 'A';
  const lines: string[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const query = Array.from({ length: LETTERS }, letter);
    const changed = query.flatMap((kept) => {
      if (next(100) >= percent) return [kept];
      const kind = next(3);
      return kind === 0 ? [letter()] : kind === 1 ? [] : [kept, letter()];
    });
    lines.push(query.join(''), changed.join(''));
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}

const alignCase = (percent: number): BenchCase => ({
  name: `align-${percent}`,
  title: `Global alignment with paths: ${PAIRS} pairs of ${LETTERS} letters at ${percent} % divergence`,
  async prepare() {
    const file = join(cacheFolder, `pairs-${percent}.txt`);
    if (!existsSync(file)) writePairs(file, percent);
    const program = nativeProgram('align_pairs');
    const isovox = (threads: number, kind: string) => ({
      name: `isovox ${kind}, ${threads} thread${threads > 1 ? 's' : ''}`,
      command: [...tsx, join(contenders, 'isovox-align.ts'), file, '7', String(threads), kind],
    });
    const library = (tool: string, name: string) => ({
      name,
      command: [program.path, tool, file, '3'],
      absent: program.absent,
    });
    return {
      data: 'match 0, mismatch -4, a gap of length L -(6 + 2 L); edit: unit costs. Libraries on one thread.',
      contenders: [
        isovox(2, 'affine'),
        isovox(1, 'affine'),
        library('wfa2', 'WFA2-lib affine'),
        library('parasail', 'parasail affine'),
        library('ksw2', 'ksw2 (minimap2) affine'),
        {
          name: 'Biopython affine, score only',
          command: [python ?? '', join(contenders, 'align.py'), file, '2', '50'],
          absent: pythonAbsent,
        },
        isovox(2, 'edit'),
        library('edlib', 'edlib edit'),
      ],
    };
  },
  /** Sums of scores; contenders of the other cost model have no sum in common with the first row. */
  compare: (reference, other) =>
    Object.keys(reference).flatMap((key) =>
      other[key] === undefined || other[key] === reference[key] ? [] : [`${key} ${other[key]} not ${reference[key]}`],
    ),
});

export const align: readonly BenchCase[] = [2, 10, 20].map(alignCase);
