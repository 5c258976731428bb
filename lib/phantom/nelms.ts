/**
 * Sphere, cylinder and cone, upright and lying, in linear doses along each axis, as DICOM files. After B. Nelms et al.,
 * Med. Phys. 42 (2015) 4435: bodies 24 mm across, contours every 0.2-3 mm, dose grids of 0.4-3 mm, 1 Gy/mm.
 */
import { derivedUid } from '../native/derived-uid.js';
import { writeRtDose, writeRtStruct } from '../native/dicom.js';
import type { Triple } from '../native/dicom-types.js';
import { type Axis, cone, cylinder, type LinearDose, type Shape, sphere } from './shapes.js';

const RADIUS = 12;
const HEIGHT = 24;
const REACH = 15;
export const CT_MM = [0.2, 1, 2, 3];
export const DOSE_MM = [0.4, 1, 2, 3];
export const AXES: readonly Axis[] = ['x', 'y', 'z'];
export const PERCENTS = [99, 95, 50, 5, 1];
export const LEVELS_GY = [14, 20, 26];

/** The solid turned so that its axis is y: `contoursAt` is given, the closed form swaps y and z. */
function lying(shape: Shape, contoursAt: (z: number) => number[][]): Shape {
  const swapped = (axis: Axis): Axis => (axis === 'y' ? 'z' : axis === 'z' ? 'y' : 'x');
  return {
    ...shape,
    name: `lying ${shape.name}`,
    zRange: [-RADIUS, RADIUS],
    contoursAt,
    contains: (x, y, z) => shape.contains(x, z, y),
    fractionBelow: (axis, t) => shape.fractionBelow(swapped(axis), t),
    extent: (axis) => shape.extent(swapped(axis)),
  };
}

function rectangleAt(z: number): number[][] {
  const half = Math.sqrt(RADIUS ** 2 - z ** 2);
  const end = HEIGHT / 2;
  return [[-half, -end, z, half, -end, z, half, end, z, -half, end, z]];
}

/** Base at y = -HEIGHT / 2: bounded by a hyperbola. */
function hyperbolaAt(z: number): number[][] {
  const reach = HEIGHT * (1 - Math.abs(z) / RADIUS);
  const steps = 200;
  const side = (sign: 1 | -1): number[][] =>
    Array.from({ length: steps + 1 }, (_, n) => {
      const along = reach * Math.sin((n * Math.PI) / 2 / steps);
      const radius = RADIUS * (1 - along / HEIGHT);
      return [sign * Math.sqrt(Math.max(0, radius ** 2 - z ** 2)), along - HEIGHT / 2, z];
    });
  return [[...side(1), ...side(-1).reverse().slice(1)].flat()];
}

const upright = [
  sphere('sphere', [0, 0, 0], RADIUS),
  cylinder('cylinder', [0, 0, 0], RADIUS, HEIGHT),
  cone('cone', [0, 0, 0], RADIUS, HEIGHT),
];
export const bodies: readonly Shape[] = [
  ...upright,
  lying(upright[1] as Shape, rectangleAt),
  lying(upright[2] as Shape, hyperbolaAt),
];

const identity = (what: string) => ({
  PatientID: 'NELMS',
  StudyInstanceUID: derivedUid('NELMS', 'study'),
  SeriesInstanceUID: derivedUid('NELMS', `${what} series`),
  FrameOfReferenceUID: derivedUid('NELMS', 'frame'),
  SOPInstanceUID: derivedUid('NELMS', what),
});

/** Writes the bodies' contours, half a slice off the bodies' ends. */
export async function writeBodies(path: string, sliceMm: number): Promise<void> {
  const count = Math.round(HEIGHT / sliceMm);
  const planes = Array.from({ length: count }, (_, n) => -HEIGHT / 2 + (n + 0.5) * sliceMm);
  await writeRtStruct({
    path,
    identity: identity(path),
    rois: bodies.map((shape, n) => ({
      number: n + 1,
      name: shape.name,
      type: 'ORGAN',
      color: [255, 0, 0] as Triple,
      contours: planes.flatMap((z) => shape.contoursAt(z)),
    })),
  });
}

/** 20 Gy in the middle. */
export const along = (axis: Axis): LinearDose => ({ axis, atZeroGy: 20, gyPerMm: 1 });

/** Writes that dose on a grid of cubes. */
export async function writeLinearDose(path: string, axis: Axis, spacing: number): Promise<void> {
  const half = Math.ceil(REACH / spacing);
  const count = 2 * half + 1;
  const at = { x: 0, y: 1, z: 2 }[axis];
  const values = new Float64Array(count ** 3);
  for (let n = 0; n < values.length; n++) {
    const index = [n % count, Math.floor(n / count) % count, Math.floor(n / count ** 2)][at] as number;
    values[n] = 20 + (index - half) * spacing;
  }
  const origin: Triple = [-half * spacing, -half * spacing, -half * spacing];
  await writeRtDose({
    path,
    identity: identity(path),
    grid: { size: [count, count, count], spacing: [spacing, spacing, spacing], origin },
    values,
    DoseSummationType: 'PLAN',
    bits: 32,
  });
}
