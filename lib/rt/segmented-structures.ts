/**
 * Masks of a course as files: one NIfTI each, and one RTSTRUCT and one Segmentation of all.
 *
 * A mask that touches the border of the image is cut by it: its name ends in `__partial`.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { derivedUid } from '../native/derived-uid.js';
import { writeRtStruct, writeSegmentation } from '../native/dicom.js';
import type { HeaderRecord } from '../native/dicom-types.js';
import type { MaskResult } from '../native/dose-types.js';
import { writeVolume } from '../native/formats.js';
import { maskContours, maskToVolume } from '../native/imaging.js';
import { dispose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import { writeText } from '../table/atomic.js';
import { canonicalJson } from './digest.js';
import type { ImageSeries } from './model.js';
import { safeName } from './names.js';
import { segmentCode } from './segment-codes.js';
import { referencesTo } from './series.js';
import type { StageContext } from './stage.js';

export const PARTIAL = '__partial';

export interface NamedMask {
  readonly name: string;
  /** Segmentation_Source of its rows. */
  readonly source: string;
  readonly partial: boolean;
  readonly mask: Handle<'CoverageMask'>;
  readonly volumeCc: number;
}

/** What is known of the structures of RS_auto.dcm or RS_custom.dcm. */
export interface StructureFacts {
  readonly SOPInstanceUID: string;
  readonly rois: ReadonlyArray<{ number: number; name: string; source: string; partial: boolean; volumeCc: number }>;
  readonly models: readonly unknown[];
}

export function touchesBorder({ box }: MaskResult, size: readonly number[]): boolean {
  return box.begin.some((begin, axis) => begin === 0 || box.end[axis] === size[axis]);
}

export interface StructureFiles {
  /** `RS_auto.dcm`; the Segmentation beside it is `SEG_auto.dcm`. */
  readonly file: string;
  /** Folder of the masks. */
  readonly masks: string;
  /** `metadata/segmentation.json` */
  readonly facts: string;
  /** ROINumber of the first. */
  readonly firstNumber: number;
  readonly label: string;
}

/** Writes the files and frees the masks. REQUIRES a course with a planning image. */
export async function writeStructures(
  stage: StageContext,
  files: StructureFiles,
  masks: readonly NamedMask[],
  models: readonly unknown[],
): Promise<void> {
  const { course, folder, context, signal } = stage;
  const task = { context, signal };
  const series = course.ct as ImageSeries;
  const [first] = series.headers as [HeaderRecord];
  await mkdir(join(folder, files.masks), { recursive: true });
  await mkdir(join(folder, 'metadata'), { recursive: true });
  const named = masks.map((one, n) => ({
    ...one,
    number: files.firstNumber + n,
    name: one.partial ? `${one.name}${PARTIAL}` : one.name,
  }));
  for (const { source, name, mask } of named) {
    const volume = await maskToVolume({ mask, mode: 'binary' }, task);
    await writeVolume({ volume, path: join(folder, files.masks, `${safeName(`${source}--${name}`)}.nii.gz`) }, task);
    dispose(volume);
  }
  const identity = ['structures', files.label, series.SeriesInstanceUID, stage.settingsHash];
  const SOPInstanceUID = derivedUid(...identity);
  const { rois } = await maskContours(
    { masks: named.map(({ mask, number, name }) => ({ mask, number, name })), holes: 'keyhole' },
    task,
  );
  const common = {
    PatientID: course.patientId,
    StudyInstanceUID: first.StudyInstanceUID ?? derivedUid('study', series.SeriesInstanceUID),
    FrameOfReferenceUID: series.FrameOfReferenceUID ?? derivedUid('frame', series.SeriesInstanceUID),
    SeriesDescription: files.label,
    ...(first.StudyDate ? { StudyDate: first.StudyDate } : {}),
  };
  const references = referencesTo(series);
  const label = files.label.slice(0, 16);
  await writeRtStruct(
    {
      path: join(folder, files.file),
      identity: { ...common, SeriesInstanceUID: derivedUid('series', ...identity), SOPInstanceUID },
      label,
      roiSet: rois,
      ...references,
    },
    task,
  );
  dispose(rois);
  await writeSegmentation(
    {
      path: join(folder, files.file.replace(/^RS_/, 'SEG_')),
      identity: {
        ...common,
        SeriesInstanceUID: derivedUid('segmentation series', ...identity),
        SOPInstanceUID: derivedUid('segmentation', ...identity),
      },
      label,
      segments: named.map(({ mask, name, source }) => ({
        label: name.slice(0, 64),
        mask,
        algorithmName: source.slice(0, 64),
        property: segmentCode(name),
      })),
      ...references,
      ...(first.SOPClassUID ? { referencedSOPClassUID: first.SOPClassUID } : {}),
    },
    task,
  );
  const facts: StructureFacts = {
    SOPInstanceUID,
    rois: named.map(({ number, name, source, partial, volumeCc }) => ({ number, name, source, partial, volumeCc })),
    models,
  };
  await writeText(join(folder, files.facts), `${canonicalJson(facts)}\n`);
  for (const { mask } of masks) dispose(mask);
}
