/** What a page about two doses shows: cuts through the place where they differ most, and how often each value occurs. */

import type { PatientPlane } from '../native/dose-types.js';
import { extractSlice, isolines } from '../native/imaging.js';
import { describeVolume, viewDose, viewVolume } from '../native/volume.js';
import {
  alongScale,
  type ComparisonData,
  comparisonPage,
  type ScaleData,
  scaleColors,
} from '../report/comparison-page.js';
import type { Fact, FindingData, PanelData } from '../report/data.js';
import type { GridDescription, Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { writeText } from '../table/atomic.js';
import { isodoseLevels } from './isodoses.js';
import { type Box, boxMiddle, gridBox, PLANE_AXES, type Point, voxelPosition } from './report-geometry.js';

export interface DoseComparison {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly findings: readonly FindingData[];
  readonly reference: Handle<'DoseGrid'>;
  readonly maximumGy: number;
  /** Gamma or difference on the reference's grid, float32; NaN where there is none. */
  readonly map: Handle<'Volume'>;
  readonly scale: ScaleData;
}

const ISODOSE_PERCENT = [20, 50, 80, 95];
/** Of the maximum: less is not shown around what is more. */
const LEAST_PERCENT = 3;
const MARGIN_MM = 15;
const BINS = 60;
/** The longer side of a picture has at most this many pixels. */
const LONGEST_SIDE = 420;

/** Writes the page; whole or not at all. */
export async function writeComparison(of: DoseComparison, path: string, options: SubmitOptions): Promise<void> {
  const { map, maximumGy, scale } = of;
  const { grid } = describeVolume(map);
  const { worst, counts } = survey(viewVolume(map) as Float32Array, scale);
  const box = shownBox(grid, viewDose(of.reference), viewVolume(map) as Float32Array, maximumGy);
  const centre: Point = worst < 0 ? boxMiddle(box) : voxelPosition(grid, worst, []);
  const levels = isodoseLevels(ISODOSE_PERCENT, undefined, maximumGy);
  const pixelMm = Math.min(...grid.spacing) / 2;
  const panels = await Promise.all(
    (['axial', 'coronal', 'sagittal'] as const).map((plane) => panel(of, plane, centre, box, pixelMm, levels, options)),
  );
  const page = comparisonPage({
    title: of.title,
    facts: of.facts,
    findings: of.findings,
    scale,
    panels: panels as unknown as ComparisonData['panels'],
    levels,
    centre: worst < 0 ? 'Cuts through the middle' : 'Cuts through the voxel that differs most',
    counts,
  });
  await writeText(path, page);
}

/** What holds a dose worth looking at, with a margin; the whole grid where nothing does. */
function shownBox(grid: GridDescription, gray: Float32Array, map: Float32Array, maximumGy: number): Box {
  const [nx, ny] = grid.size;
  const least = (LEAST_PERCENT * maximumGy) / 100;
  const low: number[] = [...grid.size];
  const high = [-1, -1, -1];
  for (let n = 0; n < gray.length; n++) {
    if (!((gray[n] as number) >= least) || Number.isNaN(map[n])) continue;
    const at = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
    for (let d = 0; d < 3; d++) {
      low[d] = Math.min(low[d] as number, at[d] as number);
      high[d] = Math.max(high[d] as number, at[d] as number);
    }
  }
  const whole = gridBox(grid);
  if ((high[0] as number) < 0) return whole;
  const [i = 0, j = 0, k = 0] = low;
  const corner = voxelPosition(grid, (k * ny + j) * nx + i, []);
  const size = high.map((last, d) => last - (low[d] as number) + 1) as [number, number, number];
  return gridBox({ ...grid, origin: [...corner], size }).map(([from, to], d) => [
    Math.max(whole[d]?.[0] ?? from, from - MARGIN_MM),
    Math.min(whole[d]?.[1] ?? to, to + MARGIN_MM),
  ]) as unknown as Box;
}

/** The voxel farthest from the middle of the scale towards what matters, and the voxels by value. */
function survey(values: Float32Array, { kind, low, middle, high }: ScaleData): { worst: number; counts: number[] } {
  const counts = new Array<number>(BINS).fill(0);
  const badness = kind === 'pass-fail' ? (value: number) => value : (value: number) => Math.abs(value - middle);
  let [worst, most] = [-1, Number.NEGATIVE_INFINITY];
  for (let n = 0; n < values.length; n++) {
    const value = values[n] as number;
    if (Number.isNaN(value)) continue;
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * BINS)));
    counts[bin] = (counts[bin] ?? 0) + 1;
    const bad = badness(value);
    if (bad > most) [worst, most] = [n, bad];
  }
  return { worst, counts };
}

async function panel(
  { map, reference, scale }: DoseComparison,
  plane: PatientPlane,
  centre: Point,
  box: Box,
  least: number,
  levels: readonly { readonly gy: number }[],
  options: SubmitOptions,
): Promise<PanelData> {
  const [u, v, w] = PLANE_AXES[plane];
  const [[u0, u1], [v0, v1]] = [box[u] as readonly [number, number], box[v] as readonly [number, number]];
  const positionMm = centre[w] ?? 0;
  const pixelMm = Math.max(Math.max(u1 - u0, v1 - v0) / LONGEST_SIDE, least);
  const cut = { plane, positionMm, extent: [u0, u1, v0, v1] as [number, number, number, number], pixelMm };
  const slice = await extractSlice({ volume: map, ...cut }, options);
  const lines = await isolines(
    { ...(await extractSlice({ dose: reference, ...cut }, options)), levels: levels.map(({ gy }) => gy) },
    options,
  );
  const colors = scaleColors(scale);
  const { width, height, u0: left, v0: top } = slice;
  return {
    plane,
    positionMm,
    width,
    height,
    u0: left,
    v0: top,
    pixelMm: slice.pixelMm,
    gray: Uint8Array.from(slice.values, (value) =>
      Number.isNaN(value) ? 0 : 1 + Math.round((colors.length - 2) * alongScale(scale, value)),
    ),
    palette: colors,
    outlines: [],
    isodoses: lines.map(({ lines: found }, level) => ({ level, lines: found })),
  };
}
