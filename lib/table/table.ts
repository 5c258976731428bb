/** Rows and columns with units: what every result of Isovox is before it becomes a file. */

export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell | undefined>>;

export interface Column {
  /** As written in the file's header. */
  readonly name: string;
  readonly type: 'string' | 'float' | 'int' | 'bool';
  /** `Gy`, `cc`, `mm`, `%`; empty where there is none. */
  readonly unit: string;
  /** What the number means, in one sentence, with the formula where there is one. */
  readonly definition: string;
}

/** A table without its rows: what has to be known before the first of them is written. */
export interface TableHead {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
}

/** Every row's keys are among the columns; a missing key is an empty cell. */
export interface Table extends TableHead {
  readonly rows: readonly Row[];
}
