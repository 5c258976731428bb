/** Eight-bit grey PNG, or one of up to 256 colours, written with zlib alone. */

import { deflateSync } from 'node:zlib';

import type { Rgb } from './color.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** A PNG of `width` × `height` pixels, first row on top: shades of grey, or positions in a palette. */
export function png(pixels: Uint8Array, width: number, height: number, palette?: readonly Rgb[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = palette ? 3 : 0;
  const lines = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row++) {
    const line = row * (width + 1);
    const start = row * width;
    lines[line] = 4;
    for (let column = 0; column < width; column++) {
      const left = column > 0 ? (pixels[start + column - 1] ?? 0) : 0;
      const up = row > 0 ? (pixels[start - width + column] ?? 0) : 0;
      const corner = column > 0 && row > 0 ? (pixels[start - width + column - 1] ?? 0) : 0;
      lines[line + 1 + column] = (pixels[start + column] ?? 0) - paeth(left, up, corner);
    }
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette.flat()))] : []),
    // Level 9 takes seven times as long for 2 % fewer bytes.
    chunk('IDAT', deflateSync(lines, { level: 6 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** The picture as something `<image href>` takes. */
export function pngUri(pixels: Uint8Array, width: number, height: number, palette?: readonly Rgb[]): string {
  return `data:image/png;base64,${png(pixels, width, height, palette).toString('base64')}`;
}
