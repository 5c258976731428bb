/** Parts of a body: the Range header of RFC 9110, one range of bytes. */

export interface ByteRange {
  readonly from: number;
  /** The byte after the last. */
  readonly to: number;
}

/**
 * The part that is asked for; `whole` when nothing is, or in a way that RFC 9110 lets a server ignore (another unit,
 * several ranges, not a range at all); `unsatisfiable` when it begins after the end.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (!match || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'unsatisfiable' : { from: size - count, to: size };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return 'whole';
  if (from >= size) return 'unsatisfiable';
  return { from, to: last === '' ? size : Math.min(Number(last) + 1, size) };
}
