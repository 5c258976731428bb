/** What is shown of one course or one file: an image, a dose, structures, all native, and what a page says of them. */

import { IsovoxError } from '../errors.js';
import { readRtDose, readRtStruct } from '../native/dicom.js';
import { convertVolume, readVolume, volumeStatistics } from '../native/formats.js';
import { outline } from '../native/imaging.js';
import type { CheckStatus, ImagesData, RoiData } from '../report/data.js';
import { type DoseMaximum, doseMaximum, isodoseLevels } from '../rt/isodoses.js';
import { COURSE_FILES, PRIMARY_FILES, planningNifti } from '../rt/layout.js';
import { readCourseFiles, reportRois } from '../rt/report-course.js';
import { boxMiddle, gridBox, type Point, voxelPosition } from '../rt/report-geometry.js';
import { isTarget } from '../rt/report-targets.js';
import type { RunConfig } from '../rt/run-config.js';
import { addon } from '../runtime/addon.js';
import type { GridDescription, Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type CourseEntry, fileWithin } from './courses.js';
import { isShownAsIs, niftiHeader } from './nifti-header.js';

/** Voxels that the page draws, i fastest, little endian. */
export interface Layer {
  readonly name: string;
  readonly unit: string;
  readonly grid: GridDescription;
  readonly dtype: string;
  readonly header: Buffer;
  readonly bytes: Uint8Array;
  /** After scaling. */
  readonly range: readonly [number, number];
  readonly window: readonly [number, number];
  /** The stored value that stands for what has not arrived yet. */
  readonly floor: number;
}

export interface Scene {
  readonly title: string;
  readonly kicker: string;
  readonly qc?: CheckStatus;
  readonly image?: Layer;
  readonly dose?: Layer;
  /** Why the dose has no colour wash, when it has none. */
  readonly doseNote?: string;
  readonly doseGrid?: Handle<'DoseGrid'>;
  readonly roiSet?: Handle<'RoiSet'>;
  /** In the order of the page, with their position in the set; -1 when it is not there. */
  readonly rois: readonly RoiData[];
  readonly roiIndex: readonly number[];
  readonly levels: ImagesData['levels'];
  readonly rxGy?: number;
  /** Where the page looks at first, in patient millimetres. */
  readonly centre: Point;
  dispose(): void;
}

/** Names of the windows that the page offers for a CT, in HU. */
export const CT_WINDOWS: ReadonlyArray<{ name: string; range: readonly [number, number] }> = [
  { name: 'Soft tissue', range: [-160, 240] },
  { name: 'Lung', range: [-1350, 150] },
  { name: 'Bone', range: [-450, 1050] },
  { name: 'Brain', range: [0, 80] },
];

/** Holds native memory until it is let go. */
class Holder {
  private readonly handles: Handle<string>[] = [];

  hold<Type extends Handle<string>>(handle: Type): Type {
    this.handles.push(handle);
    return handle;
  }

  dispose(): void {
    for (const handle of this.handles.splice(0)) addon().dispose(handle);
  }
}

/** One voxel volume of real numbers as a layer; other types are converted to float. */
async function volumeLayer(path: string, holder: Holder, options: SubmitOptions): Promise<Layer> {
  const read = holder.hold((await readVolume({ path }, options)).volume);
  const { components, frames } = addon().describeVolume(read);
  if (components !== 1) {
    throw new IsovoxError('ERR_UNSUPPORTED', `Expected one value per voxel in ${path} but received ${components}`, {
      path,
    });
  }
  const { dtype: stored } = addon().describeVolume(read);
  const volume = isShownAsIs(stored)
    ? read
    : holder.hold(await convertVolume({ volume: read, dtype: 'float32' }, options));
  const { grid, dtype, slope, intercept, unit, metadata } = addon().describeVolume(volume);
  const { min, max } = await volumeStatistics({ volume }, options);
  const isCt = metadata.Modality === 'CT' || unit === 'HU' || (min <= -900 && min >= -4000 && max > 200);
  const window = isCt ? (CT_WINDOWS[0]?.range ?? [min, max]) : ([min, max > min ? max : min + 1] as const);
  const view = addon().viewVolume(volume);
  const all = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return {
    name: isCt ? 'CT' : (metadata.Modality ?? 'Image'),
    unit: isCt ? 'HU' : unit,
    grid,
    dtype,
    header: niftiHeader({ grid, dtype, slope, intercept, window }),
    // Of a series in time, the first moment.
    bytes: all.subarray(0, all.byteLength / Math.max(1, frames)),
    range: [min, max],
    window,
    floor: slope === 0 ? 0 : Math.round((min - intercept) / slope),
  };
}

interface ReadDose {
  readonly handle: Handle<'DoseGrid'>;
  readonly layer?: Layer;
  readonly note?: string;
  readonly maximum: DoseMaximum;
}

const UNEVEN_MM = 0.01;

async function readDose(path: string, holder: Holder, options: SubmitOptions): Promise<ReadDose> {
  const handle = holder.hold((await readRtDose({ path }, options)).dose);
  const { grid, planeMm } = addon().describeDose(handle);
  const values = addon().viewDose(handle);
  const maximum = doseMaximum({ grid, planeMm }, values) ?? { gy: 0, at: voxelPosition(grid, 0, planeMm) };
  const { gy } = maximum;
  const isEven = planeMm.every((mm, plane) => Math.abs(mm - plane * grid.spacing[2]) <= UNEVEN_MM);
  if (!isEven) return { handle, maximum, note: 'Its planes are not evenly spaced: isodose lines only.' };
  const window = [0, gy > 0 ? gy : 1] as const;
  const layer: Layer = {
    name: 'Dose',
    unit: 'Gy',
    grid,
    dtype: 'float32',
    header: niftiHeader({ grid, dtype: 'float32', slope: 1, intercept: 0, window }),
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    range: [0, gy],
    window,
    floor: 0,
  };
  return { handle, layer, maximum };
}

