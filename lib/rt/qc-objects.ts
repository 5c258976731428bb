/** Quality control of plan, dose, links, frames of reference and prescription, from headers and the course's findings. */

import type { HeaderRecord } from '../native/dicom-types.js';
import { moveOf } from './dose-moves.js';
import { PLAUSIBLE_TOTAL_GY } from './dose-rules.js';
import { framesOf } from './link.js';
import type { Course, Finding } from './model.js';
import { type Prescription, resolvePrescription } from './prescription.js';
import { type Check, finding, judge, skipped } from './qc-check.js';

/** What was found while the course was made, except what the dose and prescription checks say. */
export function checkLinks(course: Course): Check {
  const findings = course.findings.filter(({ code }) => !code.startsWith('dose.'));
  return judge(
    'links',
    findings,
    `${course.links.length} links between the objects, all by reference or the only one that fits`,
  );
}

export function checkPlan(course: Course): Check {
  if (course.plans.length === 0) return skipped('rp_validation', 'The course has no plan');
  const findings = course.plans.flatMap((plan) => {
    const main = plan === course.primaryPlan;
    return planFindings(plan).map((one) => ({
      ...one,
      // A plan that is not evaluated cannot spoil the result.
      severity: main || one.severity === 'info' ? one.severity : ('warn' as const),
      context: { ...one.context, SOPInstanceUID: plan.SOPInstanceUID ?? '' },
    }));
  });
  return judge(
    'rp_validation',
    findings,
    `${course.plans.length} plan(s) with fractions, beams and references in order`,
  );
}

function planFindings(plan: HeaderRecord): Finding[] {
  const content = plan.rtplan;
  if (!content) return [finding('rp.no_content', 'fail', 'The plan has no content')];
  const findings: Finding[] = [];
  const { fraction_groups: groups, beams } = content;
  if (groups.length === 0) findings.push(finding('rp.no_fraction_group', 'warn', 'The plan has no fraction group'));
  const fractions = groups.reduce((sum, group) => sum + (group.NumberOfFractionsPlanned ?? 0), 0);
  if (groups.length > 0 && fractions <= 0)
    findings.push(finding('rp.no_fractions', 'warn', 'The plan states no number of fractions'));
  if (beams.length === 0) findings.push(finding('rp.no_beams', 'warn', 'The plan has no beams'));
  const known = new Set(beams.map((beam) => beam.BeamNumber));
  const numbers = beams.map((beam) => beam.BeamNumber);
  if (new Set(numbers).size !== numbers.length)
    findings.push(finding('rp.beam_twice', 'warn', 'Two beams of the plan have one number'));
  const referenced = groups.flatMap((group) => group.beams);
  const lost = referenced.filter((beam) => !known.has(beam.ReferencedBeamNumber)).length;
  if (lost > 0 && beams.length > 0)
    findings.push(
      finding('rp.beam_missing', 'fail', `${lost} beam(s) of a fraction group are not in the plan`, { count: lost }),
    );
  const treatment = new Set(
    beams.filter((beam) => beam.TreatmentDeliveryType !== 'SETUP').map((beam) => beam.BeamNumber),
  );
  const unmetered = referenced.filter(
    (beam) => treatment.has(beam.ReferencedBeamNumber) && !((beam.BeamMeterset ?? 0) > 0),
  ).length;
  if (unmetered > 0)
    findings.push(
      finding('rp.no_meterset', 'info', `${unmetered} treatment beam(s) state no meterset`, { count: unmetered }),
    );
  for (const group of groups) {
    if (group.NumberOfBeams !== undefined && group.NumberOfBeams !== group.beams.length) {
      findings.push(
        finding(
          'rp.beam_count',
          'warn',
          `A fraction group says ${group.NumberOfBeams} beams and lists ${group.beams.length}`,
        ),
      );
    }
  }
  const approval = content.ApprovalStatus?.trim().toUpperCase();
  if (approval === 'REJECTED') findings.push(finding('rp.rejected', 'warn', 'The plan was rejected'));
  else if (approval !== 'APPROVED')
    findings.push(finding('rp.not_approved', 'info', `The plan is not approved (${approval || 'not stated'})`));
  if (content.RTPlanGeometry !== undefined && content.RTPlanGeometry.trim().toUpperCase() !== 'PATIENT') {
    findings.push(
      finding(
        'rp.geometry',
        'warn',
        `The plan's geometry is ${content.RTPlanGeometry}, not PATIENT: it has no structure set`,
      ),
    );
  }
  if (content.PlanIntent !== undefined && /VERIFICATION|MACHINE_QA|RESEARCH/i.test(content.PlanIntent)) {
    findings.push(finding('rp.intent', 'warn', `The plan's intent is ${content.PlanIntent}`));
  }
  return findings;
}

