import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomically, writeText } from '../../../lib/table/atomic.js';
import { checkTable, columnsJson } from '../../../lib/table/columns.js';
import { csvChunks, writeCsv } from '../../../lib/table/csv.js';
import { writeParquet } from '../../../lib/table/parquet.js';
import type { Cell, Table } from '../../../lib/table/table.js';
import { writeTableFiles } from '../../../lib/table/table-files.js';
import { writeXlsx } from '../../../lib/table/xlsx.js';

const COLUMNS: Table['columns'] = [
  { name: 'ROI_Name', type: 'string', unit: '', definition: 'Name of the ROI.' },
  { name: 'D0.1ccGy', type: 'float', unit: 'Gy', definition: 'Least dose of the hottest 0.1 cc.' },
  { name: 'ROI_Number', type: 'int', unit: '', definition: 'Number of the ROI.' },
  { name: 'structure_cropped', type: 'bool', unit: '', definition: 'Cut by the image border.' },
];

function table(rows: Table['rows'], name = 'dvh_metrics'): Table {
  return { name, title: 'DVH metrics', columns: COLUMNS, rows };
}

const ROWS: Table['rows'] = [
  { ROI_Name: 'PTV, "boost"', 'D0.1ccGy': 0.1 + 0.2, ROI_Number: 7, structure_cropped: true },
  { ROI_Name: '=HYPERLINK("http://x")', 'D0.1ccGy': -1.5, ROI_Number: -2, structure_cropped: false },
  { ROI_Name: 'Blase\u202e\r\nµ', 'D0.1ccGy': Number.NaN, ROI_Number: null },
  { ROI_Name: '<script>&\u001b[31m', 'D0.1ccGy': Number.POSITIVE_INFINITY, ROI_Number: 2 ** 52 },
  {},
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isovox-table-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** RFC 4180, read back without the library that wrote it. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  const pattern = /("(?:[^"]|"")*"|[^,"\r\n]*)(,|\r\n)/gy;
  let record: string[] = [];
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const raw = match[1] ?? '';
    record.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (match[2] === '\r\n') {
      records.push(record);
      record = [];
    }
    if (pattern.lastIndex === text.length) break;
  }
  return records;
}

/** The entries of a zip archive, read by its central directory. */
function unzip(zip: Buffer): Map<string, string> {
  const entries = new Map<string, string>();
  let at = zip.readUInt32LE(zip.length - 22 + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const nameLength = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(data, data + zip.readUInt32LE(at + 20));
    const text = zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    entries.set(zip.toString('utf8', at + 46, at + 46 + nameLength), text.toString('utf8'));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

describe('writeCsv', () => {
  it('writes what RFC 4180 reads back, text guarded and what is not finite left empty', async () => {
    const path = join(folder, 't.csv');
    await writeCsv(table(ROWS), path);
    const text = await readFile(path, 'utf8');
    expect(text.charCodeAt(0)).not.toBe(0xfeff);
    expect(parseCsv(text)).toEqual([
      ['ROI_Name', 'D0.1ccGy', 'ROI_Number', 'structure_cropped'],
      ['PTV, "boost"', '0.30000000000000004', '7', 'true'],
      ['\'=HYPERLINK("http://x")', '-1.5', '-2', 'false'],
      ['Blase\u202e\r\nµ', '', '', ''],
      ['<script>&\u001b[31m', '', '4503599627370496', ''],
      ['', '', '', ''],
    ]);
  });

  it.each(['=1', '+1', '-1', '@x', '\tx', '\rx', '\nx', '＝1'])('guards the text %j and leaves numbers', (name) => {
    const [, row] = parseCsv([...csvChunks(table([{ ROI_Name: name, 'D0.1ccGy': -3 }]))].join(''));
    expect(row).toEqual([`'${name}`, '-3', '', '']);
  });

  it.each([0.1, 1e-7, 1e21, Number.MIN_VALUE, Number.MAX_VALUE, 123456789.123, -0])('reads %d back', (value) => {
    const [, row] = parseCsv([...csvChunks(table([{ 'D0.1ccGy': value }]))].join(''));
    expect(Number(row?.[1])).toBe(value === 0 ? 0 : value);
  });

  it('comes in pieces of bounded size', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => ({ ROI_Number: index }));
    const chunks = [...csvChunks(table(rows))];
    expect(chunks.length).toBeGreaterThan(4);
    expect(parseCsv(chunks.join(''))).toHaveLength(10_001);
  });
});

