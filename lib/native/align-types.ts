/** Sequences and alignments as the native functions take and give them. */

export interface SequenceFeature {
  /** locus_tag, else gene, protein_id or label, else type and place. */
  id: string;
  /** gene, CDS, ... */
  type: string;
  /** In the sequence, half open, from the first to the last letter of a spliced feature. */
  begin: number;
  end: number;
  strand: '+' | '-';
  /** The feature's letters, read in its own direction. */
  sequence: string;
}

export interface SequenceRecord {
  id: string;
  description: string;
  /** Upper case. */
  sequence: string;
  /** Of GenBank files. */
  features: SequenceFeature[];
}

/**
 * `global`: both sequences from end to end. `infix`: the whole query anywhere in the reference (semi-global). `local`:
 * the best pair of substrings.
 */
export type AlignmentMode = 'global' | 'infix' | 'local';

/** Of the query: as it is, its reverse complement, or whichever of the two scores better. */
export type AlignmentStrands = 'forward' | 'reverse' | 'both';

export interface AlignmentScoring {
  /** Unit costs: every mismatch and every letter of a gap costs 1; what follows is ignored. */
  edit?: boolean;
  /** Gained per match, 0 to 1000. Default 2. */
  match?: number;
  /** Lost per mismatch, 1 to 1000. Default 4. */
  mismatch?: number;
  /** Lost per gap, 0 to 1000. Default 4. A gap of length L costs gapOpening + L * gapExtension. */
  gapOpening?: number;
  /** Lost per letter of a gap, 1 to 1000. Default 2. */
  gapExtension?: number;
}

export interface FoundAlignment {
  score: number;
  /** Mismatches and letters in gaps. */
  editDistance: number;
  /** Matches per column of the alignment, 0 to 1. */
  identity: number;
  /** `=` match, `X` mismatch, `I` letter of the query that the reference lacks, `D` the reverse. */
  cigar: string;
  /** `-`: the reverse complement of the query was aligned, and query places count in it. */
  strand: '+' | '-';
  /** Half open. */
  queryBegin: number;
  queryEnd: number;
  referenceBegin: number;
  referenceEnd: number;
}

export type PairAlignment = FoundAlignment | { code: string; message: string };
