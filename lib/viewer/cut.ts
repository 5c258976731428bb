/** What is drawn over one cut: outlines of structures and isodose lines, in patient millimetres. */

import type { PatientPlane } from '../native/dose-types.js';
import { extractSlice, isolines, outline } from '../native/imaging.js';
import { addon } from '../runtime/addon.js';
import type { SubmitOptions } from '../runtime/task.js';
import type { Scene } from './scene.js';

/** Alternating u, v in hundredths of a millimetre: axial (x, y), coronal (x, z), sagittal (y, z). */
export type CutLine = readonly number[];

export interface Cut {
  /** By position in the list of structures; those that the plane does not cross are left out. */
  readonly outlines: ReadonlyArray<{ readonly roi: number; readonly lines: readonly CutLine[] }>;
  /** By position in the list of levels; -1 is the dose that was asked for beside them. */
  readonly isodoses: ReadonlyArray<{ readonly level: number; readonly lines: readonly CutLine[] }>;
}

export interface CutAt {
  readonly plane: PatientPlane;
  readonly positionMm: number;
  /** A dose in gray whose line is wanted too. */
  readonly probeGy?: number;
}

const UNITS_PER_MM = 100;

function rounded(lines: ReadonlyArray<ArrayLike<number>>): CutLine[] {
  return lines
    .filter((line) => line.length >= 4)
    .map((line) => Array.from(line, (value) => Math.round(value * UNITS_PER_MM)));
}

export async function cutOf(scene: Scene, at: CutAt, options: SubmitOptions): Promise<Cut> {
  const [outlines, isodoses] = await Promise.all([outlinesAt(scene, at, options), isodosesAt(scene, at, options)]);
  return { outlines, isodoses };
}

async function outlinesAt(
  scene: Scene,
  { plane, positionMm }: CutAt,
  options: SubmitOptions,
): Promise<Cut['outlines']> {
  const { roiSet: rois, roiIndex } = scene;
  if (!rois) return [];
  const all = await Promise.all(
    roiIndex.map(async (index, roi) => ({
      roi,
      lines: index < 0 ? [] : rounded(await outline({ rois, index, plane, positionMm, pixelMm: 1 }, options)),
    })),
  );
  return all.filter(({ lines }) => lines.length > 0);
}

async function isodosesAt(scene: Scene, at: CutAt, options: SubmitOptions): Promise<Cut['isodoses']> {
  const { doseGrid: dose, levels } = scene;
  const wanted = levels.map(({ gy }, level) => ({ level, gy }));
  if (at.probeGy !== undefined) wanted.push({ level: -1, gy: at.probeGy });
  if (!dose || wanted.length === 0) return [];
  const pixelMm = Math.max(1, Math.min(...addon().describeDose(dose).grid.spacing) / 2);
  const { plane, positionMm } = at;
  const slice = await extractSlice({ dose, plane, positionMm, pixelMm }, options);
  const found = await isolines({ ...slice, levels: wanted.map(({ gy }) => gy) }, options);
  return found
    .map(({ lines }, position) => ({ level: wanted[position]?.level ?? -1, lines: rounded(lines) }))
    .filter(({ lines }) => lines.length > 0);
}