describe('writeParquet', () => {
  it('is read back by another reader with types and nulls', async () => {
    const path = join(folder, 't.parquet');
    await writeParquet(table(ROWS), path);
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    expect(metadata.created_by).toBe('isovox');
    expect(metadata.schema.slice(1).map(({ name, type }) => [name, type])).toEqual([
      ['ROI_Name', 'BYTE_ARRAY'],
      ['D0.1ccGy', 'DOUBLE'],
      ['ROI_Number', 'INT64'],
      ['structure_cropped', 'BOOLEAN'],
    ]);
    const described = metadata.key_value_metadata?.find(({ key }) => key === 'isovox.columns')?.value ?? '[]';
    expect(JSON.parse(described)[1]).toEqual({ name: 'D0.1ccGy', unit: 'Gy', definition: COLUMNS[1]?.definition });
    const rows = await parquetReadObjects({ file });
    expect(rows.map((row) => row.ROI_Name)).toEqual([...ROWS.slice(0, 4).map((row) => row.ROI_Name), null]);
    expect(rows.map((row) => row['D0.1ccGy'])).toEqual([0.1 + 0.2, -1.5, null, null, null]);
    expect(rows.map((row) => row.ROI_Number)).toEqual([7n, -2n, null, 2n ** 52n, null]);
    expect(rows.map((row) => row.structure_cropped)).toEqual([true, false, null, null, null]);
  });

  it('writes several row groups, and none for an empty table', async () => {
    const many = join(folder, 'many.parquet');
    const count = 120_001;
    await writeParquet(table(Array.from({ length: count }, (_, index) => ({ ROI_Number: index }))), many);
    const file = await asyncBufferFromFile(many);
    expect((await parquetMetadataAsync(file)).row_groups).toHaveLength(3);
    const tail = await parquetReadObjects({ file, columns: ['ROI_Number'], rowStart: count - 2 });
    expect(tail).toEqual([{ ROI_Number: 119_999n }, { ROI_Number: 120_000n }]);

    const none = join(folder, 'none.parquet');
    await writeParquet(table([]), none);
    expect(await parquetReadObjects({ file: await asyncBufferFromFile(none) })).toEqual([]);
  });
});

