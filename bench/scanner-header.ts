/**
 * Files as a scanner leaves them: the short header of the project's writer with the private elements that a CT scanner
 * adds. Counts and types per group are those of a GE LightSpeed image (about 180 private elements in 5 KB), the values
 * are made up. Readers that keep every element pay for them, readers that seek what they need do not.
 */

const PREAMBLE_END = 132;
const PIXEL_DATA = 0x7fe00010;

/** Private elements per group and value representation. */
const ELEMENTS: readonly (readonly [group: number, vr: string, count: number])[] = [
  [0x0009, 'LO', 1],
  [0x0009, 'SH', 5],
  [0x0009, 'SL', 2],
  [0x0009, 'UL', 1],
  [0x0019, 'LO', 2],
  [0x0019, 'SS', 24],
  [0x0019, 'DS', 21],
  [0x0019, 'SL', 9],
  [0x0021, 'LO', 1],
  [0x0021, 'SS', 5],
  [0x0021, 'SH', 2],
  [0x0021, 'UL', 2],
  [0x0021, 'FL', 2],
  [0x0021, 'US', 1],
  [0x0023, 'FD', 1],
  [0x0023, 'SL', 1],
  [0x0023, 'SS', 1],
  [0x0025, 'SL', 5],
  [0x0025, 'SS', 2],
  [0x0025, 'SH', 1],
  [0x0027, 'FL', 15],
  [0x0027, 'SH', 6],
  [0x0027, 'SL', 4],
  [0x0027, 'SS', 4],
  [0x0029, 'SL', 4],
  [0x0029, 'DS', 2],
  [0x0029, 'SH', 2],
  [0x0029, 'SS', 2],
  [0x0043, 'SS', 14],
  [0x0043, 'SL', 11],
  [0x0043, 'DS', 5],
  [0x0043, 'FL', 4],
  [0x0043, 'US', 3],
  [0x0043, 'SH', 1],
];

const BYTES: Record<string, number> = { SS: 2, US: 2, SL: 4, UL: 4, FL: 4, FD: 8 };

function element(group: number, number: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

function text(value: string): Buffer {
  return Buffer.from(value.length % 2 === 0 ? value : `${value} `, 'latin1');
}

function privateElements(): Map<number, Buffer> {
  const groups = new Map<number, Buffer[]>();
  for (const [group, vr, count] of ELEMENTS) {
    const known = groups.get(group) ?? [element(group, 0x0010, 'LO', text('ISOVOX_BENCH_01'))];
    for (let i = 0; i < count; i++) {
      const number = 0x1000 + known.length;
      const size = BYTES[vr];
      const value = size === undefined ? text(`${number}.${i * 37}`) : Buffer.alloc(size, 1 + (i % 60));
      known.push(element(group, number, vr, value));
    }
    groups.set(group, known);
  }
  return new Map([...groups].map(([group, parts]) => [group, Buffer.concat(parts)]));
}

const PRIVATE = privateElements();

/** `file`, an explicit little-endian image of the project's writer, with a scanner's private elements in their places. */
export function withScannerHeader(file: Buffer): Buffer {
  const parts: Buffer[] = [];
  const waiting = [...PRIVATE];
  let kept = 0;
  for (let at = PREAMBLE_END; at + 8 <= file.length; ) {
    const group = file.readUInt16LE(at);
    const tag = group * 0x10000 + file.readUInt16LE(at + 2);
    while (group > 0x0002 && waiting[0] !== undefined && waiting[0][0] < group) {
      parts.push(file.subarray(kept, at), waiting[0][1]);
      kept = at;
      waiting.shift();
    }
    if (tag === PIXEL_DATA) break;
    const long = ['OB', 'OW', 'SQ', 'UN', 'UT'].includes(file.toString('latin1', at + 4, at + 6));
    at += long ? 12 + file.readUInt32LE(at + 8) : 8 + file.readUInt16LE(at + 6);
  }
  return Buffer.concat([...parts, file.subarray(kept)]);
}
