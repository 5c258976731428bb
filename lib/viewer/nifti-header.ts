/** The 352 bytes before the voxels of a NIfTI-1 file, as the page's reader wants them. */

import type { GridDescription } from '../runtime/surface.js';

/** Bytes before the first voxel: the header of 348 and four that say that no extension follows. */
export const HEADER_BYTES = 352;

/** NIfTI-1 datatype codes of the types that are shown without a conversion. */
const DATATYPE: Readonly<Record<string, { code: number; bytes: number }>> = {
  uint8: { code: 2, bytes: 1 },
  int16: { code: 4, bytes: 2 },
  float32: { code: 16, bytes: 4 },
  uint16: { code: 512, bytes: 2 },
};

export function isShownAsIs(dtype: string): boolean {
  return dtype in DATATYPE;
}

export function bytesPerVoxel(dtype: string): number {
  return DATATYPE[dtype]?.bytes ?? 0;
}

export interface HeaderOf {
  readonly grid: GridDescription;
  readonly dtype: string;
  readonly slope: number;
  readonly intercept: number;
  /** Shown from black to white at first. */
  readonly window: readonly [number, number];
}

/** Little endian. Patient millimetres are LPS here and RAS in NIfTI: the first two rows change sign. */
export function niftiHeader({ grid, dtype, slope, intercept, window }: HeaderOf): Buffer {
  const { size, spacing, origin, direction } = grid;
  const type = DATATYPE[dtype];
  if (!type) throw new RangeError(`No NIfTI header is made for ${dtype}`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(348, 0);
  for (const [index, value] of [3, ...size, 1, 1, 1, 1].entries()) header.writeInt16LE(value, 40 + 2 * index);
  header.writeInt16LE(type.code, 70);
  header.writeInt16LE(type.bytes * 8, 72);
  for (const [index, value] of [1, ...spacing].entries()) header.writeFloatLE(value, 76 + 4 * index);
  header.writeFloatLE(HEADER_BYTES, 108);
  header.writeFloatLE(slope, 112);
  header.writeFloatLE(intercept, 116);
  header.writeUInt8(2, 123); // millimetres
  header.writeFloatLE(window[1], 124);
  header.writeFloatLE(window[0], 128);
  header.writeInt16LE(1, 254); // sform: scanner coordinates
  for (let row = 0; row < 3; row++) {
    const sign = row < 2 ? -1 : 1;
    const values = [0, 1, 2].map((axis) => sign * (direction[3 * row + axis] ?? 0) * (spacing[axis] ?? 0));
    for (const [index, value] of [...values, sign * (origin[row] ?? 0)].entries()) {
      header.writeFloatLE(value, 280 + 16 * row + 4 * index);
    }
  }
  header.write('n+1\0', 344, 'latin1');
  return header;
}
