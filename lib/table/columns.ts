/** Tables held to their columns, and the file that documents every column. */

import { invalidArgument } from '../errors.js';
import type { Cell, Column, Row, Table, TableHead } from './table.js';

const TYPE_EXPECTED: Record<Column['type'], string> = {
  string: 'a string',
  float: 'a number',
  int: 'an integer that a number holds exactly',
  bool: 'a boolean',
};

function fits(type: Column['type'], cell: Exclude<Cell, null>): boolean {
  switch (type) {
    case 'string':
      return typeof cell === 'string';
    case 'bool':
      return typeof cell === 'boolean';
    case 'float':
      return typeof cell === 'number';
    case 'int':
      return typeof cell === 'number' && (Number.isSafeInteger(cell) || !Number.isFinite(cell));
  }
}

/**
 * Throws `ERR_INVALID_ARGUMENT` when two columns share a name, a row has a key that is not a column, or a cell is not
 * of its column's type. A missing key, `null` and numbers that are not finite are empty cells, allowed everywhere.
 */
export function checkTable(table: Table): void {
  new RowCheck(table).check(table.rows);
}

/** The same for rows that come in parts. */
export class RowCheck {
  readonly #types = new Map<string, Column['type']>();
  #checked = 0;

  constructor(private readonly head: TableHead) {
    for (const { name, type } of head.columns) {
      if (name === '' || this.#types.has(name)) {
        throw invalidArgument(`${head.name}.columns`, 'names that are not empty and differ', name);
      }
      this.#types.set(name, type);
    }
  }

  check(rows: readonly Row[]): void {
    for (const row of rows) {
      const where = `${this.head.name}.rows[${this.#checked++}]`;
      for (const key in row) {
        const type = this.#types.get(key);
        if (type === undefined) throw invalidArgument(where, 'keys that are columns', key);
        const cell = row[key];
        if (cell === null || cell === undefined || fits(type, cell)) continue;
        throw invalidArgument(`${where}.${key}`, TYPE_EXPECTED[type], cell);
      }
    }
  }
}

/** `columns.json`: a row for every column of every table, in the order of the files. */
export function columnsJson(tables: readonly TableHead[]): string {
  const rows = tables.flatMap((table) =>
    table.columns.map(({ name, type, unit, definition }) => ({ table: table.name, name, type, unit, definition })),
  );
  return `${JSON.stringify(rows, null, 2)}\n`;
}
