/** Tables as one Excel workbook, a sheet each. */

import writeWorkbook, { type Sheet, type Cell as SheetCell } from 'write-excel-file/node';
import { appendAll, writeAtomically } from './atomic.js';
import { guardFormula, present } from './cell.js';
import { checkTable } from './columns.js';
import type { Cell, Table } from './table.js';

/** Limits of the format, the header row counted. */
const MAX_SHEET_ROWS = 1_048_576;
const MAX_TEXT = 32_767;
const MAX_SHEET_NAME = 31;

/** What XML 1.0 cannot or should not hold. It goes before the guard, lest its removal uncover a formula. */
const NOT_XML = /(?![\t\n\r])\p{Cc}|[\uFDD0-\uFDEF\uFFFD-\uFFFF]/gu;

function text(value: string): string {
  const clean = guardFormula(value.replace(NOT_XML, ''));
  return clean.length <= MAX_TEXT ? clean : `${clean.slice(0, MAX_TEXT - 1)}…`;
}

function sheetCell(cell: Cell | undefined): SheetCell {
  const value = present(cell);
  if (value === undefined) return null;
  if (typeof value === 'string') return value === '' ? null : { type: String, value: text(value) };
  return typeof value === 'number' ? { type: Number, value } : { type: Boolean, value };
}

function sheetName(table: Table, part: number, parts: number): string {
  const suffix = parts === 1 ? '' : ` (${part + 1})`;
  const clean = table.name.replace(/[[\]:*?/\\]/g, '_').replace(NOT_XML, '_');
  return `${clean.slice(0, MAX_SHEET_NAME - suffix.length)}${suffix}`;
}

/** A table of more rows than a sheet can hold continues on the next one. */
function sheets(table: Table): Sheet<Buffer>[] {
  const perSheet = MAX_SHEET_ROWS - 1;
  const parts = Math.max(1, Math.ceil(table.rows.length / perSheet));
  const header = table.columns.map(({ name }): SheetCell => ({ type: String, value: text(name), fontWeight: 'bold' }));
  return Array.from({ length: parts }, (_, part) => ({
    sheet: sheetName(table, part, parts),
    stickyRowsCount: 1,
    columns: table.columns.map(({ name }) => ({ width: Math.min(40, Math.max(10, name.length + 2)) })),
    data: [
      header,
      ...table.rows
        .slice(part * perSheet, (part + 1) * perSheet)
        .map((row) => table.columns.map(({ name }) => sheetCell(row[name]))),
    ],
  }));
}

const END_OF_DIRECTORY = 0x06054b50;
/** 1980-01-01 00:00, where the clock of a zip file begins. */
const DOS_EPOCH = 0x00210000;

/** Sets the time of every entry of a zip archive to one moment, so that its bytes depend on its content alone. */
function withoutTimes(zip: Buffer): Buffer {
  let end = zip.length - 22;
  while (zip.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    zip.writeUInt32LE(DOS_EPOCH, entry + 12);
    zip.writeUInt32LE(DOS_EPOCH, zip.readUInt32LE(entry + 42) + 10);
    entry += 46 + zip.readUInt16LE(entry + 28) + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  return zip;
}

/**
 * Writes `tables` to one workbook at `path`, whole or not at all. Text is guarded against formulas and cut at 32 767
 * characters. The same tables give the same bytes.
 */
export function writeXlsx(tables: readonly Table[], path: string): Promise<void> {
  return writeAtomically(path, async (handle) => {
    tables.forEach(checkTable);
    const workbook = await writeWorkbook(tables.flatMap(sheets)).toBuffer();
    await appendAll(handle, withoutTimes(workbook));
  });
}
