/**
 * Conditions on rows as text: `age > 40 and (sex == "F" or site in ["A", "B"]) and not excluded`.
 *
 *     condition := and ("or" and)*         and := not ("and" not)*        not := "not" not | comparison
 *     comparison := value (("==" | "!=" | "<" | "<=" | ">" | ">=") value | ["not"] "in" "[" value, ... "]")?
 *     value := number | "text" | 'text' | true | false | null | column | "(" condition ")"
 *
 * A missing cell is null: it equals only null, and is neither less nor greater than anything.
 */

import { invalidArgument } from '../errors.js';
import type { Cell } from '../table/table.js';

type Row = Readonly<Record<string, Cell | undefined>>;
type Evaluate = (row: Row) => Cell;

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|-\d+\.?\d*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_][\w.]*)|(==|!=|<=|>=|[<>()[\],]))/y;
const LITERALS: Readonly<Record<string, Cell>> = { true: true, false: false, null: null };

/** Throws ERR_INVALID_ARGUMENT for what is no condition, and for columns that are not among `columns`. */
export function parseExpression(text: string, columns: ReadonlySet<string>): (row: Row) => boolean {
  const tokens = tokenise(text);
  let at = 0;
  const wrong = (expected: string): Error =>
    invalidArgument('filter', expected, tokens[at] === undefined ? 'the end of the condition' : tokens[at]);
  const take = (token: string): boolean => {
    if (tokens[at] !== token) return false;
    at++;
    return true;
  };
  const expect = (token: string): void => {
    if (!take(token)) throw wrong(token);
  };

  const value = (): Evaluate => {
    const token = tokens[at];
    if (token === undefined) throw wrong('a value');
    if (take('(')) {
      const inner = or();
      expect(')');
      return inner;
    }
    at++;
    if (/^-?\d/.test(token)) return () => Number(token);
    if (/^["']/.test(token)) {
      const unquoted = token.slice(1, -1).replace(/\\(.)/g, '$1');
      return () => unquoted;
    }
    if (token in LITERALS) return () => LITERALS[token] as Cell;
    if (!/^[A-Za-z_]/.test(token)) {
      at--;
      throw wrong('a value');
    }
    if (!columns.has(token)) throw invalidArgument('filter', `a column among ${[...columns].join(', ')}`, token);
    return (row) => row[token] ?? null;
  };

  const comparison = (): Evaluate => {
    const left = value();
    const negated = tokens[at] === 'not' && tokens[at + 1] === 'in';
    if (negated) at++;
    if (take('in')) {
      expect('[');
      const list: Evaluate[] = [];
      while (!take(']')) {
        if (list.length > 0) expect(',');
        list.push(value());
      }
      return (row) => list.some((one) => one(row) === left(row)) !== negated;
    }
    const operator = tokens[at];
    if (operator === undefined || !/^(==|!=|<=?|>=?)$/.test(operator)) return left;
    at++;
    const right = value();
    return (row) => compare(operator, left(row), right(row));
  };
  const not = (): Evaluate => {
    if (!take('not')) return comparison();
    const inner = not();
    return (row) => !inner(row);
  };
  const and = (): Evaluate => {
    let left = not();
    while (take('and')) {
      const [a, b] = [left, not()];
      left = (row) => Boolean(a(row)) && Boolean(b(row));
    }
    return left;
  };
  const or = (): Evaluate => {
    let left = and();
    while (take('or')) {
      const [a, b] = [left, and()];
      left = (row) => Boolean(a(row)) || Boolean(b(row));
    }
    return left;
  };

  const condition = or();
  if (at < tokens.length) throw wrong('the end of the condition');
  return (row) => Boolean(condition(row));
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw invalidArgument('filter', 'a condition', text.slice(from).trim());
    tokens.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
  }
  return tokens;
}

function compare(operator: string, a: Cell, b: Cell): boolean {
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (a === null || b === null || typeof a !== typeof b) return false;
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}
