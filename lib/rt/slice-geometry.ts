/** Where the slices of a series lie, from their headers. */

import type { HeaderRecord } from '../native/dicom-types.js';

/** The unit normal of an ImageOrientationPatient, by the right-hand rule; undefined for what is no orientation. */
export function normalOf(cosines: readonly number[] | undefined): [number, number, number] | undefined {
  if (cosines?.length !== 6) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = cosines;
  const normal: [number, number, number] = [b * f - c * e, c * d - a * f, a * e - b * d];
  const length = Math.hypot(...normal);
  return length > 0.5 ? (normal.map((value) => value / length) as [number, number, number]) : undefined;
}

/** Distance of every placed slice along the normal of the first one, ascending, mm. */
export function slicePositionsMm(headers: readonly HeaderRecord[]): number[] {
  const normal = normalOf(headers.find((header) => header.ImageOrientationPatient)?.ImageOrientationPatient);
  if (!normal) return [];
  return headers
    .map((header) => header.ImagePositionPatient)
    .filter((position) => position?.length === 3)
    .map((position) => (position as number[]).reduce((sum, mm, axis) => sum + mm * (normal[axis] ?? 0), 0))
    .sort((a, b) => a - b);
}