describe('writeTableFiles', () => {
  const rows = Array.from({ length: 60_001 }, (_, index) => ({ ROI_Number: index, ROI_Name: `R${index % 7}` }));

  it.each([37, 50_000, 60_001])('in parts of %i rows gives the bytes of the whole table', async (part) => {
    await writeTableFiles(folder, [table([], 'a'), table([], 'b')], async (files) => {
      for (let at = 0; at < rows.length; at += part) await files.get('a')?.add(rows.slice(at, at + part));
    });
    await writeCsv(table(rows, 'a'), join(folder, 'whole.csv'));
    await writeParquet(table(rows, 'a'), join(folder, 'whole.parquet'));
    for (const kind of ['csv', 'parquet']) {
      expect((await readFile(join(folder, `a.${kind}`))).equals(await readFile(join(folder, `whole.${kind}`)))).toBe(
        true,
      );
    }
    await writeCsv(table([], 'b'), join(folder, 'whole.csv'));
    expect(await readFile(join(folder, 'b.csv'))).toEqual(await readFile(join(folder, 'whole.csv')));
  });

  it('leaves no file of any table when a row does not fit, and counts rows over the parts', async () => {
    const written = writeTableFiles(folder, [table([], 'a'), table([], 'b')], async (files) => {
      await files.get('a')?.add([{}, {}]);
      await files.get('a')?.add([{ ROI_Number: 1.5 }]);
    });
    await expect(written).rejects.toThrow('a.rows[2].ROI_Number');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('writeXlsx', () => {
  it('writes a sheet per table with text guarded and made fit for XML', async () => {
    const path = join(folder, 't.xlsx');
    await writeXlsx(
      [table(ROWS), table([{ ROI_Name: '\u0001=1' }], 'a/b*c and a name that is too long for a sheet')],
      path,
    );
    const entries = unzip(await readFile(path));
    const sheets = entries.get('xl/workbook.xml') ?? '';
    expect(sheets).toContain('name="dvh_metrics"');
    expect(sheets).toContain('name="a_b_c and a name that is too lo"');
    const strings = entries.get('xl/sharedStrings.xml') ?? '';
    expect(strings).toContain("<t>'=HYPERLINK(");
    expect(strings).toContain("<t>'=1</t>");
    expect(strings).toContain('&lt;script&gt;&amp;[31m');
    expect(entries.get('xl/worksheets/sheet1.xml')).toContain('<v>0.30000000000000004</v>');
    expect([...entries.values()].join('')).not.toMatch(/<f>|NaN|Infinity/);
  });
});

describe('every writer', () => {
  const writers = {
    csv: (path: string) => writeCsv(table(ROWS), path),
    parquet: (path: string) => writeParquet(table(ROWS), path),
    xlsx: (path: string) => writeXlsx([table(ROWS)], path),
  };

  it.each(Object.entries(writers))('%s: the same table gives the same bytes at another time', async (kind, write) => {
    await write(join(folder, `a.${kind}`));
    await new Promise((resolve) => setTimeout(resolve, kind === 'xlsx' ? 2100 : 5));
    await write(join(folder, `b.${kind}`));
    expect(await readFile(join(folder, `a.${kind}`))).toEqual(await readFile(join(folder, `b.${kind}`)));
  });

  it('leaves the old file and nothing else when it fails', async () => {
    const path = join(folder, 't.csv');
    await writeFile(path, 'old');
    const bad = table([{ ROI_Number: 1.5 }]);
    for (const write of [() => writeCsv(bad, path), () => writeParquet(bad, path), () => writeXlsx([bad], path)]) {
      await expect(write()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['t.csv']);
  });

  it('says which path cannot be written', async () => {
    await expect(writeText(join(folder, 'none', 't.txt'), 'x')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('shows no part of a file before it is whole', async () => {
    const path = join(folder, 't.txt');
    await writeAtomically(path, async (handle) => {
      await handle.write('half');
      await expect(stat(path)).rejects.toThrow();
    });
    expect(await readFile(path, 'utf8')).toBe('half');
  });
});

describe('checkTable', () => {
  it.each<[Record<string, Cell>, RegExp]>([
    [{ Unknown: 1 }, /Expected keys that are columns for dvh_metrics.rows\[0\] but received "Unknown"/],
    [{ ROI_Number: '7' }, /Expected an integer .*rows\[0\].ROI_Number/],
    [{ ROI_Number: 2 ** 53 }, /Expected an integer/],
    [{ ROI_Name: 7 }, /Expected a string/],
    [{ 'D0.1ccGy': '7' }, /Expected a number/],
    [{ structure_cropped: 'yes' }, /Expected a boolean/],
  ])('refuses %j', (row, message) => {
    expect(() => checkTable(table([row]))).toThrow(message);
  });

  it('refuses columns of the same name', () => {
    expect(() => checkTable({ ...table([]), columns: [...COLUMNS, COLUMNS[0] as never] })).toThrow(/differ/);
  });
});

describe('columnsJson', () => {
  it('has a row for every column', () => {
    const rows = JSON.parse(columnsJson([table(ROWS), table([], 'other')]));
    expect(rows).toHaveLength(8);
    expect(rows[1]).toEqual({ table: 'dvh_metrics', ...COLUMNS[1] });
    expect(rows[7].table).toBe('other');
  });
});
