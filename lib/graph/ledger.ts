/** What was tried, when, and with what result. */

import type { IsovoxError } from '../errors.js';

/** One try of one task; times in milliseconds since execute() began. */
export interface LedgerEntry {
  readonly task: string;
  /** 1 for the first try; 0 for a task that was not run because nothing had changed. */
  readonly attempt: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly error?: IsovoxError;
}

/** One line for each try, in the order of their ends. */
export function formatLedger(ledger: readonly LedgerEntry[]): string {
  const name = Math.max(4, ...ledger.map(({ task }) => task.length));
  const lines = ledger.map(({ task, attempt, startMs, endMs, error }) => {
    const result = error === undefined ? (attempt === 0 ? 'unchanged' : 'done') : `${error.code}: ${error.message}`;
    const times = [startMs, endMs - startMs].map((ms) => ms.toFixed(1).padStart(10)).join('');
    return `${task.padEnd(name)}  ${String(attempt).padStart(3)}${times}  ${result}`;
  });
  const head = `${'task'.padEnd(name)}  try${'start ms'.padStart(10)}${'took ms'.padStart(10)}  result`;
  return `${[head, ...lines].join('\n')}\n`;
}
