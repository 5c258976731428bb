/** Tables as Parquet: typed, compressed with Snappy, the unit and definition of every column in the file's metadata. */

import type { FileHandle } from 'node:fs/promises';
import { toUSVString } from 'node:util';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { appendAll, writeAtomically } from './atomic.js';
import { present } from './cell.js';
import { checkTable } from './columns.js';
import type { Column, Row, Table } from './table.js';

const ROWS_PER_GROUP = 50_000;

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
  const data = rows.map((row) => {
    const value = present(row[name]);
    if (value === undefined) return null;
    if (typeof value === 'string') return toUSVString(value);
    return type === 'int' ? BigInt(value as number) : value;
  });
  return { name, data };
}

/** Moves what the writer has collected to the file, and lets it start over in the same buffer. */
async function drain(writer: ByteWriter, handle: FileHandle): Promise<void> {
  await appendAll(handle, new Uint8Array(writer.buffer, 0, writer.index));
  writer.index = 0;
}

/**
 * Writes `table` to `path`, whole or not at all. Strings are UTF8, integers INT64, floats DOUBLE, empty cells null;
 * text is as it was given (Parquet has no formulas). The key `isovox.columns` holds unit and definition of each
 * column. The same table gives the same bytes.
 */
export function writeParquet(table: Table, path: string): Promise<void> {
  return writeAtomically(path, async (handle) => {
    checkTable(table);
    const writer = new ByteWriter();
    const described = table.columns.map(({ name, unit, definition }) => ({ name, unit, definition }));
    const parquet = new ParquetWriter({
      writer,
      schema: [{ name: 'root', num_children: table.columns.length }, ...table.columns.map(schemaElement)],
      createdBy: 'isovox',
      kvMetadata: [
        { key: 'isovox.table', value: table.name },
        { key: 'isovox.title', value: table.title },
        { key: 'isovox.columns', value: JSON.stringify(described) },
      ],
    });
    for (let start = 0; start < table.rows.length; start += ROWS_PER_GROUP) {
      const rows = table.rows.slice(start, start + ROWS_PER_GROUP);
      await parquet.write({
        columnData: table.columns.map((column) => columnData(column, rows)),
        rowGroupSize: ROWS_PER_GROUP,
      });
      await drain(writer, handle);
    }
    await parquet.finish();
    await drain(writer, handle);
  });
}
