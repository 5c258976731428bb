/**
 * Solids with known volume and known dose-volume histogram in a linear dose gradient.
 *
 * Every shape is a solid of revolution or a prism about the z axis, in LPS millimetres. `fractionBelow(axis, t)` is the
 * part of the volume with coordinate below `t`, from integrals over plane sections; with dose = d0 + g * coordinate it
 * is the differential of the DVH, so every Dx follows by inversion.
 */

export type Axis = 'x' | 'y' | 'z';

export interface Shape {
  readonly name: string;
  readonly centre: readonly [number, number, number];
  readonly volumeCc: number;
  /** Lowest and highest z. */
  readonly zRange: readonly [number, number];
  /** Closed loops (x, y, z flattened) on the plane at height z; empty outside zRange. */
  contoursAt(z: number): number[][];
  contains(x: number, y: number, z: number): boolean;
  /** Part of the volume whose coordinate along `axis` is below `t`, 0 to 1. */
  fractionBelow(axis: Axis, t: number): number;
  /** Lowest and highest coordinate along `axis`. */
  extent(axis: Axis): readonly [number, number];
}

const POINTS_ON_CIRCLE = 360;

/** The vertices lie outside the circle by so much that the polygon has the circle's area. */
const AREA_RADIUS = Math.sqrt((2 * Math.PI) / POINTS_ON_CIRCLE / Math.sin((2 * Math.PI) / POINTS_ON_CIRCLE));

