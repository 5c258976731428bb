/** isovox align: features against a reference sequence, as a table. */

import { ParallelAligner } from '../../align/aligner.js';
import { IsovoxError } from '../../errors.js';
import { readSequences } from '../../native/align.js';
import type { AlignmentMode, AlignmentStrands } from '../../native/align-types.js';
import type { Column, Table } from '../../table/table.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { callProgress, commandContext, writeTable } from './common.js';

export interface AlignCommandOptions extends CommonOptions {
  readonly reference: string;
  readonly features: string;
  readonly featureType: string;
  readonly mode: AlignmentMode;
  readonly strand: AlignmentStrands;
  readonly edit?: boolean;
  readonly match: number;
  readonly mismatch: number;
  readonly gapOpening: number;
  readonly gapExtension: number;
  readonly out: string;
}

const COLUMNS: readonly Column[] = [
  { name: 'id', type: 'string', unit: '', definition: 'Of the feature' },
  { name: 'start', type: 'int', unit: '', definition: 'First letter of the reference in the alignment, from 1' },
  { name: 'end', type: 'int', unit: '', definition: 'Last letter of the reference in the alignment' },
  { name: 'strand', type: 'string', unit: '', definition: '-: the reverse complement of the feature was aligned' },
  { name: 'score', type: 'int', unit: '', definition: 'Matches gained less mismatches and gaps lost' },
  { name: 'edit_distance', type: 'int', unit: '', definition: 'Mismatches and letters in gaps' },
  { name: 'identity', type: 'float', unit: '', definition: 'Matches per column of the alignment, 0 to 1' },
  {
    name: 'cigar',
    type: 'string',
    unit: '',
    definition: '= match, X mismatch, I only in the feature, D only in the reference',
  },
  { name: 'finding', type: 'string', unit: '', definition: 'Why there is no alignment' },
];

export async function align(options: AlignCommandOptions): Promise<number> {
  const context = commandContext(options);
  const rows = await interruptible(async (signal) => {
    const task = { context, signal };
    const [references, sources] = await Promise.all([
      readSequences({ path: options.reference }, task),
      readSequences({ path: options.features }, task),
    ]);
    const [reference, ...more] = references;
    if (reference === undefined || more.length > 0) {
      throw new IsovoxError(
        'ERR_INVALID_ARGUMENT',
        `Expected one sequence in ${options.reference} but it holds ${references.length}: put the one to align with into a file of its own`,
        { path: options.reference, expected: '1', actual: String(references.length) },
      );
    }
    const aligner = new ParallelAligner({
      numWorkers: context.threads,
      mode: options.mode,
      strands: options.strand,
      scoring: options.edit
        ? { edit: true }
        : {
            match: options.match,
            mismatch: options.mismatch,
            gapOpening: options.gapOpening,
            gapExtension: options.gapExtension,
          },
    });
    const progress = await callProgress('align', options);
    try {
      const found = await aligner.alignFeatures(featuresOf(sources, options), reference.sequence, {
        ...task,
        onProgress: progress.update,
      });
      return found.map((feature) =>
        feature.finding
          ? { id: feature.id, finding: `${feature.finding.code}: ${feature.finding.message}` }
          : {
              id: feature.id,
              start: feature.referenceBegin + 1,
              end: feature.referenceEnd,
              strand: feature.strand,
              score: feature.score,
              edit_distance: feature.editDistance,
              identity: feature.identity,
              cigar: feature.cigar,
            },
      );
    } finally {
      progress.end();
    }
  });
  const table: Table = { name: 'alignments', title: 'Alignments', columns: COLUMNS, rows };
  await writeTable(table, options.out);
  const failed = rows.filter((row) => 'finding' in row);
  if (options.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
  else if (!options.quiet) {
    for (const row of failed) process.stderr.write(`warn: ${row.id}: ${'finding' in row ? row.finding : ''}\n`);
    process.stderr.write(
      `${rows.length - failed.length} of ${rows.length} features aligned; written to ${options.out}\n`,
    );
  }
  return failed.length > 0 ? EXIT.badData : EXIT.done;
}

/** The features of a GenBank file, else its sequences themselves. */
function featuresOf(
  sources: Awaited<ReturnType<typeof readSequences>>,
  { features: path, featureType }: AlignCommandOptions,
): Array<{ id: string; sequence: string }> {
  if (sources.every(({ features }) => features.length === 0)) return sources;
  const chosen = sources.flatMap(({ features }) => features).filter(({ type }) => type === featureType);
  if (chosen.length > 0) return chosen;
  const types = [...new Set(sources.flatMap(({ features }) => features.map(({ type }) => type)))].sort();
  throw new IsovoxError(
    'ERR_NOT_FOUND',
    `There is no feature of type ${featureType} in ${path}; --feature-type takes one of ${types.join(', ')}`,
    { path },
  );
}
