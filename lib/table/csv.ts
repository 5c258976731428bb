/** Tables as CSV: RFC 4180 (CRLF, quotes doubled), UTF-8 without a mark, the header as the columns are named. */

import { appendAll, writeAtomically } from './atomic.js';
import { guardFormula, present } from './cell.js';
import { checkTable } from './columns.js';
import type { Cell, Row, Table, TableHead } from './table.js';

const ROWS_PER_BATCH = 2000;
const END_OF_RECORD = '\r\n';

/** A lone CR or LF is quoted too: readers take either for the end of a record. */
function quoted(text: string, delimiter: string): string {
  return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The shortest digits that read back as the same number; text guarded against formulas; empty where nothing is. */
function field(cell: Cell | undefined, delimiter: string): string {
  const value = present(cell);
  if (value === undefined) return '';
  return typeof value === 'string' ? quoted(guardFormula(value), delimiter) : String(value);
}

/** The record that names the columns. */
export function csvHeader({ columns }: TableHead, delimiter = ','): string {
  return columns.map(({ name }) => field(name, delimiter)).join(delimiter) + END_OF_RECORD;
}

/** A record for each row, as they are: see `checkTable`. */
export function csvRecords({ columns }: TableHead, rows: readonly Row[], delimiter = ','): string {
  const names = columns.map(({ name }) => name);
  // Rows that follow each other mostly have the same text, which then is looked at once.
  const cells: Row[string][] = names.map(() => null);
  const fields = names.map(() => '');
  let text = '';
  for (const row of rows) {
    for (const [column, name] of names.entries()) {
      const cell = row[name];
      if (cell === cells[column]) continue;
      cells[column] = cell;
      fields[column] = field(cell, delimiter);
    }
    text += fields.join(delimiter) + END_OF_RECORD;
  }
  return text;
}

/** The table's text in pieces of bounded size. The table is checked first. */
export function* csvChunks(table: Table, delimiter = ','): Generator<string> {
  checkTable(table);
  yield csvHeader(table, delimiter);
  for (let start = 0; start < table.rows.length; start += ROWS_PER_BATCH) {
    yield csvRecords(table, table.rows.slice(start, start + ROWS_PER_BATCH), delimiter);
  }
}

/** Writes `table` to `path`, whole or not at all. The same table gives the same bytes. A tab as delimiter makes it TSV. */
export function writeCsv(table: Table, path: string, delimiter = ','): Promise<void> {
  return writeAtomically(path, async (handle) => {
    for (const chunk of csvChunks(table, delimiter)) await appendAll(handle, Buffer.from(chunk, 'utf8'));
  });
}