function circle(cx: number, cy: number, z: number, radius: number): number[] {
  const points: number[] = [];
  for (let i = 0; i < POINTS_ON_CIRCLE; i++) {
    const angle = (2 * Math.PI * (i + 0.5)) / POINTS_ON_CIRCLE;
    points.push(cx + AREA_RADIUS * radius * Math.cos(angle), cy + AREA_RADIUS * radius * Math.sin(angle), z);
  }
  return points;
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Area of the part of a disc of this radius with coordinate below t, measured from its centre. */
function discBelow(radius: number, t: number): number {
  if (t <= -radius) return 0;
  if (t >= radius) return Math.PI * radius * radius;
  return radius * radius * Math.acos(-t / radius) + t * Math.sqrt(radius * radius - t * t);
}

const axisIndex = (axis: Axis): 0 | 1 | 2 => (axis === 'x' ? 0 : axis === 'y' ? 1 : 2);

export function box(
  name: string,
  centre: readonly [number, number, number],
  size: readonly [number, number, number],
): Shape {
  const [cx, cy, cz] = centre;
  const [sx, sy, sz] = size;
  const extent = (axis: Axis): readonly [number, number] => {
    const i = axisIndex(axis);
    return [centre[i] - size[i] / 2, centre[i] + size[i] / 2];
  };
  return {
    name,
    centre,
    volumeCc: (sx * sy * sz) / 1000,
    zRange: [cz - sz / 2, cz + sz / 2],
    contoursAt(z) {
      if (Math.abs(z - cz) > sz / 2) return [];
      const [x0, x1, y0, y1] = [cx - sx / 2, cx + sx / 2, cy - sy / 2, cy + sy / 2];
      return [[x0, y0, z, x1, y0, z, x1, y1, z, x0, y1, z]];
    },
    contains: (x, y, z) => Math.abs(x - cx) <= sx / 2 && Math.abs(y - cy) <= sy / 2 && Math.abs(z - cz) <= sz / 2,
    fractionBelow(axis, t) {
      const [low, high] = extent(axis);
      return clamp((t - low) / (high - low));
    },
    extent,
  };
}

export function sphere(name: string, centre: readonly [number, number, number], radius: number): Shape {
  return {
    name,
    centre,
    volumeCc: ((4 / 3) * Math.PI * radius ** 3) / 1000,
    zRange: [centre[2] - radius, centre[2] + radius],
    contoursAt(z) {
      const squared = radius ** 2 - (z - centre[2]) ** 2;
      return squared > 0 ? [circle(centre[0], centre[1], z, Math.sqrt(squared))] : [];
    },
    contains: (x, y, z) => Math.hypot(x - centre[0], y - centre[1], z - centre[2]) <= radius,
    fractionBelow(axis, t) {
      // Spherical cap: (2 + 3u - u^3) / 4 of the ball lies below u radii from its centre.
      const u = Math.min(1, Math.max(-1, (t - centre[axisIndex(axis)]) / radius));
      return (2 + 3 * u - u ** 3) / 4;
    },
    extent: (axis) => [centre[axisIndex(axis)] - radius, centre[axisIndex(axis)] + radius],
  };
}

/** Axis along z. */
export function cylinder(
  name: string,
  centre: readonly [number, number, number],
  radius: number,
  height: number,
): Shape {
  const [cx, cy, cz] = centre;
  return {
    name,
    centre,
    volumeCc: (Math.PI * radius ** 2 * height) / 1000,
    zRange: [cz - height / 2, cz + height / 2],
    contoursAt: (z) => (Math.abs(z - cz) > height / 2 ? [] : [circle(cx, cy, z, radius)]),
    contains: (x, y, z) => Math.abs(z - cz) <= height / 2 && Math.hypot(x - cx, y - cy) <= radius,
    fractionBelow(axis, t) {
      if (axis === 'z') return clamp((t - cz + height / 2) / height);
      return discBelow(radius, t - centre[axisIndex(axis)]) / (Math.PI * radius ** 2);
    },
    extent(axis) {
      const half = axis === 'z' ? height / 2 : radius;
      return [centre[axisIndex(axis)] - half, centre[axisIndex(axis)] + half];
    },
  };
}

/** Axis along z, base at the low end, apex at the high end. */
export function cone(name: string, centre: readonly [number, number, number], radius: number, height: number): Shape {
  const [cx, cy, cz] = centre;
  const base = cz - height / 2;
  const radiusAt = (z: number): number => (radius * (base + height - z)) / height;
  return {
    name,
    centre,
    volumeCc: (Math.PI * radius ** 2 * height) / 3000,
    zRange: [base, base + height],
    contoursAt: (z) => (z < base || z >= base + height ? [] : [circle(cx, cy, z, radiusAt(z))]),
    contains: (x, y, z) => z >= base && Math.hypot(x - cx, y - cy) <= radiusAt(z),
    fractionBelow(axis, t) {
      if (axis === 'z') return 1 - (1 - clamp((t - base) / height)) ** 3;
      // Discs of radius r(z), integrated over z by the midpoint rule: within 1e-6 of the volume.
      const offset = t - centre[axisIndex(axis)];
      const steps = 2000;
      let sum = 0;
      for (let i = 0; i < steps; i++) sum += discBelow((radius * (i + 0.5)) / steps, offset);
      return sum / steps / ((Math.PI * radius ** 2) / 3);
    },
    extent(axis) {
      if (axis === 'z') return [base, base + height];
      return [centre[axisIndex(axis)] - radius, centre[axisIndex(axis)] + radius];
    },
  };
}

/** A tube along z: a disc with a hole, drawn as two loops. */
export function tube(
  name: string,
  centre: readonly [number, number, number],
  outer: number,
  inner: number,
  height: number,
): Shape {
  const [cx, cy, cz] = centre;
  const area = Math.PI * (outer ** 2 - inner ** 2);
  return {
    name,
    centre,
    volumeCc: (area * height) / 1000,
    zRange: [cz - height / 2, cz + height / 2],
    contoursAt: (z) => (Math.abs(z - cz) > height / 2 ? [] : [circle(cx, cy, z, outer), circle(cx, cy, z, inner)]),
    contains(x, y, z) {
      const distance = Math.hypot(x - cx, y - cy);
      return Math.abs(z - cz) <= height / 2 && distance <= outer && distance >= inner;
    },
    fractionBelow(axis, t) {
      if (axis === 'z') return clamp((t - cz + height / 2) / height);
      const offset = t - centre[axisIndex(axis)];
      return (discBelow(outer, offset) - discBelow(inner, offset)) / area;
    },
    extent(axis) {
      const half = axis === 'z' ? height / 2 : outer;
      return [centre[axisIndex(axis)] - half, centre[axisIndex(axis)] + half];
    },
  };
}

/** Dose that is linear along one axis: gray at coordinate 0, and gray per millimetre. */
export interface LinearDose {
  readonly axis: Axis;
  readonly atZeroGy: number;
  readonly gyPerMm: number;
}

export interface ExpectedDose {
  readonly volumeCc: number;
  readonly meanGy: number;
  /** Dose that the hottest `percent` of the volume receives at least. */
  dx(percent: number): number;
}

/** The closed form of a shape's DVH in a linear dose: mean at the centroid, Dx by inverting `fractionBelow`. */
export function expectedDose(shape: Shape, dose: LinearDose): ExpectedDose {
  const [low, high] = shape.extent(dose.axis);
  const doseAt = (t: number): number => dose.atZeroGy + dose.gyPerMm * t;
  const quantile = (fraction: number): number => {
    let [a, b] = [low, high];
    for (let i = 0; i < 60; i++) {
      const middle = (a + b) / 2;
      if (shape.fractionBelow(dose.axis, middle) < fraction) a = middle;
      else b = middle;
    }
    return (a + b) / 2;
  };
  // mean = high - integral of the cumulative fraction, by the midpoint rule.
  const steps = 4000;
  let integral = 0;
  for (let i = 0; i < steps; i++) integral += shape.fractionBelow(dose.axis, low + ((high - low) * (i + 0.5)) / steps);
  const centroid = high - (integral * (high - low)) / steps;
  return {
    volumeCc: shape.volumeCc,
    meanGy: doseAt(centroid),
    dx: (percent) => doseAt(quantile(dose.gyPerMm >= 0 ? 1 - percent / 100 : percent / 100)),
  };
}
