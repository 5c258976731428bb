/** The pictures of a course's report: where to cut, and what lies on each cut. */

import { readRtDose, readRtStruct } from '../native/dicom.js';
import type { HeaderRecord, RoiSummary } from '../native/dicom-types.js';
import type { PatientPlane, SliceResult } from '../native/dose-types.js';
import { extractSlice, isolines, outline } from '../native/imaging.js';
import type { ImagesData, PanelData, PanelLine } from '../report/data.js';
import { fixed } from '../report/number.js';
import { addon } from '../runtime/addon.js';
import type { GridDescription, Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type DoseMaximum, doseMaximum, isodoseLevels } from './isodoses.js';
import type { ImageSeries } from './model.js';
import { readImages } from './read-images.js';
import { type Box, boxMiddle, contentBox, gridBox, PLANE_AXES, type Point } from './report-geometry.js';
import { isTarget } from './report-targets.js';
import type { RunConfig } from './run-config.js';

type Settings = RunConfig['report'];

export interface PicturesOf {
  readonly image?: ImageSeries | undefined;
  readonly structures?: HeaderRecord | undefined;
  /** The evaluated dose: a file of the course, or the sum that was written for it. */
  readonly dosePath?: string | undefined;
  readonly rxGy?: number | undefined;
  /** Numbers of the structures in the order of the page. */
  readonly roiNumbers: readonly number[];
  /** Mean dose by number: of several targets the one with the most is looked at. */
  readonly meanGy: ReadonlyMap<number, number>;
  readonly settings: Settings;
}

/** What is looked at, all of it native and to be let go afterwards. */
interface Scene extends PicturesOf {
  readonly volume?: Handle<'Volume'> | undefined;
  readonly dose?: Handle<'DoseGrid'> | undefined;
  readonly rois?: Handle<'RoiSet'> | undefined;
  readonly summaries: readonly RoiSummary[];
  /** Of what lies behind the lines. */
  readonly grid: GridDescription;
  readonly maximum?: DoseMaximum | undefined;
  readonly options: SubmitOptions;
}

/** With fewer slices an image is no volume. */
const LEAST_SLICES = 3;
const AIR_HU = -400;
const MARGIN_MM = 12;
/** Coronal and sagittal pictures reach no further than this above and below the centre. */
const REACH_MM = 220;
/** The longer side of a picture has at most this many pixels. */
const LONGEST_SIDE = 420;
const COARSE_PIXEL_MM = 4;
const TARGET_MARGIN_MM = 30;

/** Reads what there is, cuts it, and lets go of it. */
export async function coursePictures(of: PicturesOf, options: SubmitOptions): Promise<ImagesData | { absent: string }> {
  const held: Handle<string>[] = [];
  const hold = <Type extends Handle<string>>(handle: Type): Type => {
    held.push(handle);
    return handle;
  };
  try {
    const { image, structures, dosePath } = of;
    const volume = image && hold((await readImages(image, options)).volume);
    const dose = dosePath === undefined ? undefined : hold((await readRtDose({ path: dosePath }, options)).dose);
    const read = structures && (await readRtStruct({ path: structures.path }, options));
    const rois = read && hold(read.rois);
    if (!volume && !dose)
      return { absent: 'The course has neither an image series nor a dose, so there is nothing to show.' };
    const imageGrid = volume && addon().describeVolume(volume).grid;
    // One or two slices say nothing beside themselves: the dose says more where there is one.
    const isFlat = imageGrid !== undefined && imageGrid.size[2] < LEAST_SLICES;
    const shown = isFlat && dose ? undefined : volume;
    const grid = shown && imageGrid ? imageGrid : addon().describeDose(dose as Handle<'DoseGrid'>).grid;
    const maximum = dose && doseMaximum(addon().describeDose(dose), addon().viewDose(dose));
    return await pictures({
      ...of,
      volume: shown,
      dose,
      rois,
      summaries: read?.summary.rois ?? [],
      grid,
      maximum,
      options,
    });
  } finally {
    for (const handle of held) addon().dispose(handle);
  }
}

async function pictures(scene: Scene): Promise<ImagesData> {
  const { centre, why } = await centreOf(scene);
  const box = await pictureBox(scene, centre);
  const positions = axialPositions(scene, centre, box);
  const levels = isodoseLevels(scene.settings.isodosePct, scene.rxGy, scene.maximum?.gy);
  const cut = (plane: PatientPlane, positionMm: number) => panel(scene, plane, positionMm, box, levels);
  const axial: PanelData[] = [];
  const isVolume = scene.grid.size[2] >= LEAST_SLICES;
  for (const z of positions) axial.push(await cut('axial', z));
  const nearest = positions.reduce(
    (best, z, index) => (Math.abs(z - centre[2]) < Math.abs((positions[best] as number) - centre[2]) ? index : best),
    0,
  );
  return {
    background: backgroundText(scene),
    centre: why,
    levels,
    axial,
    start: nearest,
    ...(isVolume ? { coronal: await cut('coronal', centre[1]), sagittal: await cut('sagittal', centre[0]) } : {}),
  };
}

