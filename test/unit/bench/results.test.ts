/** The file of bench results: what was measured stays, what all say together, pictures. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { casePlot } from '../../../bench/plot.js';
import {
  mergeSections,
  overviewOf,
  parseResults,
  plotName,
  resultsText,
  scalingOf,
  sectionOf,
} from '../../../bench/results.js';

const HEAD =
  '| contender | version | median ms | min | max | × first | peak MiB | answer | note |\n|---|---|--:|--:|--:|--:|--:|---|---|';
const section = (title: string, ...rows: string[]) =>
  sectionOf(`## ${title}\n\nsome data\n\nsome machine\n\n${[HEAD, ...rows].join('\n')}\n`);
const first = section(
  'First',
  '| isovox, 2 threads | 1 | 10.0 | 9.0 | 12.0 | 1.00 | 50 | agrees |  |',
  '| isovox, 1 thread | 1 | 18.0 | 17.0 | 20.0 | 1.80 | 40 | agrees |  |',
  '| slow | 2 | 400.0 | 390.0 | 410.0 | 40.00 | 100 | agrees |  |',
  '| quick | 3 | 30.0 | 29.0 | 31.0 | 3.00 |  | cc 1, isovox 2 | whole process |',
  '| absent |  |  |  |  |  |  |  | not installed |',
);
const second = section('Second', '| isovox | 1 | 5.0 | 5.0 | 5.0 | 1.00 | 10 | agrees |  |');

describe('results', () => {
  it('read what they write', () => {
    const text = resultsText([first, second]);
    expect(parseResults(text)).toEqual([first, second]);
    expect(resultsText(parseResults(text))).toBe(text);
  });

  it('of one case leave the others as they are', () => {
    const again = section('Second', '| isovox | 2 | 4.0 | 4.0 | 4.0 | 1.00 | 10 | agrees |  |');
    const merged = mergeSections(parseResults(resultsText([first, second])), [again], ['Second', 'First']);
    expect(merged.map(({ title }) => title)).toEqual(['Second', 'First']);
    expect(merged[1]).toEqual(first);
    expect(merged[0]?.rows[0]?.median).toBe(4);
  });

  it('of a case that the list does not name are kept, after the others', () => {
    expect(mergeSections([first, second], [], ['Second']).map(({ title }) => title)).toEqual(['Second', 'First']);
  });

  it('are compared with the fastest of the others, and one thread with two', () => {
    expect(scalingOf(first.rows)).toEqual({ name: 'isovox, 1 thread', one: 18, two: 10 });
    const [row, alone] = overviewOf([first, second]);
    expect([row?.ours.contender, row?.peer?.contender, row?.ratio, row?.scaling]).toEqual([
      'isovox, 2 threads',
      'quick',
      3,
      1.8,
    ]);
    expect(alone?.peer).toBeUndefined();
    const edits = section(
      'Edits',
      '| isovox affine | 1 | 10.0 | 9.0 | 12.0 | 1.00 | 50 | agrees |  |',
      '| other edit | 1 | 1.0 | 1.0 | 1.0 | 0.10 | 50 | agrees |  |',
      '| other affine | 1 | 20.0 | 19.0 | 22.0 | 2.00 | 50 | agrees |  |',
    );
    expect(overviewOf([edits])[0]?.ratio).toBe(2);
  });

  it('that are committed are in the form that this program writes, with a plot for each', () => {
    const bench = join(import.meta.dirname, '../../../bench');
    const text = readFileSync(join(bench, 'RESULTS.md'), 'utf8');
    const sections = parseResults(text);
    expect(sections.length).toBeGreaterThan(4);
    expect(resultsText(sections)).toBe(text);
    for (const { title, rows } of sections) {
      expect(readFileSync(join(bench, 'plots', plotName(title)), 'utf8')).toBe(`${casePlot(title, rows)}\n`);
    }
  });
});

describe('plots', () => {
  it('show every contender that was measured, with its time and memory', () => {
    const svg = casePlot('A <case>', first.rows) ?? '';
    expect(svg).toMatch(/^<svg role="img" aria-label="A case"/);
    for (const text of ['isovox, 2 threads', 'slow', '400 ms, 100 MiB', '30.0 ms', 'milliseconds'])
      expect(svg).toContain(text);
    expect(svg).not.toContain('absent');
  });

  it('are not made of nothing', () => expect(casePlot('x', [])).toBeUndefined());
});
