/** Triangles as files that other programs read. Positions are LPS millimetres, as in DICOM. */

import type { FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';

import { IsovoxError } from '../errors.js';
import type { Surface } from '../native/masks.js';
import { appendAll, writeAtomically } from '../table/atomic.js';

const AT_ONCE = 1 << 16;

type Writer = (surface: Surface, file: FileHandle) => Promise<void>;

const FORMATS: Readonly<Record<string, Writer>> = { '.ply': writePly, '.stl': writeStl, '.obj': writeObj };

/** Binary PLY, binary STL or OBJ, by the extension; whole or not at all. */
export async function writeSurface(surface: Surface, path: string): Promise<void> {
  const write = FORMATS[extname(path).toLowerCase()];
  if (!write) {
    throw new IsovoxError('ERR_INVALID_ARGUMENT', `Expected a file .ply, .stl or .obj for --out but received ${path}`, {
      name: '--out',
    });
  }
  await writeAtomically(path, (file) => write(surface, file));
}

/** G. Turk, The PLY Polygon File Format (1994). */
async function writePly({ points, triangles }: Surface, file: FileHandle): Promise<void> {
  const header = [
    'ply',
    'format binary_little_endian 1.0',
    'comment LPS millimetres, made by isovox',
    `element vertex ${points.length / 3}`,
    ...['x', 'y', 'z'].map((axis) => `property float ${axis}`),
    `element face ${triangles.length / 3}`,
    'property list uchar uint vertex_indices',
    'end_header\n',
  ];
  await appendAll(file, Buffer.from(header.join('\n')));
  await appendAll(file, Buffer.from(points.buffer, points.byteOffset, points.byteLength));
  const FACE = 13;
  await inPieces(triangles.length / 3, FACE, file, (bytes, face, at) => {
    bytes[at] = 3;
    for (let c = 0; c < 3; c++) bytes.writeUInt32LE(triangles[3 * face + c] as number, at + 1 + 4 * c);
  });
}

/** 80 bytes, a count, and for each triangle its normal, its corners and two bytes of nothing. */
async function writeStl({ points, triangles }: Surface, file: FileHandle): Promise<void> {
  const header = Buffer.alloc(84);
  header.write('LPS millimetres, made by isovox');
  header.writeUInt32LE(triangles.length / 3, 80);
  await appendAll(file, header);
  const FACE = 50;
  const corner = (face: number, c: number): readonly [number, number, number] => {
    const p = 3 * (triangles[3 * face + c] as number);
    return [points[p] as number, points[p + 1] as number, points[p + 2] as number];
  };
  await inPieces(triangles.length / 3, FACE, file, (bytes, face, at) => {
    const corners = [corner(face, 0), corner(face, 1), corner(face, 2)] as const;
    for (const [n, xyz] of [normalOf(...corners), ...corners].entries())
      for (const [d, value] of xyz.entries()) bytes.writeFloatLE(value, at + 12 * n + 4 * d);
  });
}

/** Text: a line for each point, a line for each triangle, counted from 1. */
async function writeObj({ points, triangles }: Surface, file: FileHandle): Promise<void> {
  const lines = async (values: Float32Array | Uint32Array, line: (n: number) => string): Promise<void> => {
    for (let from = 0; from < values.length; from += 3 * AT_ONCE) {
      let text = '';
      for (let n = from; n < Math.min(values.length, from + 3 * AT_ONCE); n += 3) text += line(n);
      await appendAll(file, Buffer.from(text));
    }
  };
  await appendAll(file, Buffer.from('# LPS millimetres, made by isovox\n'));
  await lines(points, (n) => `v ${points[n]} ${points[n + 1]} ${points[n + 2]}\n`);
  const number = (n: number): number => (triangles[n] as number) + 1;
  await lines(triangles, (n) => `f ${number(n)} ${number(n + 1)} ${number(n + 2)}\n`);
}

async function inPieces(
  count: number,
  size: number,
  file: FileHandle,
  write: (bytes: Buffer, n: number, at: number) => void,
): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const here = Math.min(AT_ONCE, count - from);
    const bytes = Buffer.alloc(here * size);
    for (let n = 0; n < here; n++) write(bytes, from + n, n * size);
    await appendAll(file, bytes);
  }
}

type Point = readonly [number, number, number];

function normalOf(a: Point, b: Point, c: Point): Point {
  const [u, v] = [b, c].map((p) => [p[0] - a[0], p[1] - a[1], p[2] - a[2]]) as [number[], number[]];
  const [ux = 0, uy = 0, uz = 0] = u;
  const [vx = 0, vy = 0, vz = 0] = v;
  const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}