/** The middle of the target that gets the most dose, else the dose maximum, else the middle of the grid. */
async function centreOf(scene: Scene): Promise<{ centre: Point; why: string }> {
  const targets = scene.summaries
    .map((roi, index) => ({ roi, index, mean: scene.meanGy.get(roi.ROINumber) ?? 0 }))
    .filter(({ roi }) => roi.zRangeMm !== undefined && isTarget(roi.ROIName, roi.RTROIInterpretedType))
    .sort((a, b) => b.mean - a.mean || a.index - b.index);
  for (const { roi, index } of targets) {
    const [low, high] = roi.zRangeMm as [number, number];
    const z = snap(scene.grid, (low + high) / 2);
    const middle = centroid(await outlinesOf(scene, index, 'axial', z));
    if (middle) return { centre: [middle[0], middle[1], z], why: `Slices through the middle of ${roi.ROIName}` };
  }
  if (scene.maximum) return { centre: scene.maximum.at, why: 'Slices through the dose maximum' };
  return { centre: boxMiddle(gridBox(scene.grid)), why: 'Slices through the middle of the image' };
}

/** Mean of the points of the longest line. */
function centroid(lines: readonly PanelLine[]): [number, number] | undefined {
  const longest = lines.reduce<PanelLine>((best, line) => (line.length > best.length ? line : best), []);
  const count = longest.length >> 1;
  if (count < 3) return undefined;
  let [u, v] = [0, 0];
  for (let point = 0; point < count; point++) {
    u += longest[2 * point] ?? 0;
    v += longest[2 * point + 1] ?? 0;
  }
  return [u / count, v / count];
}

/** To the nearest slice of an upright image: contours are drawn on slices. */
function snap(grid: GridDescription, z: number): number {
  const [origin, step, count] = [grid.origin[2], grid.spacing[2], grid.size[2]];
  if (Math.abs(Math.abs(grid.direction[8] ?? 1) - 1) > 1e-6 || !(step > 0)) return z;
  const sign = (grid.direction[8] ?? 1) < 0 ? -1 : 1;
  const index = Math.min(count - 1, Math.max(0, Math.round(((z - origin) * sign) / step)));
  return origin + sign * index * step;
}

/** What the pictures show: the body where it can be told from air, otherwise the whole grid. */
async function pictureBox(scene: Scene, centre: Point): Promise<Box> {
  const whole = gridBox(scene.grid);
  const box = whole.map(([low, high]) => [low, high] as [number, number]) as unknown as [
    [number, number],
    [number, number],
    [number, number],
  ];
  if (scene.volume && scene.image?.Modality === 'CT') {
    for (const plane of ['axial', 'coronal'] as const) {
      const [u, v, w] = PLANE_AXES[plane];
      const slice = await background(scene, plane, centre[w] ?? 0, whole, COARSE_PIXEL_MM);
      const content = contentBox(slice, AIR_HU, MARGIN_MM);
      if (!content) continue;
      for (const [axis, range] of [
        [u, content[0]],
        [v, content[1]],
      ] as const) {
        const limits = whole[axis] as readonly [number, number];
        if (axis === 2) continue;
        const clipped: [number, number] = [Math.max(limits[0], range[0]), Math.min(limits[1], range[1])];
        const known = box[axis] as [number, number];
        // Arms or a couch seen in only one of the pictures stay in.
        box[axis as 0] = plane === 'axial' ? clipped : [Math.min(known[0], clipped[0]), Math.max(known[1], clipped[1])];
      }
    }
  }
  box[2] = [Math.max(box[2][0], centre[2] - REACH_MM), Math.min(box[2][1], centre[2] + REACH_MM)];
  return box;
}

/** From feet to head through the targets, or where there is dose, or everywhere; the centre is always among them. */
function axialPositions(scene: Scene, centre: Point, box: Box): number[] {
  const ranges = scene.summaries
    .filter((roi) => roi.zRangeMm && isTarget(roi.ROIName, roi.RTROIInterpretedType))
    .map((roi) => roi.zRangeMm as [number, number]);
  const [bottom, top] = box[2];
  const low = Math.max(bottom, ranges.length > 0 ? Math.min(...ranges.map(([z]) => z)) - TARGET_MARGIN_MM : bottom);
  const high = Math.min(top, ranges.length > 0 ? Math.max(...ranges.map(([, z]) => z)) + TARGET_MARGIN_MM : top);
  const count = scene.settings.slices;
  const spread =
    count === 1 ? [] : Array.from({ length: count }, (_, index) => low + ((high - low) * index) / (count - 1));
  const snapped = [...new Set(spread.map((z) => snap(scene.grid, z)))];
  // The evenly spread slice that is nearest to the centre gives way to it.
  const own = snap(scene.grid, centre[2]);
  const nearest = snapped.reduce((best, z) => (Math.abs(z - own) < Math.abs(best - own) ? z : best), snapped[0] ?? own);
  return [...new Set([...snapped.filter((z) => z !== nearest), own])].sort((a, b) => a - b);
}

