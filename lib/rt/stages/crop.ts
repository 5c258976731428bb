/**
 * crop: the planning image and the structures of models, cut to a body region.
 *
 *   NIFTI/ct_cropped.nii.gz           whole slices between the edges
 *   RS_auto_cropped.dcm               structures on it; names of those that are cut end in __partial
 *   Segmentation_Cropped/             a mask each
 *   metadata/cropping_metadata.json   the edges, the slices and how much of each structure is left
 *
 * Denominators of V20 and the like are those of the same region in every patient. Radiomics uses the uncut structures.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { makeVolume, readRtStruct } from '../../native/dicom.js';
import type { MaskResult } from '../../native/dose-types.js';
import { writeVolume } from '../../native/formats.js';
import { voxelise } from '../../native/imaging.js';
import { combineMasks, maskFromVolume } from '../../native/masks.js';
import { describeVolume, dispose, viewVolume } from '../../native/volume.js';
import type { Handle } from '../../runtime/surface.js';
import { writeText } from '../../table/atomic.js';
import { type Edge, type Region, regionOf } from '../crop-regions.js';
import { canonicalJson } from '../digest.js';
import { COURSE_FILES, planningNifti } from '../layout.js';
import type { Finding, ImageSeries } from '../model.js';
import { readImages } from '../read-images.js';
import { matchesAny } from '../roi-names.js';
import { type NamedMask, PARTIAL, writeStructures } from '../segmented-structures.js';
import type { Stage, StageContext, StageOutcome } from '../stage.js';
import { autoStructuresOf } from '../structure-sets.js';

export const cropStage: Stage = {
  id: 'crop',
  title: 'CT cropping to a body region',
  needs: ['organize'],
  after: ['segment'],
  lane: 'cpu',
  version: 3,
  settings: (config) => regionOf(config) ?? null,
  inputs: (course) => course.ct?.headers.map((header) => header.path) ?? [],
  skip(course, config) {
    if (!regionOf(config)) return 'no region asked for';
    if (!course.ct) return 'no planning image';
    return config.segmentation.found.length === 0 ? 'no segmentation to crop by' : undefined;
  },
  run,
};

interface Drawn extends MaskResult {
  readonly name: string;
  readonly source: string;
  readonly partial: boolean;
}

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, context, signal, folder, courseFolder } = stage;
  const task = { context, signal };
  const facts = await autoStructuresOf(courseFolder);
  if (!facts) return { status: 'skipped', reason: 'no segmentation to crop by', findings: [] };
  const series = course.ct as ImageSeries;
  const { volume: image } = await readImages(series, task);
  const { rois, summary } = await readRtStruct({ path: join(courseFolder, COURSE_FILES.autoStructures) }, task);
  const drawn: Drawn[] = [];
  for (const [index, roi] of summary.rois.entries()) {
    const known = facts.rois.find(({ number }) => number === roi.ROINumber);
    const result = await voxelise({ rois, index, volume: image }, task);
    const name = roi.ROIName.endsWith(PARTIAL) ? roi.ROIName.slice(0, -PARTIAL.length) : roi.ROIName;
    drawn.push({ ...result, name, source: known?.source ?? '', partial: known?.partial ?? false });
  }
  dispose(rois);
  try {
    const { grid } = describeVolume(image);
    const region = regionOf(config) as Partial<Region>;
    const slices = slicesOf(region, drawn, grid);
    if (typeof slices === 'string') return { status: 'skipped', reason: slices, findings: [] };
    const [first, last] = slices;
    await writeSlices(stage, image, first, last);
    const findings: Finding[] = [];
    const kept: NamedMask[] = [];
    const rows: unknown[] = [];
    const slab = await slabMask(image, first, last, task);
    for (const { name, source, partial, mask, volumeCc, box } of drawn) {
      const cut = volumeCc > 0 && (box.begin[2] < first || box.end[2] > last);
      const part = await combineMasks({ operation: 'intersection', masks: [mask, slab] }, task);
      rows.push({ name, volumeCc, croppedVolumeCc: part.volumeCc, cropped: cut });
      if (part.volumeCc === 0) {
        dispose(part.mask);
        continue;
      }
      if (cut) {
        findings.push({
          code: 'roi.cropped',
          severity: 'info',
          message: `${name} is cut by the region: ${part.volumeCc.toFixed(1)} of ${volumeCc.toFixed(1)} cc are left`,
          context: { ROI_Name: name },
        });
      }
      kept.push({ ...part, name, source, partial: partial || cut });
    }
    dispose(slab);
    const files = {
      file: COURSE_FILES.croppedStructures,
      masks: 'Segmentation_Cropped',
      facts: 'metadata/segmentation_cropped.json',
      firstNumber: 3001,
      label: 'AUTO CROPPED',
    };
    if (kept.length > 0) await writeStructures(stage, files, kept, []);
    await mkdir(join(folder, 'metadata'), { recursive: true });
    await writeText(
      join(folder, COURSE_FILES.cropping),
      `${canonicalJson({ region: config.crop.region ?? null, edges: region, firstSlice: first, slices: last - first, structures: rows })}\n`,
    );
    return { status: 'done', findings };
  } finally {
    for (const { mask } of drawn) dispose(mask);
    dispose(image);
  }
}

type Grid = ReturnType<typeof describeVolume>['grid'];

/** First slice and one past the last, or why it cannot be said. */
function slicesOf(region: Partial<Region>, drawn: readonly Drawn[], grid: Grid): [number, number] | string {
  const [, , slices] = grid.size;
  const step = grid.spacing[2];
  // Slices count upwards in the patient, or downwards.
  const upwards = (grid.direction[8] ?? 1) > 0;
  const at = (edge: Edge | undefined, upper: boolean): number | string => {
    const grows = upper === upwards;
    if (!edge) return grows ? slices : 0;
    const found = edge.roi.flatMap((name) =>
      drawn.filter((one) => one.volumeCc > 0 && matchesAny(one.name, [name])),
    )[0];
    if (!found) return `no ${edge.roi.join(' or ')} to crop by`;
    const high = (edge.side === 'superior') === upwards;
    const face = high ? (found.box.end[2] ?? 0) : (found.box.begin[2] ?? 0);
    const outwards = edge.marginMm / step;
    const place = high ? face + outwards : face - outwards;
    return Math.min(slices, Math.max(0, Math.round(place)));
  };
  const superior = at(region.superior, true);
  const inferior = at(region.inferior, false);
  if (typeof superior === 'string') return superior;
  if (typeof inferior === 'string') return inferior;
  const [first, last] = upwards ? [inferior, superior] : [superior, inferior];
  return last > first ? [first, last] : 'the upper edge lies below the lower one';
}

