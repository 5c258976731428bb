/** The boxes of dose grids in the patient, from their headers, and how far they share space. */

import type { HeaderRecord } from '../native/dicom-types.js';

type Box = readonly [readonly number[], readonly number[]];

/** The smallest shared part of any two grids, of the smaller one's volume; undefined when a grid has no geometry. */
export function smallestOverlap(doses: readonly HeaderRecord[]): number | undefined {
  const boxes = doses.map(doseBox);
  let smallest: number | undefined;
  for (let i = 0; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length; j++) {
      const [a, b] = [boxes[i], boxes[j]];
      if (!a || !b) continue;
      const smaller = Math.min(volume(a), volume(b));
      if (smaller <= 0) continue;
      const lower = a[0].map((value, axis) => Math.max(value, b[0][axis] ?? value));
      const upper = a[1].map((value, axis) => Math.min(value, b[1][axis] ?? value));
      const shared = volume([lower, upper]) / smaller;
      smallest = Math.min(smallest ?? 1, shared);
    }
  }
  return smallest;
}

function volume([lower, upper]: Box): number {
  return lower.reduce((product, value, axis) => product * Math.max(0, (upper[axis] ?? value) - value), 1);
}

/** The axis-aligned box of a dose grid in patient millimetres, voxels included to their borders. */
export function doseBox(dose: HeaderRecord): Box | undefined {
  const {
    ImagePositionPatient: origin,
    ImageOrientationPatient: cosines = [1, 0, 0, 0, 1, 0],
    PixelSpacing: spacing,
  } = dose;
  if (origin?.length !== 3 || cosines.length !== 6 || !spacing || !dose.Rows || !dose.Columns) return undefined;
  const [rowSpacing = 1, columnSpacing = 1] = spacing;
  const i = cosines.slice(0, 3);
  const j = cosines.slice(3, 6);
  const k = [0, 1, 2].map((axis) => {
    const [b, c] = [(axis + 1) % 3, (axis + 2) % 3];
    return (i[b] ?? 0) * (j[c] ?? 0) - (i[c] ?? 0) * (j[b] ?? 0);
  });
  const offsets = dose.rtdose?.frame_offsets;
  const frames = Math.max(1, dose.NumberOfFrames ?? offsets?.count ?? 1);
  const depth = offsets ? Math.abs(offsets.last - offsets.first) : 0;
  const step =
    Math.abs(offsets?.step ?? (frames > 1 && depth > 0 ? depth / (frames - 1) : (dose.SliceThickness ?? 1))) || 1;
  const sign = offsets && offsets.last < offsets.first ? -1 : 1;
  const ranges = [
    [-0.5 * columnSpacing, (dose.Columns - 0.5) * columnSpacing],
    [-0.5 * rowSpacing, (dose.Rows - 0.5) * rowSpacing],
    [sign * -0.5 * step, sign * (depth + 0.5 * step)],
  ];
  const lower: number[] = [];
  const upper: number[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const ends = [i, j, k].map((direction, n) => (ranges[n] ?? []).map((mm) => mm * (direction[axis] ?? 0)));
    lower.push((origin[axis] ?? 0) + ends.reduce((sum, pair) => sum + Math.min(...pair), 0));
    upper.push((origin[axis] ?? 0) + ends.reduce((sum, pair) => sum + Math.max(...pair), 0));
  }
  return [lower, upper];
}
