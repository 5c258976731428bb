/** Quality control of the planning image: every slice, from the headers and from what reading it found. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Finding, ImageSeries } from './model.js';
import { type Check, finding, judge } from './qc-check.js';
import { sliceCount } from './series.js';
import { normalOf, slicePositionsMm } from './slice-geometry.js';

/** Distances that differ less are equal, mm. */
const SAME_MM = 0.01;
/** A step above this many times the usual one is a missing slice. */
const GAP_RATIO = 1.5;
/** An axial slice turned by more is said to be tilted, degrees. */
const TILT_DEG = 0.5;

/** `metadata/image.json` as organize writes it; read with care, every part may be missing. */
export interface ImageFacts {
  readonly readable?: boolean;
  readonly grid?: {
    size: [number, number, number];
    spacing: [number, number, number];
    origin: [number, number, number];
    direction: number[];
  };
  readonly findings?: readonly Finding[];
}

/** What the headers show and reading the slices already said, in the reader's words. */
const TOLD_BY_READING: Readonly<Record<string, readonly string[]>> = {
  'ct.slice_missing': ['slice.missing'],
  'ct.slice_duplicate': ['slice.duplicate', 'series.several_times'],
  'ct.spacing_varies': ['slice.uneven', 'slice.missing'],
  'ct.tilt': ['slice.tilted', 'slice.shifted'],
  'ct.position_missing': ['slice.no_position'],
  'ct.orientation_varies': ['slice.other_orientation'],
  'ct.size_varies': ['slice.other_size'],
};

export function checkImage(series: ImageSeries, facts: ImageFacts | undefined): Check {
  const { headers } = series;
  const read = facts?.findings ?? [];
  const own = [
    ...uniform(headers, 'ct.thickness_varies', 'SliceThickness', (header) => header.SliceThickness?.toFixed(3), 'warn'),
    ...uniform(headers, 'ct.frame_varies', 'FrameOfReferenceUID', (header) => header.FrameOfReferenceUID, 'fail'),
    ...uniform(headers, 'ct.size_varies', 'Rows and Columns', (header) => `${header.Rows}x${header.Columns}`, 'fail'),
    ...uniform(
      headers,
      'ct.pixel_spacing_varies',
      'PixelSpacing',
      (header) => header.PixelSpacing?.map((mm) => mm.toFixed(4)).join('/'),
      'fail',
    ),
    ...uniform(headers, 'ct.orientation_varies', 'ImageOrientationPatient', orientationText, 'fail'),
    ...slices(series),
    ...tilt(headers),
    ...scaling(series),
  ];
  const said = new Set(read.map(({ code }) => code));
  const findings = [
    ...read,
    ...own.filter(({ code }) => !(TOLD_BY_READING[code] ?? []).some((other) => said.has(other))),
  ];
  if (facts === undefined)
    findings.push(finding('ct.not_read', 'warn', 'The image was not read, so only its headers are checked'));
  else if (facts.readable === false && !read.some(({ severity }) => severity === 'fail')) {
    findings.push(finding('image.unreadable', 'fail', 'The planning image cannot be read'));
  }
  return judge(
    'ct_validation',
    findings,
    `${sliceCount(series)} slices of one thickness, spacing, orientation and frame of reference`,
  );
}

const orientationText = (header: HeaderRecord): string | undefined =>
  header.ImageOrientationPatient?.map((cosine) => (Math.round(cosine * 1000) / 1000 + 0).toFixed(3)).join('/');

function uniform(
  headers: readonly HeaderRecord[],
  code: string,
  what: string,
  value: (header: HeaderRecord) => string | undefined,
  severity: Finding['severity'],
): Finding[] {
  const values = headers.map(value);
  const missing = values.filter((one) => one === undefined || one === '').length;
  const distinct = [...new Set(values.filter((one) => one !== undefined && one !== ''))].sort();
  const findings: Finding[] = [];
  if (distinct.length > 1) {
    findings.push(
      finding(code, severity, `${what} differs between slices: ${distinct.slice(0, 4).join(', ')}`, {
        values: distinct.length,
      }),
    );
  }
  if (missing > 0 && headers.every((header) => (header.NumberOfFrames ?? 1) === 1)) {
    findings.push(
      finding(`${code.split('_')[0]}_missing`, 'warn', `${missing} of ${headers.length} slices have no ${what}`, {
        count: missing,
      }),
    );
  }
  return findings;
}

