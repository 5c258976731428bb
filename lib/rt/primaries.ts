/** Which plan, structure set and image of a course lead: chosen by stated rules, told as findings. */

import type { HeaderRecord } from '../native/dicom-types.js';
import { newestFirst, objectMoment, oldestFirst } from './dates.js';
import { saysBoost, saysReplan } from './dose-rules.js';
import { framesOf, type PatientLinks, type PatientObjects, uidOf } from './link.js';
import type { Finding, ImageSeries } from './model.js';
import { compareText } from './names.js';
import { planPrescription } from './prescription.js';
import { largestFirst, notAVolume, sliceCount } from './series.js';

const isApproved = (status: string | undefined): boolean => status?.trim().toUpperCase() === 'APPROVED';

/** Of the plans whose dose is evaluated (else of all): approved, main before boost or re-plan, most gray, oldest. */
export function choosePlan(
  evaluated: readonly HeaderRecord[],
  all: readonly HeaderRecord[],
  findings: Finding[],
): HeaderRecord | undefined {
  const candidates = evaluated.length > 0 ? evaluated : all;
  const rank = (plan: HeaderRecord): number =>
    (isApproved(plan.rtplan?.ApprovalStatus) ? 0 : 4) + (saysBoost(plan) ? 2 : 0) + (saysReplan(plan) ? 1 : 0);
  const [best] = [...candidates].sort(
    (a, b) =>
      rank(a) - rank(b) || (planPrescription(b).doseGy ?? 0) - (planPrescription(a).doseGy ?? 0) || oldestFirst(a, b),
  );
  if (best && all.length > 1) {
    findings.push({
      code: 'course.primary_plan',
      severity: 'info',
      message: `The main plan is one of ${all.length}: ${evaluated.length > 0 ? 'its dose is evaluated' : 'no dose decides'}; then approved, not a boost or re-plan, highest prescription, oldest`,
      context: { SOPInstanceUID: uidOf(best), plans: all.length },
    });
  }
  return best;
}

/** Linked to the primary plan, else to the evaluated dose, else approved, else newest, else most ROIs. */
export function chooseStructures(
  structures: readonly HeaderRecord[],
  plan: HeaderRecord | undefined,
  doses: readonly HeaderRecord[],
  links: PatientLinks,
  findings: Finding[],
): HeaderRecord | undefined {
  const planned = plan && links.structuresOfPlan.get(uidOf(plan));
  const dosed = doses.map((dose) => links.structuresOfDose.get(uidOf(dose)));
  const best = (): [HeaderRecord | undefined, string] => {
    if (planned && structures.includes(planned)) return [planned, 'the main plan is made on it'];
    const ofDose = dosed.find((one) => one !== undefined && structures.includes(one));
    if (ofDose) return [ofDose, 'it belongs to the evaluated dose'];
    const [first] = [...structures].sort(
      (a, b) =>
        Number(isApproved(b.rtstruct?.ApprovalStatus)) - Number(isApproved(a.rtstruct?.ApprovalStatus)) ||
        compareText(objectMoment(b), objectMoment(a)) ||
        (b.rtstruct?.rois.length ?? 0) - (a.rtstruct?.rois.length ?? 0) ||
        newestFirst(a, b),
    );
    return [first, 'approved before others, then the newest, then the one with most ROIs'];
  };
  const [chosen, reason] = best();
  if (chosen && structures.length > 1) {
    findings.push({
      code: 'course.primary_structures',
      severity: 'info',
      message: `The structure set that is measured is one of ${structures.length}: ${reason}`,
      context: { SOPInstanceUID: uidOf(chosen), structure_sets: structures.length },
    });
  }
  return chosen;
}

/**
 * The image of the primary structure set. A structure set whose images are missing has none: no other is guessed.
 * Without structures, the largest volume in the frame of reference of the plan or dose.
 */
export function chooseImage(
  structures: HeaderRecord | undefined,
  planned: readonly HeaderRecord[],
  objects: PatientObjects,
  links: PatientLinks,
  findings: Finding[],
): ImageSeries | undefined {
  if (structures) {
    const image = links.imageOfStructures.get(uidOf(structures));
    if (image && framesOf(structures).length > 0 && !framesOf(structures).includes(image.FrameOfReferenceUID)) {
      findings.push({
        code: 'link.frame_mismatch',
        severity: 'warn',
        message: 'The structure set refers to images of another frame of reference than its own',
        context: { SOPInstanceUID: uidOf(structures), SeriesInstanceUID: image.SeriesInstanceUID },
      });
    }
    return image;
  }
  const frames = new Set(planned.flatMap(framesOf));
  const studies = new Set(planned.map((record) => record.StudyInstanceUID));
  const [image] = objects.series
    .filter(
      (series) => frames.has(series.FrameOfReferenceUID) && studies.has(series.StudyInstanceUID) && !notAVolume(series),
    )
    .sort(largestFirst);
  if (image) {
    findings.push({
      code: 'link.by_frame_of_reference',
      severity: 'info',
      message: `No structure set names the image: the largest series in the frame of reference (${sliceCount(image)} slices)`,
      context: { SeriesInstanceUID: image.SeriesInstanceUID },
    });
  }
  return image;
}