function backgroundText({ volume, image, settings, rxGy, maximum }: Scene): string {
  const reference =
    maximum &&
    (rxGy === undefined
      ? '; isodose lines in percent of the maximum dose'
      : '; isodose lines in percent of the prescription');
  const picture = volume
    ? image?.Modality === 'CT'
      ? `CT, window ${fixed(settings.windowHu, 0)} HU, level ${fixed(settings.levelHu, 0)} HU`
      : `${image?.Modality ?? 'image'}, from its darkest to its brightest percent`
    : `the dose, brighter where it is higher, as there is no image${image ? ' of more than two slices' : ''}`;
  return `${picture}${reference ?? ''}`;
}

function background(
  scene: Scene,
  plane: PatientPlane,
  positionMm: number,
  box: Box,
  pixelMm: number,
): Promise<SliceResult> {
  const [u, v] = PLANE_AXES[plane];
  const [[u0, u1], [v0, v1]] = [box[u] as readonly [number, number], box[v] as readonly [number, number]];
  const source = scene.volume ? { volume: scene.volume } : { dose: scene.dose as Handle<'DoseGrid'> };
  return extractSlice({ ...source, plane, positionMm, extent: [u0, u1, v0, v1], pixelMm }, scene.options);
}

async function outlinesOf(
  scene: Scene,
  index: number,
  plane: PatientPlane,
  positionMm: number,
): Promise<readonly PanelLine[]> {
  if (!scene.rois) return [];
  return outline({ rois: scene.rois, index, plane, positionMm, pixelMm: 1 }, scene.options);
}

async function panel(
  scene: Scene,
  plane: PatientPlane,
  positionMm: number,
  box: Box,
  levels: ImagesData['levels'],
): Promise<PanelData> {
  const [u, v] = PLANE_AXES[plane];
  const [ranges0, ranges1] = [box[u] as readonly [number, number], box[v] as readonly [number, number]];
  const longest = Math.max(ranges0[1] - ranges0[0], ranges1[1] - ranges1[0]);
  const pixelMm = Math.max(longest / LONGEST_SIDE, Math.min(...scene.grid.spacing) / 2);
  const slice = await background(scene, plane, positionMm, box, pixelMm);
  const shown = scene.summaries
    .map(({ ROINumber, contours }, index) => ({
      index,
      roi: contours === 0 ? -1 : scene.roiNumbers.indexOf(ROINumber),
    }))
    .filter(({ roi }) => roi >= 0);
  const outlines = await Promise.all(
    shown.map(async ({ index, roi }) => ({ roi, lines: await outlinesOf(scene, index, plane, positionMm) })),
  );
  return {
    plane,
    positionMm,
    width: slice.width,
    height: slice.height,
    u0: slice.u0,
    v0: slice.v0,
    pixelMm: slice.pixelMm,
    gray: shades(scene, slice),
    outlines,
    isodoses: await isodoses(scene, plane, positionMm, box, levels),
  };
}

async function isodoses(
  scene: Scene,
  plane: PatientPlane,
  positionMm: number,
  box: Box,
  levels: ImagesData['levels'],
): Promise<PanelData['isodoses']> {
  const { dose, options } = scene;
  if (!dose || levels.length === 0) return [];
  const [u, v] = PLANE_AXES[plane];
  const extent = [...(box[u] as readonly number[]), ...(box[v] as readonly number[])] as [
    number,
    number,
    number,
    number,
  ];
  const pixelMm = Math.max(1, Math.min(...addon().describeDose(dose).grid.spacing) / 2);
  const slice = await extractSlice({ dose, plane, positionMm, extent, pixelMm }, options);
  const found = await isolines({ ...slice, levels: levels.map(({ gy }) => gy) }, options);
  return found.map(({ lines }, level) => ({ level, lines }));
}

/** Windowed to 64 shades: more cannot be told apart on a screen at this size, and fewer bytes are needed. */
function shades(scene: Scene, { values }: SliceResult): Uint8Array {
  const [low, high] = windowOf(scene, values);
  const scale = high > low ? 63 / (high - low) : 0;
  const gray = new Uint8Array(values.length);
  for (const [i, value] of values.entries()) {
    const shade = Number.isNaN(value) ? 0 : Math.min(63, Math.max(0, Math.round((value - low) * scale)));
    gray[i] = Math.round((shade * 255) / 63);
  }
  return gray;
}

function windowOf({ volume, image, settings, maximum }: Scene, values: Float32Array): [number, number] {
  // The dose stays in the darker two thirds, so that lines stand out where it is high.
  if (!volume) return [0, 1.5 * (maximum?.gy ?? 1)];
  if (image?.Modality === 'CT')
    return [settings.levelHu - settings.windowHu / 2, settings.levelHu + settings.windowHu / 2];
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return [sorted[Math.floor(sorted.length * 0.01)] ?? 0, sorted[Math.floor(sorted.length * 0.99)] ?? 1];
}
