/** Tables whose rows come part by part, each as CSV and Parquet at the same time: what they hold is never held here. */

import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { appendAll, writeAtomically } from './atomic.js';
import { RowCheck } from './columns.js';
import { csvHeader, csvRecords } from './csv.js';
import { ParquetFile } from './parquet.js';
import type { Row, TableHead } from './table.js';

/** A table that grows. */
export class TableFile {
  readonly #check: RowCheck;
  readonly #parquet: ParquetFile;

  constructor(
    private readonly head: TableHead,
    private readonly csv: FileHandle,
    parquet: FileHandle,
  ) {
    this.#check = new RowCheck(head);
    this.#parquet = new ParquetFile(head, parquet);
  }

  async begin(): Promise<void> {
    await appendAll(this.csv, Buffer.from(csvHeader(this.head)));
  }

  async add(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    this.#check.check(rows);
    await appendAll(this.csv, Buffer.from(csvRecords(this.head, rows)));
    await this.#parquet.add(rows);
  }

  end(): Promise<void> {
    return this.#parquet.end();
  }
}

/**
 * Writes `<folder>/<name>.csv` and `.parquet` of every table; `fill` gives the rows, by table, in their order. Until it
 * has given all, no file is there; when it throws, none is. However the rows are parted, the bytes are the same.
 */
export async function writeTableFiles(
  folder: string,
  heads: readonly TableHead[],
  fill: (files: ReadonlyMap<string, TableFile>) => Promise<void>,
  files = new Map<string, TableFile>(),
): Promise<void> {
  const [head, ...others] = heads;
  if (!head) return fill(files);
  await writeAtomically(join(folder, `${head.name}.csv`), (csv) =>
    writeAtomically(join(folder, `${head.name}.parquet`), async (parquet) => {
      const file = new TableFile(head, csv, parquet);
      await file.begin();
      await writeTableFiles(folder, others, fill, files.set(head.name, file));
      await file.end();
    }),
  );
}
