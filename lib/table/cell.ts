/** What every writer does to a cell before it becomes bytes. */

import { toUSVString } from 'node:util';
import type { Cell } from './table.js';

/** Characters that make a spreadsheet take a text for a formula, with the full-width forms that it folds to them. */
const FORMULA_START = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

/**
 * Text that a spreadsheet shows and never evaluates: a leading `=`, `+`, `-`, `@`, tab or line break gets a single
 * quote before it, unless it is a sign alone (the strand of a sequence). Half surrogate pairs, which no file in UTF-8 can hold, become U+FFFD.
 */
export function guardFormula(text: string): string {
  const whole = toUSVString(text);
  return FORMULA_START.test(whole) && !/^[+-]$/.test(whole) ? `'${whole}` : whole;
}

/** A missing cell, NaN and the infinities are all an empty cell. */
export function present(cell: Cell | undefined): Exclude<Cell, null> | undefined {
  if (cell === undefined || cell === null) return undefined;
  if (typeof cell === 'number' && !Number.isFinite(cell)) return undefined;
  return cell;
}
