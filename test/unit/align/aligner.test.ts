import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { ParallelAligner } from '../../../lib/align/aligner.js';
import { batchSizeFor } from '../../../lib/align/batch-size.js';
import { readSequences } from '../../../lib/native/align.js';
import { temporaryFolder } from '../../fixtures/index.js';

const run = promisify(execFile);
const cli = join(import.meta.dirname, '../../../dist/cli/main.js');

const REFERENCE = 'TTTTTTAACGGTCCATTTTTTGGGATCCGCTTTT';

describe('ParallelAligner', () => {
  it('keeps the order, names what has no id, and loses none of equal ids', async () => {
    const features = [{ id: 'a', sequence: 'AACGGTCCA' }, { sequence: 'ggatccgc' }, { id: 'a', sequence: 'GCGGATCCC' }];
    const results = await new ParallelAligner({ numWorkers: 2 }).alignFeatures(features, REFERENCE);
    expect(results).toMatchObject([
      { id: 'a', referenceBegin: 6, referenceEnd: 15, strand: '+', cigar: '9=', score: 18 },
      { id: 'feature-2', referenceBegin: 22, strand: '+', identity: 1 },
      { id: 'a#2', referenceBegin: 21, strand: '-', cigar: '9=' },
    ]);
  });

  it('gives a finding for a feature that cannot be aligned and aligns the others', async () => {
    const results = await new ParallelAligner().alignFeatures(
      [
        { id: 'empty', sequence: '' },
        { id: 'good', sequence: 'GGTCC' },
      ],
      REFERENCE,
    );
    expect(results).toMatchObject([
      { id: 'empty', finding: { code: 'ERR_INVALID_ARGUMENT' } },
      { id: 'good', score: 10 },
    ]);
  });

  it('gives the same for one thread and many, and for every batch size', async () => {
    const features = Array.from({ length: 200 }, (_, i) => ({ sequence: REFERENCE.slice(i % 20, (i % 20) + 8) }));
    const one = await new ParallelAligner({ numWorkers: 1, batchSize: 200 }).alignFeatures(features, REFERENCE);
    const many = await new ParallelAligner({ numWorkers: 4, batchSize: 3 }).alignFeatures(features, REFERENCE);
    expect(many).toEqual(one);
  });

  it('refuses options outside their range, and an aborted signal', async () => {
    expect(() => new ParallelAligner({ numWorkers: 0 })).toThrow(/numWorkers/);
    expect(() => new ParallelAligner({ batchSize: -1 })).toThrow(/batchSize/);
    const aligner = new ParallelAligner({ scoring: { mismatch: 0 } });
    await expect(aligner.alignFeatures([{ sequence: 'A' }], 'A')).rejects.toThrow(/mismatch/);
    const signal = AbortSignal.abort();
    await expect(new ParallelAligner().alignFeatures([{ sequence: 'A' }], 'A', { signal })).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
  });

  it('takes batches by length: 50-100 below 1 kb, 20-50 below 10 kb, 5-20 above, and shares few features out', () => {
    const features = (count: number, length: number) =>
      Array.from({ length: count }, () => ({ sequence: 'A'.repeat(length) }));
    expect(batchSizeFor(features(10_000, 100), 4)).toBe(100);
    expect(batchSizeFor(features(500, 100), 4)).toBe(63);
    expect(batchSizeFor(features(10_000, 2_000), 4)).toBe(50);
    expect(batchSizeFor(features(1_000, 20_000), 4)).toBe(20);
    expect(batchSizeFor(features(8, 20_000), 4)).toBe(1);
  });
});

describe('sequence files', () => {
  it('reads gzip like plain text', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.fa'), '>x first\nACGT\n');
    writeFileSync(join(folder, 'a.fa.gz'), gzipSync('>x first\nACGT\n'));
    const plain = await readSequences({ path: join(folder, 'a.fa') });
    expect(plain).toEqual([{ id: 'x', description: 'first', sequence: 'ACGT', features: [] }]);
    expect(await readSequences({ path: join(folder, 'a.fa.gz') })).toEqual(plain);
  });

  it('names file and line of what it cannot read', async () => {
    const path = join(temporaryFolder(), 'bad.fa');
    writeFileSync(path, '>x\nAC\u0007GT\n');
    await expect(readSequences({ path })).rejects.toMatchObject({
      code: 'ERR_CORRUPT_DATA',
      context: { path, line: '2' },
    });
  });
});

describe('isovox align', () => {
  it('writes a table, with a finding for what fails, and says so by its exit code', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'reference.fa'), `>r\n${REFERENCE}\n`);
    writeFileSync(join(folder, 'features.fa'), '>a\nAACGGTCCA\n>b\nGCGGATCCC\n');
    const out = join(folder, 'out.tsv');
    const args = ['align', '--reference', join(folder, 'reference.fa'), '--features', join(folder, 'features.fa')];
    const { stderr } = await run(process.execPath, [cli, ...args, '--out', out], { timeout: 300_000 });
    expect(stderr).toContain('2 of 2 features aligned');
    expect(readFileSync(out, 'utf8').split('\r\n')).toEqual([
      'id\tstart\tend\tstrand\tscore\tedit_distance\tidentity\tcigar\tfinding',
      'a\t7\t15\t+\t18\t0\t1\t9=\t',
      'b\t22\t30\t-\t18\t0\t1\t9=\t',
      '',
    ]);
    writeFileSync(join(folder, 'features.fa'), '>a\n>b\nGCGGATCCC\n');
    await expect(run(process.execPath, [cli, ...args, '--out', out], { timeout: 300_000 })).rejects.toMatchObject({
      code: 65,
    });
    expect(readFileSync(out, 'utf8')).toContain('ERR_INVALID_ARGUMENT');
  });
});
