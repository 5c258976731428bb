/**
 * Alignments against published and independent values, where the shared data is there: the unit tests of WFA2-lib
 * (305 pairs with scores and paths for edit distance and two gap-affine costs), the edit distance of two mitochondria
 * (minimap2's pair; edlib), the divergence of edlib's mutated phages, and EMBOSS-like scores of Biopython
 * (test/golden/align-biopython.csv, made by test/oracles/align.py).
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { ParallelAligner } from '../../lib/align/aligner.js';
import { alignPairs, readSequences } from '../../lib/native/align.js';
import type { AlignmentScoring, FoundAlignment } from '../../lib/native/align-types.js';
import { parseCsv } from '../fixtures/csv.js';
import { sharedData } from '../fixtures/index.js';

const folder = join(sharedData ?? '', 'seq');

function found(result: FoundAlignment | { code: string; message: string } | undefined): FoundAlignment {
  if (result === undefined || !('cigar' in result)) throw new Error(`no alignment: ${JSON.stringify(result)}`);
  return result;
}

/** The path must use up both sequences, and be true letter by letter. */
function checkPath(
  { cigar, queryBegin, queryEnd, referenceBegin, referenceEnd }: FoundAlignment,
  query: string,
  reference: string,
) {
  let [i, j] = [queryBegin, referenceBegin];
  for (const [, length, kind] of cigar.matchAll(/(\d+)([=XID])/g)) {
    const count = Number(length);
    if (kind === '=' && query.slice(i, i + count) !== reference.slice(j, j + count))
      throw new Error(`${cigar} at ${i}`);
    if (kind === 'X') for (let c = 0; c < count; c++) if (query[i + c] === reference[j + c]) throw new Error(cigar);
    if (kind !== 'D') i += count;
    if (kind !== 'I') j += count;
  }
  expect([i, j]).toEqual([queryEnd, referenceEnd]);
}

describe.skipIf(sharedData === undefined)("WFA2-lib's own pairs", () => {
  const lines = sharedData ? readFileSync(join(folder, 'wfa/wfa.utest.seq'), 'utf8').trim().split('\n') : [];
  const references = lines.filter((line) => line.startsWith('>')).map((line) => line.slice(1).trim());
  const queries = lines.filter((line) => line.startsWith('<')).map((line) => line.slice(1).trim());
  // Penalties of the library's test script; its edit file holds distances, the others scores.
  const cases: ReadonlyArray<readonly [string, AlignmentScoring]> = [
    ['test.edit.alg', { edit: true }],
    ['test.affine.p1.alg', { match: 0, mismatch: 3, gapOpening: 1, gapExtension: 4 }],
    ['test.affine.p3.alg', { match: 5, mismatch: 1, gapOpening: 2, gapExtension: 1 }],
  ];
  it.each(cases)('have the scores of %s and valid paths', async (file, scoring) => {
    const expected = readFileSync(join(folder, 'wfa', file), 'utf8')
      .trim()
      .split('\n');
    // Pairs with an empty sequence are refused by name, not aligned.
    const results = await alignPairs({ queries, references, mode: 'global', scoring });
    expect(results.length).toBe(expected.length);
    let compared = 0;
    for (const [i, result] of results.entries()) {
      const [query = '', reference = ''] = [queries[i], references[i]];
      if (query === '' || reference === '') {
        expect(result).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
        continue;
      }
      const alignment = found(result);
      const score = Number(expected[i]?.split('\t')[0]);
      expect({ i, score: scoring.edit ? alignment.editDistance : alignment.score }).toEqual({ i, score });
      checkPath(alignment, query, reference);
      compared++;
    }
    expect(compared).toBeGreaterThan(290);
  });
});

describe.skipIf(sharedData === undefined)('real sequences', () => {
  const one = async (file: string) => {
    const [sequence] = await readSequences({ path: join(folder, file) });
    if (sequence === undefined) throw new Error(file);
    return sequence;
  };

  it('gives the mitochondria of human and orang-utan an edit distance of 3315', async () => {
    const [human, orang] = await Promise.all([one('minimap2/MT-human.fa'), one('minimap2/MT-orang.fa')]);
    const [expected] = parseCsv(join(folder, 'expected_edit_MT.csv'));
    const [result] = await alignPairs({
      queries: [orang.sequence],
      references: [human.sequence],
      mode: 'global',
      scoring: { edit: true },
    });
    const alignment = found(result);
    expect(alignment.editDistance).toBe(Number(expected?.global_edit_distance));
    checkPath(alignment, orang.sequence, human.sequence);
  });

  it('finds every CDS of a GenBank plasmid at its place and on its strand', async () => {
    const plasmid = await one('biopython/NC_005816.gb');
    expect([plasmid.id, plasmid.sequence.length]).toEqual(['NC_005816.1', 9609]);
    const features = plasmid.features.filter(({ type }) => type === 'CDS');
    expect(features.length).toBe(10);
    const results = await new ParallelAligner().alignFeatures(features, plasmid.sequence);
    for (const [i, result] of results.entries()) {
      const feature = features[i];
      expect(result).toMatchObject({
        id: feature?.id,
        referenceBegin: feature?.begin,
        referenceEnd: feature?.end,
        strand: feature?.strand,
        identity: 1,
        editDistance: 0,
      });
    }
  });

  it('finds a phage in its mutated copies', async () => {
    const phage = await one('edlib-phage/Enterobacteria_phage_1.fasta');
    const read = phage.sequence.slice(40_000, 42_000);
    const mutated = await one('edlib-phage/mutated_97_perc.fasta');
    const [result] = await alignPairs({ queries: [read], references: [mutated.sequence], mode: 'infix' });
    const alignment = found(result);
    expect(alignment.identity).toBeGreaterThan(0.9);
    checkPath(alignment, read, mutated.sequence);
  });

  it('scores as Biopython does, in three modes', async () => {
    const golden = parseCsv(join(import.meta.dirname, '../golden/align-biopython.csv'));
    expect(golden.length).toBeGreaterThan(100);
    for (const mode of ['global', 'infix', 'local'] as const) {
      const rows = golden.filter((row) => row.mode === mode);
      const results = await alignPairs({
        queries: rows.map((row) => row.query ?? ''),
        references: rows.map((row) => row.reference ?? ''),
        mode,
      });
      expect(results.map((result) => found(result).score)).toEqual(rows.map((row) => Number(row.score)));
    }
  });
});
