/**
 * Runs one case: every contender in a child process of its own, in turn, several rounds; the answers are compared
 * before any time is reported.
 */

import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** What a contender prints as its last line. */
export interface ContenderResult {
  /** Milliseconds of each repetition after the warm-up. */
  readonly ms: readonly number[];
  /** Of all its processes and threads, in the same: what a busy machine blurs less. */
  readonly cpuMs?: readonly number[];
  readonly peakMb: number;
  /** By how much the process was at most larger during the first repetition, warm-up or not, than before it. */
  readonly grownMb?: number;
  readonly version: string;
  readonly answer: Readonly<Record<string, number>>;
}

export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  /** Measured around the whole process, start-up included. */
  readonly wholeProcess?: boolean;
  /** Cores that it was given: how much of them its processes used is told. */
  readonly cores?: number;
  /** What is to be known of it when times are compared. */
  readonly about?: string;
  /** Why it cannot run here, or undefined. */
  readonly absent?: string | undefined;
}

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  /** Makes or finds the data; undefined with a printed reason when there is none. */
  prepare(): Promise<{ readonly data: string; readonly contenders: readonly Contender[] } | undefined>;
  /** Differences from the reference that matter, in words; empty when the answers agree. */
  compare(reference: ContenderResult['answer'], other: ContenderResult['answer'], name: string): readonly string[];
}

export interface Measured {
  readonly contender: string;
  readonly version: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly peakMb: number;
  readonly note: string;
  readonly differences: readonly string[];
}

/** For `compare`: these numbers of the answer are the reference's within `tolerance`. */
export const sameWithin =
  (keys: readonly string[], tolerance: number): BenchCase['compare'] =>
  (reference, other) =>
    keys.flatMap((key) =>
      Math.abs((reference[key] ?? 0) - (other[key] ?? Number.NaN)) <= tolerance
        ? []
        : [`${key} ${other[key]} not ${reference[key]}`],
    );

const ROUNDS = 3;
const LONGEST_MS = 600_000;

export interface RunOptions {
  /** Each contender once per round. Default 3. */
  readonly rounds?: number;
  /** For the contenders together, once the data is there; what does not fit is left out, with a note. */
  readonly withinMs?: number;
}

export async function runCase(
  bench: BenchCase,
  { rounds = ROUNDS, withinMs = Number.POSITIVE_INFINITY }: RunOptions = {},
): Promise<{ data: string; rows: Measured[] } | undefined> {
  const prepared = await bench.prepare();
  if (!prepared) return undefined;
  const end = performance.now() + withinMs;
  const present = prepared.contenders.filter((contender) => contender.absent === undefined);
  const results = new Map<string, ContenderResult[]>(present.map(({ name }) => [name, []]));
  const failed = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    for (const contender of present) {
      if (failed.has(contender.name)) continue;
      process.stderr.write(`${bench.name}: round ${round + 1}/${rounds}, ${contender.name}\n`);
      try {
        results.get(contender.name)?.push(runOnce(contender, Math.min(LONGEST_MS, end - performance.now())));
      } catch (thrown) {
        const isCut = performance.now() >= end;
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        failed.set(contender.name, isCut ? 'left out: longer than --quick allows' : reason);
      }
    }
  }
  const [first] = present;
  const reference = first && results.get(first.name)?.[0]?.answer;
  const rows = prepared.contenders.map((contender): Measured => {
    const done = results.get(contender.name) ?? [];
    const ms = done.flatMap((result) => result.ms).sort((a, b) => a - b);
    const cpu = done.flatMap((result) => result.cpuMs ?? []).sort((a, b) => a - b)[Math.floor(ms.length / 2)];
    const grown = Math.max(...done.map((result) => result.grownMb ?? Number.NaN));
    const worked = [
      ...(contender.about === undefined ? [] : [contender.about]),
      ...(cpu === undefined ? [] : [`CPU ${cpu.toFixed(2)} ms${shareOf(contender, cpu, ms)}`]),
      ...(Number.isFinite(grown) ? [`first call adds ${grown.toFixed(1)} MiB at most`] : []),
    ].join('; ');
    const note = contender.absent ?? failed.get(contender.name) ?? (contender.wholeProcess ? 'whole process' : worked);
    const answer = done[0]?.answer;
    return {
      contender: contender.name,
      version: done[0]?.version ?? '',
      median: ms[Math.floor(ms.length / 2)] ?? Number.NaN,
      min: ms[0] ?? Number.NaN,
      max: ms.at(-1) ?? Number.NaN,
      peakMb: Math.max(...done.map((result) => result.peakMb), 0),
      note,
      differences: reference && answer ? bench.compare(reference, answer, contender.name) : [],
    };
  });
  return { data: prepared.data, rows };
}

/** Of the cores that a contender was given. */
function shareOf({ cores }: Contender, cpuMs: number, ms: readonly number[]): string {
  const median = ms[Math.floor(ms.length / 2)] ?? Number.NaN;
  return cores === undefined ? '' : `, ${((100 * cpuMs) / (cores * median)).toFixed(1)} % of ${cores} cores`;
}

function runOnce(contender: Contender, withinMs: number): ContenderResult {
  if (withinMs < 1) throw new Error('no time left');
  const [command, ...args] = contender.command as [string, ...string[]];
  const begun = performance.now();
  // By a shell between: a child begins with its parent's peak of memory, and this process has held volumes.
  const child = spawnSync('/bin/sh', ['-c', '"$@"; exit $?', 'sh', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    timeout: Math.ceil(withinMs),
  });
  const elapsed = performance.now() - begun;
  if (child.status !== 0)
    throw new Error(`ended with ${child.status ?? child.signal}: ${(child.stderr ?? '').trim().split('\n').at(-1)}`);
  const last = child.stdout.trim().split('\n').at(-1) ?? '';
  const result = JSON.parse(last) as ContenderResult;
  return contender.wholeProcess ? { ...result, ms: [elapsed] } : result;
}

export function machine(): string {
  const [cpu] = cpus();
  return `${cpu?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** The table as Markdown; times in milliseconds, the ratio against the first row. */
export function formatTable(rows: readonly Measured[]): string {
  const base = rows[0]?.median ?? Number.NaN;
  const head =
    '| contender | version | median ms | min | max | × first | peak MiB | answer | note |\n|---|---|--:|--:|--:|--:|--:|---|---|\n';
  const line = (row: Measured): string => {
    const number = (value: number, digits = 1): string => (Number.isFinite(value) ? value.toFixed(digits) : '');
    const answer = Number.isFinite(row.median)
      ? row.differences.length === 0
        ? 'agrees'
        : row.differences.join('; ')
      : '';
    return `| ${row.contender} | ${row.version} | ${number(row.median)} | ${number(row.min)} | ${number(row.max)} | ${number(row.median / base, 2)} | ${row.peakMb > 0 ? row.peakMb.toFixed(0) : ''} | ${answer} | ${row.note} |\n`;
  };
  return head + rows.map(line).join('');
}
