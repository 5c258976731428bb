/** Image objects as series: the slices that belong to one volume. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Finding, ImageSeries, Refusal } from './model.js';
import { compareText } from './names.js';

/** Modalities whose series are volumes of a course. */
const VOLUME_MODALITIES = new Set(['CT', 'MR', 'PT']);

/** Slices, counting the frames of multi-frame objects. */
export function sliceCount(series: ImageSeries): number {
  return series.headers.reduce((sum, header) => sum + Math.max(1, header.NumberOfFrames ?? 1), 0);
}

/** Most slices first, then by UID. */
export function largestFirst(a: ImageSeries, b: ImageSeries): number {
  return sliceCount(b) - sliceCount(a) || compareText(a.SeriesInstanceUID, b.SeriesInstanceUID);
}

function isLocalizer(header: HeaderRecord): boolean {
  return header.ImageType?.some((value) => value.toUpperCase() === 'LOCALIZER') ?? false;
}

/** Why a series cannot be the volume of a course of its own, or undefined. */
export function notAVolume(series: ImageSeries): string | undefined {
  if (!VOLUME_MODALITIES.has(series.Modality))
    return `Images of modality ${series.Modality || 'unknown'} make no course`;
  if (series.headers.every(isLocalizer)) return 'A localizer makes no course';
  const placed = (header: HeaderRecord) =>
    header.ImagePositionPatient?.length === 3 || (header.NumberOfFrames ?? 1) > 1;
  if (!series.headers.every(placed)) return 'The images have no position in the patient and make no course';
  return undefined;
}

/** Slices of one volume agree in this: frame of reference, orientation, size, modality, localizer or not. */
function volumeKey(header: HeaderRecord): string {
  const orientation = header.ImageOrientationPatient?.map((cosine) =>
    (Math.round(cosine * 1000) / 1000 + 0).toFixed(3),
  );
  return [
    header.FrameOfReferenceUID ?? '',
    orientation?.join(',') ?? '',
    header.Rows ?? 0,
    header.Columns ?? 0,
    header.Modality ?? '',
    isLocalizer(header) ? 'localizer' : '',
  ].join('|');
}

/**
 * One patient's images by SeriesInstanceUID. A series that mixes sizes, orientations or frames keeps its largest part;
 * the other slices are refusals, and the series carries a finding.
 */
export function groupSeries(images: readonly HeaderRecord[]): {
  series: ImageSeries[];
  refusals: Refusal[];
  findings: Map<string, Finding[]>;
} {
  const bySeries = new Map<string, HeaderRecord[]>();
  for (const image of images) {
    const uid = image.SeriesInstanceUID ?? '';
    const members = bySeries.get(uid);
    if (members) members.push(image);
    else bySeries.set(uid, [image]);
  }
  const series: ImageSeries[] = [];
  const refusals: Refusal[] = [];
  const findings = new Map<string, Finding[]>();
  for (const [uid, members] of [...bySeries].sort(([a], [b]) => compareText(a, b))) {
    const parts = new Map<string, HeaderRecord[]>();
    for (const member of members) {
      const key = volumeKey(member);
      const part = parts.get(key);
      if (part) part.push(member);
      else parts.set(key, [member]);
    }
    const ordered = [...parts]
      .sort(([keyA, a], [keyB, b]) => b.length - a.length || compareText(keyA, keyB))
      .map(([, part]) => asSeries(uid, part));
    const [main, ...rest] = ordered.sort((a, b) => sliceCount(b) - sliceCount(a));
    if (!main) continue;
    series.push(main);
    if (rest.length === 0) continue;
    const left = rest.flatMap((part) => part.headers);
    findings.set(uid, [
      {
        code: 'series.mixed',
        severity: 'warn',
        message: `The series mixes ${ordered.length} sizes, orientations or frames of reference; the largest part is used`,
        context: { SeriesInstanceUID: uid, used: sliceCount(main), left_out: left.length },
      },
    ]);
    for (const header of left) {
      refusals.push({
        path: header.path,
        code: 'series.mixed',
        reason: 'Its size, orientation or frame of reference differs from the larger part of its series',
        severity: 'warn',
      });
    }
  }
  return { series, refusals, findings };
}

function asSeries(uid: string, headers: HeaderRecord[]): ImageSeries {
  const sorted = [...headers].sort(
    (a, b) => (a.InstanceNumber ?? 0) - (b.InstanceNumber ?? 0) || compareText(a.path, b.path),
  );
  const [header] = sorted;
  return {
    SeriesInstanceUID: uid,
    StudyInstanceUID: header?.StudyInstanceUID ?? '',
    FrameOfReferenceUID: header?.FrameOfReferenceUID ?? '',
    Modality: header?.Modality ?? '',
    headers: sorted,
  };
}

/** How an RTSTRUCT refers to the images of a series that its contours lie on. */
export function referencesTo(series: ImageSeries) {
  const images = series.headers.flatMap(({ SOPInstanceUID: uid, ImagePositionPatient: position }) =>
    uid !== undefined && position?.length === 3 ? [{ uid, position }] : [],
  );
  return {
    referencedSeriesUID: series.SeriesInstanceUID,
    referencedSOPInstanceUIDs: images.map(({ uid }) => uid),
    referencedImagePositions: images.flatMap(({ position }) => position),
  };
}
