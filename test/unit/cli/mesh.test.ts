/** isovox mesh: a ball's surface against the closed form, in every file format; the readers are of this file. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { mesh } from '../../../lib/cli/commands/mesh.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { writeVolume } from '../../../lib/native/formats.js';
import { temporaryFolder } from '../../fixtures/index.js';

const folder = temporaryFolder();
const RADIUS = 12;
const CENTRE = [10, -20, 30] as const;
const image = join(folder, 'ball.nii');
const labels = join(folder, 'labels.nii');

type Triangles = number[][][];

const readers: Readonly<Record<string, (bytes: Buffer) => Triangles>> = {
  stl: (bytes) =>
    Array.from({ length: bytes.readUInt32LE(80) }, (_, t) =>
      [1, 2, 3].map((c) => [0, 1, 2].map((d) => bytes.readFloatLE(84 + 50 * t + 12 * c + 4 * d))),
    ),
  ply: (bytes) => {
    const end = bytes.indexOf('end_header\n') + 'end_header\n'.length;
    const header = bytes.subarray(0, end).toString();
    const [points = 0, faces = 0] = ['vertex', 'face'].map((e) => Number(new RegExp(`${e} (\\d+)`).exec(header)?.[1]));
    const first = end + 12 * points;
    expect(bytes.length).toBe(first + 13 * faces);
    return Array.from({ length: faces }, (_, t) =>
      [0, 1, 2].map((c) => {
        const point = bytes.readUInt32LE(first + 13 * t + 1 + 4 * c);
        return [0, 1, 2].map((d) => bytes.readFloatLE(end + 12 * point + 4 * d));
      }),
    );
  },
  obj: (bytes) => {
    const lines = bytes.toString().split('\n');
    const of = (kind: string): number[][] =>
      lines
        .filter((line) => line.startsWith(`${kind} `))
        .map((line) =>
          line
            .slice(2)
            .split(' ')
            .map((n) => Number(n)),
        );
    const points = of('v');
    return of('f').map((face) => face.map((n) => points[n - 1] as number[]));
  },
};

/** By the divergence theorem: positive when corners go counter-clockwise seen from outside. */
function volumeOf(triangles: Triangles): number {
  return triangles.reduce((sum, [a = [], b = [], c = []]) => {
    const [ax = 0, ay = 0, az = 0] = a;
    const [bx = 0, by = 0, bz = 0] = b;
    const [cx = 0, cy = 0, cz = 0] = c;
    return sum + (ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)) / 6;
  }, 0);
}

beforeAll(async () => {
  const size: [number, number, number] = [40, 42, 32];
  const origin: [number, number, number] = [CENTRE[0] - 20, CENTRE[1] - 21, CENTRE[2] - 16];
  const inside = new Float32Array(size[0] * size[1] * size[2]);
  const labelled = new Uint8Array(inside.length);
  for (let n = 0; n < inside.length; n++) {
    const at = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / size[0] / size[1])];
    const distance = Math.hypot(...at.map((index, d) => index + (origin[d] as number) - (CENTRE[d] as number)));
    inside[n] = RADIUS - distance;
    labelled[n] = distance < RADIUS ? 7 : n % 3;
  }
  const grid = { size, spacing: [1, 1, 1] as [number, number, number], origin };
  await writeVolume({ volume: await makeVolume({ grid, dtype: 'float32', data: inside }), path: image });
  await writeVolume({ volume: await makeVolume({ grid, dtype: 'uint8', data: labelled }), path: labels });
});

describe('mesh', () => {
  it.each(Object.keys(readers))('a ball as %s', async (format) => {
    const out = join(folder, `ball.${format}`);
    expect(await mesh({ image, level: 0, out, quiet: true })).toBe(0);
    const triangles = readers[format]?.(readFileSync(out)) ?? [];
    expect(volumeOf(triangles) / ((4 / 3) * Math.PI * RADIUS ** 3)).toBeCloseTo(1, 2);
    for (const corner of triangles.flat()) {
      expect(Math.hypot(...corner.map((x, d) => x - (CENTRE[d] as number)))).toBeCloseTo(RADIUS, 1);
    }
  });

  it('a label among others', async () => {
    const out = join(folder, 'label.stl');
    expect(await mesh({ image: labels, label: 7, out, quiet: true })).toBe(0);
    const volume = volumeOf(readers.stl?.(readFileSync(out)) ?? []);
    expect(Math.abs(volume / ((4 / 3) * Math.PI * RADIUS ** 3) - 1)).toBeLessThan(0.03);
  });

  it('what is not there, and what cannot be written, are errors', async () => {
    const out = join(folder, 'none.stl');
    await expect(mesh({ image: labels, label: 200, out })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(mesh({ image, level: 0, out: join(folder, 'x.step') })).rejects.toThrow('.ply, .stl or .obj');
    await expect(mesh({ image, level: 0, label: 1, out })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});
