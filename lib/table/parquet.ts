/** Tables as Parquet: typed, compressed with Snappy, the unit and definition of every column in the file's metadata. */

import type { FileHandle } from 'node:fs/promises';
import { toUSVString } from 'node:util';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { appendAll, writeAtomically } from './atomic.js';
import { present } from './cell.js';
import { checkTable } from './columns.js';
import type { Column, Row, Table, TableHead } from './table.js';

/** A group is in memory while it is made: at most so many rows, and fewer of wide ones. */
const ROWS_PER_GROUP = 50_000;
const CELLS_PER_GROUP = 500_000;

function schemaElement({ name, type }: Column): SchemaElement {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  switch (type) {
    case 'string':
      return { ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    case 'float':
      return { ...optional, type: 'DOUBLE' };
    case 'int':
      return { ...optional, type: 'INT64' };
    case 'bool':
      return { ...optional, type: 'BOOLEAN' };
  }
}

function columnData({ name, type }: Column, rows: readonly Row[]) {
  if (type === 'string') return { name, data: stringColumn(name, rows) };
  const data = rows.map((row) => {
    const value = present(row[name]);
    if (value === undefined) return null;
    return type === 'int' ? BigInt(value as number) : value;
  });
  return { name, data };
}

/** Rows that follow each other mostly have the same text, which then is looked at once. */
function stringColumn(name: string, rows: readonly Row[]): (string | null)[] {
  let [given, text]: [Row[string], string | null] = [null, null];
  return rows.map((row) => {
    const cell = row[name];
    if (cell === given) return text;
    given = cell;
    const value = present(cell);
    text = value === undefined ? null : toUSVString(String(value));
    return text;
  });
}

/** A Parquet file that grows: rows are kept until they make a row group. */
export class ParquetFile {
  readonly #bytes = new ByteWriter();
  readonly #parquet: ParquetWriter;
  readonly #rowsPerGroup: number;
  #waiting: Row[] = [];

  constructor(
    private readonly head: TableHead,
    private readonly handle: FileHandle,
  ) {
    const { name, title, columns } = head;
    this.#rowsPerGroup = Math.max(1, Math.min(ROWS_PER_GROUP, Math.floor(CELLS_PER_GROUP / columns.length)));
    const described = columns.map(({ name, unit, definition }) => ({ name, unit, definition }));
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'root', num_children: columns.length }, ...columns.map(schemaElement)],
      createdBy: 'isovox',
      kvMetadata: [
        { key: 'isovox.table', value: name },
        { key: 'isovox.title', value: title },
        { key: 'isovox.columns', value: JSON.stringify(described) },
      ],
    });
  }

  /** Rows as they are: see `checkTable`. However they are parted, the bytes are the same. */
  async add(rows: readonly Row[]): Promise<void> {
    let at = 0;
    while (at < rows.length) {
      const end = at + this.#rowsPerGroup - this.#waiting.length;
      for (const row of rows.slice(at, end)) this.#waiting.push(row);
      at = end;
      if (this.#waiting.length === this.#rowsPerGroup) await this.#group();
    }
  }

  async end(): Promise<void> {
    if (this.#waiting.length > 0) await this.#group();
    await this.#parquet.finish();
    await this.#drain();
  }

  async #group(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    await this.#parquet.write({
      columnData: this.head.columns.map((column) => columnData(column, rows)),
      rowGroupSize: rows.length,
    });
    await this.#drain();
  }

  /** Moves what the writer has collected to the file, and lets it start over in the same buffer. */
  async #drain(): Promise<void> {
    await appendAll(this.handle, new Uint8Array(this.#bytes.buffer, 0, this.#bytes.index));
    this.#bytes.index = 0;
  }
}

/**
 * Writes `table` to `path`, whole or not at all. Strings are UTF8, integers INT64, floats DOUBLE, empty cells null;
 * text is as it was given (Parquet has no formulas). The key `isovox.columns` holds unit and definition of each
 * column. The same table gives the same bytes.
 */
export function writeParquet(table: Table, path: string): Promise<void> {
  return writeAtomically(path, async (handle) => {
    checkTable(table);
    const file = new ParquetFile(table, handle);
    await file.add(table.rows);
    await file.end();
  });
}