export function checkDose(course: Course): Check {
  if (course.doses.length === 0) return skipped('rd_validation', 'The course has no dose');
  // By UID: a planned course comes back from its file, where equal records are not one object.
  const evaluated = new Set(course.doseChoice.doses.map(({ SOPInstanceUID }) => SOPInstanceUID));
  const findings: Finding[] = course.findings.filter(
    ({ code }) => code.startsWith('dose.') && code !== 'dose.total_implausible',
  );
  for (const dose of course.doses) {
    for (const one of doseFindings(dose)) {
      const severity = evaluated.has(dose.SOPInstanceUID) || one.severity === 'info' ? one.severity : 'warn';
      findings.push({
        ...one,
        severity,
        context: { ...one.context, SOPInstanceUID: dose.SOPInstanceUID ?? '' },
      });
    }
  }
  if (evaluated.size === 0 && !findings.some(({ severity }) => severity !== 'info')) {
    findings.push(finding('rd.none_evaluated', 'warn', course.doseChoice.reason));
  }
  return judge(
    'rd_validation',
    findings,
    `${course.doses.length} dose(s) in gray with scaling and grid; ${course.doseChoice.reason}`,
  );
}

function doseFindings(dose: HeaderRecord): Finding[] {
  const content = dose.rtdose;
  if (!content) return [finding('rd.no_content', 'fail', 'The dose has no content')];
  const findings: Finding[] = [];
  const units = content.DoseUnits?.trim().toUpperCase();
  if (units !== 'GY')
    findings.push(
      finding('rd.units', units === undefined ? 'warn' : 'fail', `DoseUnits is ${units ?? 'missing'}, expected GY`),
    );
  const type = content.DoseType?.trim().toUpperCase();
  if (type !== 'PHYSICAL')
    findings.push(
      finding('rd.type', type === 'ERROR' ? 'fail' : 'warn', `DoseType is ${type ?? 'missing'}, expected PHYSICAL`),
    );
  if (!content.DoseSummationType) findings.push(finding('rd.summation', 'warn', 'DoseSummationType is missing'));
  const scaling = content.DoseGridScaling;
  if (scaling === undefined || !(scaling > 0))
    findings.push(
      finding('rd.scaling', 'fail', `DoseGridScaling is ${scaling ?? 'missing'}, expected a positive number`),
    );
  if (!dose.Rows || !dose.Columns)
    findings.push(finding('rd.size', 'fail', 'The dose grid states no Rows and Columns'));
  if (dose.PixelSpacing?.length !== 2 || !dose.PixelSpacing.every((mm) => mm > 0))
    findings.push(finding('rd.spacing', 'fail', 'The dose grid states no PixelSpacing'));
  if (dose.ImagePositionPatient?.length !== 3)
    findings.push(finding('rd.position', 'fail', 'The dose grid states no ImagePositionPatient'));
  if (dose.ImageOrientationPatient?.length !== 6)
    findings.push(finding('rd.orientation', 'warn', 'The dose grid states no ImageOrientationPatient'));
  const planes = dose.NumberOfFrames ?? 1;
  const offsets = content.frame_offsets;
  if (planes > 1 && !offsets)
    findings.push(finding('rd.offsets', 'fail', 'A dose of several planes has no GridFrameOffsetVector'));
  if (offsets && offsets.count !== planes)
    findings.push(
      finding('rd.offsets', 'fail', `GridFrameOffsetVector has ${offsets.count} entries for ${planes} planes`),
    );
  else if (offsets && planes > 2 && offsets.step === undefined)
    findings.push(finding('rd.uneven_planes', 'info', 'The dose planes are unevenly spaced'));
  if (planes === 1) findings.push(finding('rd.single_plane', 'warn', 'The dose is one plane'));
  if (dose.pixel_data_bytes === undefined)
    findings.push(finding('rd.no_pixels', 'fail', 'The dose object has no grid values'));
  return findings;
}

