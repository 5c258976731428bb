/** Doses in several frames of reference, and the registrations that take them into one. */

import type { HeaderRecord } from '../native/dicom-types.js';
import { newestFirst } from './dates.js';
import type { Course, DoseMove } from './model.js';

/** Which registrations may move a dose; `deformable` allows rigid ones too. */
export type AcrossFrames = 'never' | 'rigid' | 'deformable';

const DEFORMABLE_CLASS = '1.2.840.10008.5.1.4.1.1.66.3';

const isDeformable = (registration: HeaderRecord): boolean => registration.SOPClassUID === DEFORMABLE_CLASS;

const frameOf = (record: HeaderRecord): string => record.FrameOfReferenceUID ?? '';

/** Matrices can be followed both ways; a field only into the registration's own frame (PS3.3 C.20.3.1.1). */
function leads(registration: HeaderRecord, from: string, to: string): boolean {
  const own = frameOf(registration);
  const registered = registration.reg?.FrameOfReferenceUIDs ?? [];
  if (isDeformable(registration)) return to === own && registered.includes(from);
  const known = [own, ...registered];
  return known.includes(from) && known.includes(to);
}

/**
 * How each dose of another frame comes into that of the first: by a deformable registration before a rigid one, by the
 * newest of several. A text where there is no way: what is missing.
 */
export function movesOntoFirst(
  doses: readonly HeaderRecord[],
  registrations: readonly HeaderRecord[],
  across: Exclude<AcrossFrames, 'never'>,
): DoseMove[] | string {
  const [first] = doses;
  const toFrame = first ? frameOf(first) : '';
  const moves: DoseMove[] = [];
  const allowed = registrations.filter((one) => across === 'deformable' || !isDeformable(one));
  for (const dose of doses.slice(1)) {
    const fromFrame = frameOf(dose);
    if (fromFrame === toFrame || fromFrame === '' || toFrame === '') continue;
    const [best] = allowed
      .filter((one) => leads(one, fromFrame, toFrame))
      .sort((a, b) => Number(isDeformable(b)) - Number(isDeformable(a)) || newestFirst(a, b));
    if (!best) return `no ${across === 'rigid' ? 'rigid ' : ''}registration leads from ${fromFrame} to ${toFrame}`;
    moves.push({
      dose: dose.SOPInstanceUID ?? '',
      registration: best,
      fromFrame,
      toFrame,
    });
  }
  return moves;
}

/** Absolute paths of what the evaluated dose is made of: the doses, and the registrations that move them. */
export const evaluatedPaths = ({ doseChoice: { doses, moves = [] } }: Pick<Course, 'doseChoice'>): string[] => [
  ...new Set([...doses.map(({ path }) => path), ...moves.map(({ registration }) => registration.path)]),
];

/** The registration that moves a dose, if one does. */
export const moveOf = (moves: readonly DoseMove[] | undefined, dose: HeaderRecord): DoseMove | undefined =>
  moves?.find((move) => move.dose === (dose.SOPInstanceUID ?? ''));
