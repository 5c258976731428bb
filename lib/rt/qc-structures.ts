/** Quality control of structures: drawn, whole, inside the image and the dose grid, and of the volume their contours say. */

import type { IndexBoxResult } from '../native/dose-types.js';
import type { Finding } from './model.js';
import { type Check, finding, judge, skipped } from './qc-check.js';

/** What is known of one structure; parts are missing where a stage did not get that far. */
export interface StructureFacts {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  /** Contours read from the structure set. */
  readonly contours: number;
  readonly findings: readonly Finding[];
  /** By the dose-volume stage. */
  readonly volumeCc?: number | undefined;
  readonly coveredFraction?: number | undefined;
  readonly meanGy?: number | null | undefined;
  readonly maxGy?: number | null | undefined;
  /** Contour areas on the planes of a grid times the distance of the planes. */
  readonly contourVolumeCc?: number | undefined;
  /** Voxels of the image grid that the structure covers, and that grid's size. */
  readonly box?: IndexBoxResult | undefined;
  readonly imageSize?: readonly [number, number, number] | undefined;
}

/** Volumes that differ by more than both are reported. */
export const VOLUME_TOLERANCE = 0.05;
export const VOLUME_TOLERANCE_CC = 0.1;

/** Treatment couches and supports reach out of the image by nature. */
const COUCH = /couch|table|support|liege|tisch/i;
export const isCouch = ({ name, type }: Pick<StructureFacts, 'name' | 'type'>): boolean =>
  type === 'SUPPORT' || COUCH.test(name);
/** The body is usually larger than the dose grid. */
const isBody = ({ name, type }: StructureFacts): boolean =>
  type === 'EXTERNAL' || /^(body|external|skin)$/i.test(name.trim());

/** The reader's messages name the structure already, those of others may not. */
const named = (name: string, message: string): string => (message.includes(name) ? message : `${name}: ${message}`);

const about = ({ number, name }: StructureFacts) => ({ ROI_Number: number, ROI_Name: name });

export function checkStructures(rois: readonly StructureFacts[] | undefined): Check {
  if (rois === undefined) return skipped('structures', 'The course has no structure set');
  if (rois.length === 0)
    return judge('structures', [finding('roi.none', 'fail', 'The structure set has no structures')], '');
  const findings: Finding[] = rois.flatMap((roi) =>
    roi.findings
      .filter(({ code }) => !code.startsWith('dose.'))
      .map((one) => ({ ...one, message: named(roi.name, one.message), context: { ...one.context, ...about(roi) } })),
  );
  for (const roi of rois) {
    if (roi.contours === 0 && roi.findings.length === 0)
      findings.push(finding('roi.no_contours', 'warn', `${roi.name}: no contours`, about(roi)));
  }
  if (rois.every(({ contours }) => contours === 0))
    findings.push(finding('roi.all_empty', 'fail', 'No structure has contours'));
  const drawn = rois.filter(({ contours }) => contours > 0).length;
  return judge('structures', findings, `${drawn} of ${rois.length} structures are drawn, none degenerate`);
}

/** Cut by the image within its plane: a warning. At the first or last slice only: a remark. Couches are left out. */
export function checkCropping(rois: readonly StructureFacts[] | undefined, hasImage: boolean): Check {
  if (rois === undefined) return skipped('structure_cropping', 'The course has no structure set');
  if (!hasImage) return skipped('structure_cropping', 'The course has no image of several slices that could be read');
  const findings: Finding[] = [];
  let checked = 0;
  for (const roi of rois) {
    const { box, imageSize } = roi;
    if (!box || !imageSize || isCouch(roi)) continue;
    checked++;
    if (box.begin.some((begin, axis) => begin >= (box.end[axis] ?? 0))) {
      if (roi.contours > 0)
        findings.push(finding('roi.outside_image', 'warn', `${roi.name} lies outside the image`, about(roi)));
      continue;
    }
    const touches = (axis: number) => (box.begin[axis] ?? 0) <= 0 || (box.end[axis] ?? 0) >= (imageSize[axis] ?? 0);
    if (touches(0) || touches(1)) {
      findings.push(finding('roi.touches_border', 'warn', `${roi.name} is cut by the border of the image`, about(roi)));
    } else if (touches(2)) {
      findings.push(finding('roi.touches_end', 'info', `${roi.name} reaches the first or last slice`, about(roi)));
    }
  }
  return judge('structure_cropping', findings, `${checked} structures end inside the image plane`);
}

export function checkCoverage(rois: readonly StructureFacts[] | undefined, reason: string | undefined): Check {
  if (rois === undefined || reason !== undefined)
    return skipped('dose_coverage', reason ?? 'The course has no structure set');
  const findings: Finding[] = [];
  for (const roi of rois) {
    for (const one of roi.findings.filter(({ code }) => code.startsWith('dose.'))) {
      const severity = isBody(roi) || isCouch(roi) ? 'info' : one.severity;
      findings.push({
        ...one,
        severity,
        message: named(roi.name, one.message),
        context: { ...one.context, ...about(roi) },
      });
    }
    const covered = roi.coveredFraction;
    const told = roi.findings.some(({ code }) => code.startsWith('dose.'));
    if (covered !== undefined && covered < 0.999 && !told && roi.contours > 0) {
      const severity = isBody(roi) || isCouch(roi) ? 'info' : 'warn';
      findings.push(
        finding(
          'dose.partial_coverage',
          severity,
          `${roi.name}: ${(100 * covered).toFixed(1)} % lies inside the dose grid`,
          { ...about(roi), covered_fraction: covered },
        ),
      );
    }
  }
  return judge(
    'dose_coverage',
    findings,
    `${rois.filter(({ coveredFraction }) => (coveredFraction ?? 0) >= 0.999).length} structures lie wholly in the dose grid, body and couch aside`,
  );
}

export function checkVolumes(rois: readonly StructureFacts[] | undefined, reason: string | undefined): Check {
  if (rois === undefined || reason !== undefined)
    return skipped('volumes', reason ?? 'The course has no structure set');
  const findings: Finding[] = [];
  let compared = 0;
  let left = 0;
  for (const roi of rois) {
    const { volumeCc, contourVolumeCc } = roi;
    if (volumeCc === undefined || contourVolumeCc === undefined) {
      if (roi.contours > 0) left++;
      continue;
    }
    compared++;
    const difference = Math.abs(volumeCc - contourVolumeCc);
    if (difference <= VOLUME_TOLERANCE_CC || difference <= VOLUME_TOLERANCE * Math.max(volumeCc, contourVolumeCc))
      continue;
    findings.push(
      finding(
        'roi.volume_disagrees',
        'warn',
        `${roi.name}: ${volumeCc.toFixed(2)} cc by the dose-volume stage, ${contourVolumeCc.toFixed(2)} cc by its contours`,
        {
          ...about(roi),
          volume_cc: volumeCc,
          contour_volume_cc: contourVolumeCc,
        },
      ),
    );
  }
  if (compared === 0) return skipped('volumes', 'No structure has both volumes');
  const aside = left > 0 ? `; ${left} reach out of the grid and are not compared` : '';
  return judge(
    'volumes',
    findings,
    `${compared} volumes agree with their contours within ${100 * VOLUME_TOLERANCE} % or ${VOLUME_TOLERANCE_CC} cc${aside}`,
  );
}