function slices(series: ImageSeries): Finding[] {
  const { headers } = series;
  if (sliceCount(series) === 1) {
    return [finding('ct.single_slice', 'warn', 'The image is one slice: spacing and completeness cannot be checked')];
  }
  if (headers.some((header) => (header.NumberOfFrames ?? 1) > 1)) return [];
  const positions = slicePositionsMm(headers);
  const findings: Finding[] = [];
  if (positions.length < headers.length) {
    findings.push(
      finding(
        'ct.position_missing',
        'fail',
        `${headers.length - positions.length} slices have no position in the patient`,
      ),
    );
  }
  const steps = positions.slice(1).map((mm, n) => mm - (positions[n] as number));
  const duplicates = steps.filter((step) => step <= SAME_MM).length;
  if (duplicates > 0)
    findings.push(
      finding('ct.slice_duplicate', 'fail', `${duplicates} slice position(s) occur more than once`, {
        count: duplicates,
      }),
    );
  const real = steps.filter((step) => step > SAME_MM).sort((a, b) => a - b);
  const usual = real[Math.floor(real.length / 2)];
  if (usual === undefined) return findings;
  const gaps = real.filter((step) => step > usual * GAP_RATIO);
  const missing = gaps.reduce((sum, step) => sum + Math.max(1, Math.round(step / usual) - 1), 0);
  if (gaps.length > 0) {
    findings.push(
      finding('ct.slice_missing', 'fail', `${missing} slice(s) are missing in ${gaps.length} place(s)`, {
        count: missing,
        largest_gap_mm: gaps.at(-1) ?? 0,
      }),
    );
  }
  const uneven = real.filter(
    (step) => step <= usual * GAP_RATIO && Math.abs(step - usual) > Math.max(SAME_MM, 0.01 * usual),
  ).length;
  if (uneven > 0)
    findings.push(
      finding(
        'ct.spacing_varies',
        'warn',
        `${uneven} of ${real.length} slice distances differ from ${usual.toFixed(3)} mm`,
        { count: uneven },
      ),
    );
  const thickness = headers.find((header) => header.SliceThickness)?.SliceThickness;
  if (thickness !== undefined && thickness > 0 && Math.abs(thickness - usual) > 0.05 * usual) {
    findings.push(
      finding('ct.thickness_not_spacing', 'info', `Slices are ${thickness} mm thick and ${usual.toFixed(3)} mm apart`, {
        thickness_mm: thickness,
        spacing_mm: usual,
      }),
    );
  }
  return findings;
}

function tilt(headers: readonly HeaderRecord[]): Finding[] {
  const gantry = headers
    .map((header) => header.GantryDetectorTilt ?? 0)
    .find((degrees) => Math.abs(degrees) > TILT_DEG);
  if (gantry !== undefined)
    return [finding('ct.tilt', 'warn', `The gantry was tilted by ${gantry} degrees`, { degrees: gantry })];
  const [first, last] = [headers[0], headers.at(-1)];
  const normal = normalOf(first?.ImageOrientationPatient);
  if (!first || !last || !normal) return [];
  const lean = (Math.acos(Math.min(1, Math.max(...normal.map(Math.abs)))) * 180) / Math.PI;
  if (lean > TILT_DEG)
    return [
      finding('ct.oblique', 'info', `The slices are turned by ${lean.toFixed(1)} degrees against the patient's axes`, {
        degrees: lean,
      }),
    ];
  const shift = first.ImagePositionPatient?.map((mm, axis) => (last.ImagePositionPatient?.[axis] ?? mm) - mm);
  if (!shift || first === last) return [];
  const along = shift.reduce((sum, mm, axis) => sum + mm * (normal[axis] ?? 0), 0);
  const across = Math.sqrt(Math.max(0, shift.reduce((sum, mm) => sum + mm * mm, 0) - along * along));
  const degrees = (Math.atan2(across, Math.abs(along)) * 180) / Math.PI;
  return degrees > TILT_DEG
    ? [
        finding('ct.tilt', 'warn', `The stack of slices leans by ${degrees.toFixed(1)} degrees: a tilted gantry`, {
          degrees,
        }),
      ]
    : [];
}

function scaling({ Modality, headers }: ImageSeries): Finding[] {
  if (Modality !== 'CT') return [];
  const missing = headers.filter(
    (header) =>
      (header.NumberOfFrames ?? 1) === 1 &&
      (header.RescaleSlope === undefined || header.RescaleIntercept === undefined),
  ).length;
  return missing > 0
    ? [
        finding(
          'ct.rescale_missing',
          'warn',
          `${missing} of ${headers.length} slices do not state RescaleSlope and RescaleIntercept: their values may be no HU`,
        ),
      ]
    : [];
}