interface ReadStructures {
  readonly set: Handle<'RoiSet'>;
  readonly rois: readonly RoiData[];
  readonly zRange: ReadonlyMap<number, readonly [number, number]>;
  readonly indexOf: ReadonlyMap<number, number>;
}

async function readStructures(path: string, holder: Holder, options: SubmitOptions): Promise<ReadStructures> {
  const { rois, summary } = await readRtStruct({ path }, options);
  return {
    set: holder.hold(rois),
    rois: summary.rois.map((roi) => ({
      number: roi.ROINumber,
      name: roi.ROIName,
      type: roi.RTROIInterpretedType,
      isTarget: isTarget(roi.ROIName, roi.RTROIInterpretedType),
      color: roi.ROIDisplayColor,
    })),
    zRange: new Map(summary.rois.flatMap((roi) => (roi.zRangeMm ? [[roi.ROINumber, roi.zRangeMm] as const] : []))),
    indexOf: new Map(summary.rois.flatMap((roi, index) => (roi.contours > 0 ? [[roi.ROINumber, index] as const] : []))),
  };
}

/** The middle of the target with the most dose; undefined without one. */
async function targetMiddle(structures: ReadStructures, rois: readonly RoiData[], options: SubmitOptions) {
  const targets = rois.filter((roi) => roi.isTarget).sort((a, b) => (b.meanGy ?? 0) - (a.meanGy ?? 0));
  for (const { number } of targets) {
    const range = structures.zRange.get(number);
    const index = structures.indexOf.get(number);
    if (!range || index === undefined) continue;
    const z = (range[0] + range[1]) / 2;
    const lines = await outline({ rois: structures.set, index, plane: 'axial', positionMm: z }, options);
    const points = lines.flatMap((line) => [...line]);
    if (points.length < 6) continue;
    const middle = (offset: number) => {
      const values = points.filter((_, position) => position % 2 === offset);
      return (
        (values.reduce((low, value) => Math.min(low, value)) + values.reduce((top, value) => Math.max(top, value))) / 2
      );
    };
    return [middle(0), middle(1), z] as const;
  }
  return undefined;
}

/** A course: the image, the dose that was evaluated, the structures and their curves. What is not there is left out. */
export async function courseScene(entry: CourseEntry, config: RunConfig, options: SubmitOptions): Promise<Scene> {
  const { folder } = entry;
  const holder = new Holder();
  try {
    const files = await readCourseFiles(folder);
    const within = (path: string) => fileWithin(folder, path);
    const imagePath = await within(planningNifti(files.image?.Modality ?? 'CT'));
    const dosePath = (await within(COURSE_FILES.doseSum)) ?? (await within(PRIMARY_FILES.dose));
    const structuresPath = await within(PRIMARY_FILES.structures);
    const image = imagePath === undefined ? undefined : await volumeLayer(imagePath, holder, options);
    const dose = dosePath === undefined ? undefined : await readDose(dosePath, holder, options);
    const structures = structuresPath === undefined ? undefined : await readStructures(structuresPath, holder, options);
    const measured = reportRois(files);
    const rois = measured.length > 0 ? measured : (structures?.rois ?? []);
    const rxGy = files.dvh?.rxGy ?? undefined;
    const grid = image?.grid ?? dose?.layer?.grid;
    const centre =
      (structures && (await targetMiddle(structures, rois, options))) ??
      dose?.maximum.at ??
      (grid ? boxMiddle(gridBox(grid)) : ([0, 0, 0] as const));
    return {
      title: `${entry.patientId} · ${entry.courseId}`,
      kicker: 'Course',
      qc: entry.qc,
      ...(image ? { image: { ...image, name: files.image?.Modality ?? image.name } } : {}),
      ...(dose?.layer ? { dose: dose.layer } : {}),
      ...(dose?.note ? { doseNote: dose.note } : {}),
      ...(dose ? { doseGrid: dose.handle } : {}),
      ...(structures ? { roiSet: structures.set } : {}),
      rois,
      roiIndex: rois.map(({ number }) => structures?.indexOf.get(number) ?? -1),
      levels: isodoseLevels(config.report.isodosePct, rxGy, dose?.maximum.gy),
      ...(rxGy === undefined ? {} : { rxGy }),
      centre,
      dispose: () => holder.dispose(),
    };
  } catch (thrown) {
    holder.dispose();
    throw thrown;
  }
}

/** One volume: a file of any readable format, or a folder of DICOM slices. */
export async function fileScene(path: string, name: string, options: SubmitOptions): Promise<Scene> {
  const holder = new Holder();
  try {
    const image = await volumeLayer(path, holder, options);
    return {
      title: name,
      kicker: 'Volume',
      image,
      rois: [],
      roiIndex: [],
      levels: [],
      centre: boxMiddle(gridBox(image.grid)),
      dispose: () => holder.dispose(),
    };
  } catch (thrown) {
    holder.dispose();
    throw thrown;
  }
}