async function writeSlices(stage: StageContext, image: Handle<'Volume'>, first: number, last: number): Promise<void> {
  const { context, signal, folder, course } = stage;
  const { grid, dtype, slope, intercept, unit } = describeVolume(image);
  const plane = grid.size[0] * grid.size[1];
  const move = first * grid.spacing[2];
  const cropped = await makeVolume(
    {
      grid: {
        size: [grid.size[0], grid.size[1], last - first],
        spacing: grid.spacing,
        origin: grid.origin.map((x, c) => x + move * (grid.direction[c * 3 + 2] ?? 0)) as [number, number, number],
        direction: grid.direction,
      },
      dtype,
      data: viewVolume(image).slice(first * plane, last * plane) as never,
      slope,
      intercept,
      unit,
    },
    { context, signal },
  );
  const file = join(folder, planningNifti((course.ct as ImageSeries).Modality).replace('.nii.gz', '_cropped.nii.gz'));
  await mkdir(join(folder, 'NIFTI'), { recursive: true });
  await writeVolume({ volume: cropped, path: file }, { context, signal });
  dispose(cropped);
}

/** All voxels of some slices. */
async function slabMask(
  image: Handle<'Volume'>,
  first: number,
  last: number,
  task: { context: StageContext['context']; signal: AbortSignal },
): Promise<Handle<'CoverageMask'>> {
  const { grid } = describeVolume(image);
  const plane = grid.size[0] * grid.size[1];
  const data = new Uint8Array(plane * grid.size[2]).fill(1, first * plane, last * plane);
  const { size, spacing, origin, direction } = grid;
  const volume = await makeVolume({ grid: { size, spacing, origin, direction }, dtype: 'uint8', data }, task);
  const { mask } = await maskFromVolume({ volume }, task);
  dispose(volume);
  return mask;
}
