/** Tables as CSV: RFC 4180 (CRLF, quotes doubled), UTF-8 without a mark, the header as the columns are named. */

import { stringify } from 'csv-stringify/sync';
import { appendAll, writeAtomically } from './atomic.js';
import { guardFormula, present } from './cell.js';
import { checkTable } from './columns.js';
import type { Cell, Row, Table } from './table.js';

const ROWS_PER_BATCH = 2000;

/** The shortest digits that read back as the same number; text guarded against formulas; empty where nothing is. */
function field(cell: Cell | undefined): string {
  const value = present(cell);
  if (value === undefined) return '';
  return typeof value === 'string' ? guardFormula(value) : String(value);
}

/** A lone CR or LF is quoted too: readers take either for the end of a record. */
function lines(records: string[][], delimiter: string): string {
  return stringify(records, { delimiter, record_delimiter: '\r\n', quoted_match: /[\r\n]/ });
}

/** The table's text in pieces of bounded size. The table is checked first. */
export function* csvChunks(table: Table, delimiter = ','): Generator<string> {
  checkTable(table);
  const names = table.columns.map((column) => column.name);
  yield lines([names.map(field)], delimiter);
  for (let start = 0; start < table.rows.length; start += ROWS_PER_BATCH) {
    const batch = table.rows.slice(start, start + ROWS_PER_BATCH);
    yield lines(
      batch.map((row: Row) => names.map((name) => field(row[name]))),
      delimiter,
    );
  }
}

/** Writes `table` to `path`, whole or not at all. The same table gives the same bytes. A tab as delimiter makes it TSV. */
export function writeCsv(table: Table, path: string, delimiter = ','): Promise<void> {
  return writeAtomically(path, async (handle) => {
    for (const chunk of csvChunks(table, delimiter)) await appendAll(handle, Buffer.from(chunk, 'utf8'));
  });
}
