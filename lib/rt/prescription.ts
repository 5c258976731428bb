/** The prescribed dose of a plan or of several, and where the number comes from. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Course } from './model.js';
import type { RunConfig } from './run-config.js';

export type PrescriptionSource = 'explicit' | 'rtplan_dicom' | 'estimated_ctv1_d95' | 'none';

export interface Prescription {
  /** Gray, all fractions together. */
  readonly doseGy?: number;
  readonly source: PrescriptionSource;
  /** The rule in a sentence. */
  readonly reason: string;
}

const positive = (value: number | undefined): value is number =>
  value !== undefined && Number.isFinite(value) && value > 0;

/** Points carry the dose of a calculation point, not of the target. */
const POINTS = new Set(['COORDINATES', 'POINT']);

/**
 * The prescription of one plan, in this order: TargetPrescriptionDose of its target dose references (the highest;
 * references to volumes and sites before those to points); DeliveryMaximumDose or TargetMaximumDose there; planned
 * fractions times the sum of BeamDose. Constraints of organs at risk are limits and never count.
 */
export function planPrescription(plan: HeaderRecord): Prescription {
  const content = plan.rtplan;
  if (!content) return { source: 'none', reason: 'The plan has no content' };
  const targets = content.dose_references.filter(
    ({ DoseReferenceType }) =>
      DoseReferenceType === undefined || DoseReferenceType === '' || DoseReferenceType === 'TARGET',
  );
  const volumes = targets.filter(({ DoseReferenceStructureType }) => !POINTS.has(DoseReferenceStructureType ?? ''));
  for (const [references, what] of [
    [volumes, 'a target volume'],
    [targets, 'a target point'],
  ] as const) {
    const doses = references.map((reference) => reference.TargetPrescriptionDose).filter(positive);
    if (doses.length > 0) {
      const among = doses.length > 1 ? `, the highest of ${doses.length}` : '';
      return {
        doseGy: Math.max(...doses),
        source: 'rtplan_dicom',
        reason: `TargetPrescriptionDose of ${what}${among}`,
      };
    }
  }
  const maxima = targets
    .map(({ DeliveryMaximumDose, TargetMaximumDose }) =>
      positive(DeliveryMaximumDose) ? DeliveryMaximumDose : TargetMaximumDose,
    )
    .filter(positive);
  if (maxima.length > 0) {
    return { doseGy: Math.max(...maxima), source: 'rtplan_dicom', reason: 'Maximum dose of a target dose reference' };
  }
  let total = 0;
  for (const { NumberOfFractionsPlanned, beams } of content.fraction_groups) {
    const perFraction = beams.map(({ BeamDose }) => BeamDose).filter(positive);
    if (positive(NumberOfFractionsPlanned)) total += NumberOfFractionsPlanned * perFraction.reduce((a, b) => a + b, 0);
  }
  if (total > 0)
    return { doseGy: total, source: 'rtplan_dicom', reason: 'Planned fractions times the sum of BeamDose' };
  return { source: 'none', reason: 'The plan states no target dose and no beam doses' };
}

/**
 * The prescription that the doses of a course are compared with: the configured one, else the plan's, else the sum
 * over the plans when the evaluated dose is their sum.
 */
export function resolvePrescription(plans: readonly HeaderRecord[], explicitGy?: number): Prescription {
  if (positive(explicitGy)) return { doseGy: explicitGy, source: 'explicit', reason: 'Given in the configuration' };
  if (plans.length === 0) return { source: 'none', reason: 'The course has no plan' };
  const parts = plans.map(planPrescription);
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  if (parts.every(({ doseGy }) => doseGy !== undefined)) {
    return {
      doseGy: parts.reduce((sum, { doseGy }) => sum + (doseGy ?? 0), 0),
      source: 'rtplan_dicom',
      reason: `Sum over ${parts.length} plans`,
    };
  }
  return { source: 'none', reason: 'Not every plan of the summed dose states a prescription' };
}

/** The plans whose dose is evaluated: those the chosen doses are linked to, else the primary plan. */
export function evaluatedPlans(course: Course): HeaderRecord[] {
  const doses = new Set(course.doseChoice.doses.map((dose) => dose.SOPInstanceUID));
  const linked = new Set(
    course.links.filter(({ kind, from }) => kind === 'dose-plan' && doses.has(from)).map(({ to }) => to),
  );
  const plans = course.plans.filter((plan) => linked.has(plan.SOPInstanceUID ?? ''));
  if (plans.length > 0) return plans;
  return course.primaryPlan ? [course.primaryPlan] : [];
}

/** The prescription of a course under a configuration. */
export function prescriptionOf(course: Course, config: RunConfig): Prescription {
  return resolvePrescription(evaluatedPlans(course), config.dvh.prescriptionGy);
}
