/** RESULTS.md: a section per case, kept until the case is measured again, and what all of them say together. */

/** A row of a table, as it is read back from the file. */
export interface ResultRow {
  readonly contender: string;
  readonly version: string;
  /** Milliseconds; undefined when it could not be measured. */
  readonly median: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly peakMb: number | undefined;
  readonly answer: string;
  readonly note: string;
}

export interface Section {
  readonly title: string;
  /** From `## ` to the end of the table. */
  readonly text: string;
  readonly rows: readonly ResultRow[];
}

const value = (cell: string | undefined): number | undefined => {
  const number = Number.parseFloat(cell ?? '');
  return Number.isFinite(number) ? number : undefined;
};

function rowsOf(text: string): ResultRow[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| contender |'))
    .map((line) => {
      const [contender = '', version = '', median, min, max, , peakMb, answer = '', note = ''] = line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim());
      return {
        contender,
        version,
        median: value(median),
        min: value(min),
        max: value(max),
        peakMb: value(peakMb),
        answer,
        note,
      };
    });
}

/** A section of its text; a line that shows a plot is not part of it, as it is made anew. */
export function sectionOf(text: string): Section {
  const bare = text.trim().replace(/\n+!\[[^\]]*\]\(plots\/[^)]*\)/g, '');
  return { title: /^## (.*)/.exec(bare)?.[1] ?? '', text: bare, rows: rowsOf(bare) };
}

const OVERVIEW = 'Overview';

/** The sections of a file, without the overview. */
export function parseResults(text: string): Section[] {
  return text
    .split(/(?=^## )/m)
    .slice(1)
    .map(sectionOf)
    .filter(({ title }) => title !== OVERVIEW && title !== '');
}

/** New sections in the place of old ones of the same title; in the order of `titles`, then what is not in it. */
export function mergeSections(
  before: readonly Section[],
  measured: readonly Section[],
  titles: readonly string[],
): Section[] {
  const byTitle = new Map([...before, ...measured].map((section) => [section.title, section]));
  const known = titles.filter((title) => byTitle.has(title));
  const others = [...byTitle.keys()].filter((title) => !titles.includes(title));
  return [...known, ...others].flatMap((title) => byTitle.get(title) ?? []);
}

const isOurs = ({ contender }: ResultRow): boolean => contender.startsWith('isovox');

/** Our own work on the number of threads, everything else being the same. */
export function scalingOf(rows: readonly ResultRow[]): { name: string; one: number; two: number } | undefined {
  for (const { contender, median: one } of rows) {
    if (one === undefined || !contender.startsWith('isovox') || !/\b1 thread\b/.test(contender)) continue;
    const twin = rows.find((row) => row.contender === contender.replace(/\b1 thread\b/, '2 threads'));
    if (twin?.median !== undefined) return { name: contender, one, two: twin.median };
  }
  return undefined;
}

export interface OverviewRow {
  readonly title: string;
  readonly ours: ResultRow;
  /** The fastest of the others. */
  readonly peer?: ResultRow;
  /** Its time over ours. */
  readonly ratio?: number;
  /** One thread's time over two threads'. */
  readonly scaling?: number;
}

/** Those that did the same: `isovox affine` is compared with what is affine, where anything is. */
function peersOf(ours: ResultRow, rows: readonly ResultRow[]): ResultRow[] {
  const others = rows.filter((row) => !isOurs(row));
  const kind = /^isovox (\w+)/.exec(ours.contender)?.[1];
  const alike = others.filter(({ contender }) => kind !== undefined && contender.includes(kind));
  return alike.length > 0 ? alike : others;
}

/** Of each section, ours in the first row that is, against the fastest of the others. */
export function overviewOf(sections: readonly Section[]): OverviewRow[] {
  return sections.flatMap(({ title, rows }) => {
    const ours = rows.find((row) => isOurs(row) && row.median !== undefined);
    if (!ours?.median) return [];
    const [peer] = peersOf(ours, rows)
      .filter((row) => row.median !== undefined)
      .sort((a, b) => (a.median ?? 0) - (b.median ?? 0));
    const scaling = scalingOf(rows);
    return [
      {
        title,
        ours,
        ...(peer?.median === undefined ? {} : { peer, ratio: peer.median / ours.median }),
        ...(scaling === undefined ? {} : { scaling: scaling.one / scaling.two }),
      },
    ];
  });
}

const fixed = (number: number | undefined, digits: number): string =>
  number === undefined ? '' : number.toFixed(digits);

function overviewText(sections: readonly Section[]): string {
  const line = ({ title, ours, peer, ratio, scaling }: OverviewRow): string =>
    `| ${title} | ${ours.contender} | ${fixed(ours.median, 1)} | ${fixed(ours.peakMb, 0)} | ${peer?.contender ?? ''} | ${peer === undefined ? '' : peer.answer === 'agrees' ? 'agrees' : 'differs'} | ${fixed(peer?.median, 1)} | ${fixed(peer?.peakMb, 0)} | ${fixed(ratio, 2)} | ${fixed(scaling, 2)} |`;
  const head =
    '| case | ours | median ms | peak MiB | fastest other | its answer | median ms | peak MiB | its time over ours | one thread over two |\n|---|---|--:|--:|---|---|--:|--:|--:|--:|';
  return `## ${OVERVIEW}\n\n${head}\n${overviewOf(sections).map(line).join('\n')}`;
}

/** The name of a section's plot. */
export function plotName(title: string): string {
  return `${title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 140)}.svg`;
}

const HEAD =
  'Median of all repetitions of three interleaved rounds, page cache warm; answers are compared with the first row before times count. Each table names the machine it was measured on. Bars of the plots are medians, lines reach from the quickest to the slowest repetition.';

/** The file. */
export function resultsText(sections: readonly Section[]): string {
  const parts = sections.map(({ title, text }) => `${text}\n\n![${title}](plots/${plotName(title)})`);
  return `# Bench results\n\n${HEAD}\n\n${[overviewText(sections), ...parts].join('\n\n')}\n`;
}
