/** The images of a course that structures are measured on: the planning image, MR and PET beside it, and the dose. */

import { IsovoxError } from '../errors.js';
import { makeVolume } from '../native/dicom.js';
import { describeDose, dispose, viewDose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { evaluatedPaths } from './dose-moves.js';
import { readEvaluatedDose } from './evaluated-dose.js';
import type { Course, Finding, ImageSeries } from './model.js';
import { readImages } from './read-images.js';

/** As the column `modality` has it. */
export type MeasuredModality = 'CT' | 'MR' | 'PT' | 'RTDOSE';

export interface MeasuredImage {
  readonly modality: MeasuredModality;
  /** Of the images, or SOPInstanceUID of the dose; the first of several that are summed. */
  readonly uid: string;
  open(task: SubmitOptions): Promise<{ volume: Handle<'Volume'>; findings: readonly Finding[] }>;
}

/** Fewer slices than this are no volume to take textures from. */
export const FEWEST_SLICES = 3;

/** Spacings of dose planes that are this close, in mm, are one. */
const SAME_SPACING_MM = 1e-3;

export function planningImage({ ct }: Course): MeasuredImage {
  if (!ct) throw new IsovoxError('ERR_INTERNAL', 'A course without a planning image was to be measured');
  return seriesImage(ct);
}

/** Those that share the planning image's frame of reference; what lies in another frame is a finding. */
export function imagesBeside(course: Course): { images: MeasuredImage[]; findings: Finding[] } {
  const images: MeasuredImage[] = [];
  const findings: Finding[] = [];
  for (const series of course.otherImages) {
    if (series.Modality !== 'MR' && series.Modality !== 'PT') continue;
    if (series.headers.length < FEWEST_SLICES) continue;
    if (series.FrameOfReferenceUID !== '' && series.FrameOfReferenceUID === course.ct?.FrameOfReferenceUID) {
      images.push(seriesImage(series));
    } else {
      findings.push({
        code: 'radiomics.other_frame',
        severity: 'info',
        message: `An ${series.Modality} series lies in another frame of reference than the structures: it was not measured`,
        context: { SeriesInstanceUID: series.SeriesInstanceUID },
      });
    }
  }
  if (course.doseChoice.doses.length > 0) images.push(doseImage(course));
  return { images, findings };
}

/** Absolute paths of what `imagesBeside` may open. */
export const pathsBeside = (course: Course): string[] => [
  ...course.otherImages.flatMap(({ Modality, headers }) =>
    Modality === 'MR' || Modality === 'PT' ? headers.map(({ path }) => path) : [],
  ),
  ...evaluatedPaths(course),
];

function seriesImage(series: ImageSeries): MeasuredImage {
  const { Modality, SeriesInstanceUID } = series;
  return {
    modality: Modality as MeasuredModality,
    uid: SeriesInstanceUID,
    async open(task) {
      const { volume, findings } = await readImages(series, task, { suv: Modality === 'PT' ? 'bw' : undefined });
      return { volume, findings };
    },
  };
}

/** The dose that is evaluated, in gray; the sum where several are summed. */
function doseImage({ doseChoice }: Course): MeasuredImage {
  return {
    modality: 'RTDOSE',
    uid: doseChoice.doses[0]?.SOPInstanceUID ?? '',
    async open(task) {
      const { dose, findings } = await readEvaluatedDose(doseChoice, task);
      return { volume: await volumeOf(dose, task), findings };
    },
  };
}

/** Takes the dose over. */
async function volumeOf(dose: Handle<'DoseGrid'>, task: SubmitOptions): Promise<Handle<'Volume'>> {
  try {
    const { grid, planeMm } = describeDose(dose);
    const [, first = 0] = planeMm;
    const apart = planeMm.slice(1).map((mm, k) => mm - (planeMm[k] as number));
    if (apart.some((mm) => Math.abs(mm - first + (planeMm[0] ?? 0)) > SAME_SPACING_MM)) {
      throw new IsovoxError('ERR_UNSUPPORTED', 'Features of a dose whose planes are not equally far apart', {
        what: 'GridFrameOffsetVector',
        value: apart.map((mm) => mm.toFixed(3)).join(' '),
      });
    }
    return await makeVolume({ grid, dtype: 'float32', data: viewDose(dose) }, task);
  } finally {
    dispose(dose);
  }
}