/** Image, structures, plan and dose must speak of one frame of reference; without it no dose belongs to any structure. */
export function checkConsistency(course: Course): Check {
  const { ct, primaryStructures, primaryPlan, doseChoice } = course;
  const parties: Array<readonly [string, readonly string[], boolean]> = [];
  if (ct) parties.push(['image', ct.FrameOfReferenceUID ? [ct.FrameOfReferenceUID] : [], true]);
  if (primaryStructures) parties.push(['structures', framesOf(primaryStructures), true]);
  for (const dose of doseChoice.doses) {
    const move = moveOf(doseChoice.moves, dose);
    parties.push(['dose', move ? [move.toFrame] : framesOf(dose), true]);
  }
  if (primaryPlan) parties.push(['plan', framesOf(primaryPlan), false]);
  if (parties.length < 2) return skipped('consistency', 'The course has only one kind of object');
  const findings: Finding[] = [];
  for (const [name, frames, required] of parties) {
    // Many planning systems leave the plan's frame out; it is that of the structure set.
    if (frames.length === 0 && required)
      findings.push(finding('frame.missing', 'warn', `The ${name} has no frame of reference`, { object: name }));
  }
  for (let a = 0; a < parties.length; a++) {
    for (let b = a + 1; b < parties.length; b++) {
      const [[nameA, framesA, strictA], [nameB, framesB, strictB]] = [
        parties[a] as (typeof parties)[0],
        parties[b] as (typeof parties)[0],
      ];
      if (framesA.length === 0 || framesB.length === 0 || framesA.some((frame) => framesB.includes(frame))) continue;
      findings.push(
        finding(
          'frame.mismatch',
          strictA && strictB ? 'fail' : 'warn',
          `The ${nameA} and the ${nameB} are in different frames of reference`,
          { first: nameA, second: nameB },
        ),
      );
    }
  }
  const studies = new Set(
    [
      ...(ct ? [ct.StudyInstanceUID] : []),
      ...[primaryStructures, primaryPlan, ...doseChoice.doses].map((one) => one?.StudyInstanceUID),
    ].filter((uid) => uid !== undefined && uid !== ''),
  );
  if (studies.size > 1)
    findings.push(
      finding('study.differs', 'info', `The objects come from ${studies.size} studies`, { studies: studies.size }),
    );
  return judge(
    'consistency',
    findings,
    `${[...new Set(parties.map(([name]) => name))].join(', ')} in one frame of reference`,
  );
}

/** Doses this many times the prescription, or targets below this part of it, are not what was prescribed. */
const HIGHEST_RATIO = 1.5;
const LOWEST_TARGET_RATIO = 0.5;

export interface DoseFacts {
  readonly name: string;
  readonly type: string;
  readonly meanGy: number | null;
  readonly maxGy: number | null;
}

export function checkPrescription(course: Course, prescription: Prescription, rois: readonly DoseFacts[]): Check {
  if (course.plans.length === 0 && prescription.source === 'none')
    return skipped('prescription', 'The course has no plan');
  const findings: Finding[] = course.findings.filter(({ code }) => code === 'dose.total_implausible');
  const rx = prescription.doseGy;
  if (rx === undefined)
    findings.push(finding('prescription.unknown', 'warn', `No prescription: ${prescription.reason}`));
  else {
    const total = resolvePrescription(course.plans).doseGy ?? 0;
    if (rx > PLAUSIBLE_TOTAL_GY && findings.length === 0) {
      findings.push(
        finding(
          'prescription.implausible',
          'warn',
          `A prescription of ${rx.toFixed(1)} Gy is above ${PLAUSIBLE_TOTAL_GY} Gy: a unit of cGy, or a sum?`,
          { prescription_gy: rx },
        ),
      );
    }
    if (prescription.source === 'estimated_ctv1_d95')
      findings.push(finding('prescription.estimated', 'warn', prescription.reason));
    const maxima = rois.map(({ maxGy }) => maxGy).filter((gy) => gy !== null);
    const highest = maxima.length > 0 ? Math.max(...maxima) : undefined;
    if (highest !== undefined && highest > HIGHEST_RATIO * Math.max(rx, total)) {
      findings.push(
        finding(
          'prescription.dose_above',
          'warn',
          `The highest dose, ${highest.toFixed(1)} Gy, is more than ${HIGHEST_RATIO} times the prescription of ${rx.toFixed(1)} Gy`,
          { highest_gy: highest, prescription_gy: rx },
        ),
      );
    }
    const targets = rois.filter(
      ({ type, name, meanGy }) =>
        meanGy !== null && (['PTV', 'CTV', 'GTV'].includes(type) || /^(ptv|ctv|gtv)/i.test(name)),
    );
    const best = Math.max(...targets.map(({ meanGy }) => meanGy ?? 0));
    if (targets.length > 0 && best < LOWEST_TARGET_RATIO * rx) {
      findings.push(
        finding(
          'prescription.targets_below',
          'warn',
          `No target reaches half of the prescription of ${rx.toFixed(1)} Gy (highest mean ${best.toFixed(1)} Gy): the dose of one fraction, or of another plan?`,
          { best_mean_gy: best, prescription_gy: rx },
        ),
      );
    }
  }
  return judge('prescription', findings, rx === undefined ? prescription.reason : `${rx} Gy: ${prescription.reason}`);
}
