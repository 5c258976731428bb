/**
 * Which doses of a course are evaluated, and whether they may be added. Rules, thresholds and words are those of
 * rtpipeline's dose classification; a sum that could be wrong is never made.
 */

import type { HeaderRecord } from '../native/dicom-types.js';
import { newestFirst, objectMoment, oldestFirst } from './dates.js';
import { smallestOverlap } from './dose-box.js';
import { type AcrossFrames, movesOntoFirst } from './dose-moves.js';
import type { DoseChoice, Finding } from './model.js';
import { compareText } from './names.js';
import { planPrescription } from './prescription.js';

export interface DoseDecision {
  readonly choice: DoseChoice;
  /** The plans whose dose is evaluated; primary first. */
  readonly plans: readonly HeaderRecord[];
  readonly findings: readonly Finding[];
}

/** Two grids whose boxes share less than this part of the smaller one treat different regions. */
export const SMALLEST_OVERLAP = 0.3;
/** Prescriptions more alike than this are of a re-plan: 1 - |a - b| / mean. */
export const REPLAN_SIMILARITY = 0.9;
/** The highest prescription above the lowest by more than this factor: a main plan and a boost. */
export const BOOST_RATIO = 1.1;
/** Summed prescriptions above this are reported, in gray. */
export const PLAUSIBLE_TOTAL_GY = 100;

/** As the words stand in plan labels; short ones must stand alone, so that "preview" is no revision. */
const REPLAN_WORDS =
  /replan|re-plan|adapt|revision|(?<![a-z])rev(?![a-z])|(?<![a-z0-9])v[2-5](?!\d)|(?<![a-z])copy(?![a-z])|fx change|new ct|resim|re-sim|modified|adjusted|corrected/;
const BOOST_WORDS =
  /boost|(?<![a-z])cone(?![a-z])|conedown|cone[ -]down|(?<![a-z])cd(?![a-z])|phase ?2(?!\d)|(?<![a-z])ph2(?!\d)|reduced|(?<![a-z])sib(?![a-z])|sequential/;

export function planText(plan: HeaderRecord): string {
  const { RTPlanLabel, RTPlanName, RTPlanDescription } = plan.rtplan ?? {};
  return [RTPlanLabel, RTPlanName, RTPlanDescription].filter(Boolean).join(' ').toLowerCase();
}

export const saysReplan = (plan: HeaderRecord): boolean => REPLAN_WORDS.test(planText(plan));
export const saysBoost = (plan: HeaderRecord): boolean => BOOST_WORDS.test(planText(plan));

interface LinkedDose {
  readonly dose: HeaderRecord;
  readonly plans: readonly HeaderRecord[];
}

const summation = (dose: HeaderRecord): string => (dose.rtdose?.DoseSummationType ?? '').trim().toUpperCase();
/** DICOM says MULTI_PLAN (PS3.3 C.8.8.3); PLAN_SUM is what rtpipeline itself writes. */
const isPlanSum = (dose: HeaderRecord) => ['MULTI_PLAN', 'PLAN_SUM'].includes(summation(dose));

/** The registrations of a patient, and what may be done with them. */
export interface FrameRules {
  readonly across: AcrossFrames;
  readonly registrations: readonly HeaderRecord[];
}

/** `plansOf`: the plans of the course that a dose is linked to. */
export function chooseDoses(
  allDoses: readonly HeaderRecord[],
  plansOf: (dose: HeaderRecord) => readonly HeaderRecord[],
  coursePlans: readonly HeaderRecord[],
  frameRules: FrameRules = { across: 'never', registrations: [] },
): DoseDecision {
  const findings: Finding[] = [];
  const usable = allDoses.filter((dose) => {
    const problem = unusable(dose);
    if (problem)
      findings.push({ ...problem, context: { ...problem.context, SOPInstanceUID: dose.SOPInstanceUID ?? '' } });
    return problem === undefined;
  });
  const linked: LinkedDose[] = usable
    .map((dose) => ({ dose, plans: [...plansOf(dose)].sort(oldestFirst) }))
    .sort((a, b) => compareText(firstMoment(a), firstMoment(b)) || oldestFirst(a.dose, b.dose));

  const decide = (
    doseClass: DoseChoice['doseClass'],
    chosen: readonly LinkedDose[],
    sum: boolean,
    reason: string,
  ): DoseDecision => {
    const evaluated = doseClass === 'ambiguous' || doseClass === 'separate' ? [] : chosen;
    const plans = unique(evaluated.flatMap((entry) => entry.plans));
    const reviewed = sum || doseClass === 'plan-sum' ? totalFinding(plans) : undefined;
    if (reviewed) findings.push(reviewed);
    if (evaluated.length < chosen.length) {
      findings.push({ code: `dose.${doseClass}`, severity: 'warn', message: `No dose is evaluated: ${reason}` });
    }
    const choice: DoseChoice = { doseClass, doses: evaluated.map(({ dose }) => dose), sum, reason };
    return { choice, plans: plans.length === 0 && coursePlans.length === 1 ? coursePlans : plans, findings };
  };

  if (linked.length === 0) {
    const reason = allDoses.length === 0 ? 'The course has no dose' : 'No dose of the course is in gray';
    return decide('none', [], false, reason);
  }

  const sums = linked.filter(({ dose }) => isPlanSum(dose));
  const [bestSum] = sums.sort((a, b) => references(b) - references(a) || newestFirst(a.dose, b.dose));
  if (bestSum) {
    const among = sums.length > 1 ? `, the one with most of ${sums.length}` : '';
    return decide(
      'plan-sum',
      [bestSum],
      false,
      `The planning system's plan sum of ${references(bestSum)} plan(s)${among}`,
    );
  }

  const wholePlans = linked.filter(({ dose }) => ['PLAN', ''].includes(summation(dose)));
  const doses = withoutParts(linked, wholePlans, findings);
  if (wholePlans.length === 0) return decideParts(doses, decide, findings);
  return decideWholes(doses, decide, frameRules);
}

type Decide = (
  doseClass: DoseChoice['doseClass'],
  chosen: readonly LinkedDose[],
  sum: boolean,
  reason: string,
) => DoseDecision;

function decideWholes(doses: readonly LinkedDose[], decide: Decide, frameRules: FrameRules): DoseDecision {
  const [first] = doses;
  if (!first) return decide('none', [], false, 'The course has no dose');
  const frames = new Set(doses.map(({ dose }) => dose.FrameOfReferenceUID ?? '').filter((frame) => frame !== ''));
  if (frames.size > 1) return decideAcross(doses, first, frames.size, decide, frameRules);
  const apart = smallestOverlap(doses.map(({ dose }) => dose));
  if (apart !== undefined && apart < SMALLEST_OVERLAP) {
    const percent = (100 * apart).toFixed(0);
    return decide(
      'separate',
      [first],
      false,
      `The dose grids share ${percent} % of the smaller one: different regions`,
    );
  }
  if (doses.length === 1) {
    if (summation(first.dose) === 'PLAN' || summation(first.dose) === '')
      return decide('single', [first], false, 'One dose');
    return decide('ambiguous', [first], false, `The only dose is a part of a plan (${summation(first.dose)})`);
  }
  const replanned = replan(doses, first, decide);
  if (replanned) return replanned;
  const added = boost(doses);
  if (added) return decide('boost-summed', added.chosen, true, added.reason);
  return decide(
    'ambiguous',
    [first],
    false,
    `${doses.length} doses whose plans are neither a re-plan nor a boost of each other`,
  );
}

/** Doses of several frames, when every one that is to be added has a registration into the frame of the first of them. */
function decideAcross(
  doses: readonly LinkedDose[],
  first: LinkedDose,
  frames: number,
  decide: Decide,
  { across, registrations }: FrameRules,
): DoseDecision {
  const separate = (why: string) =>
    decide('separate', [first], false, `The doses are in ${frames} frames of reference and cannot be added${why}`);
  if (across === 'never') return separate('');
  const replanned = replan(doses, first, decide);
  if (replanned) return replanned;
  const added = boost(doses);
  if (!added) return separate(': their plans are neither a re-plan nor a boost of each other');
  const moves = movesOntoFirst(
    added.chosen.map(({ dose }) => dose),
    registrations,
    across,
  );
  if (typeof moves === 'string') return separate(`: ${moves}`);
  const reason = `${added.reason}, ${moves.length} of them taken into the frame of the first by registration`;
  const decision = decide('boost-summed', added.chosen, true, reason);
  return { ...decision, choice: { ...decision.choice, moves } };
}

/** A later plan that says so, or prescribes nearly the same, replaces the first: the first is what was intended. */
function replan(doses: readonly LinkedDose[], first: LinkedDose, decide: Decide): DoseDecision | undefined {
  const [firstPlan] = first.plans;
  for (const later of doses.slice(1)) {
    const worded = later.plans.find(saysReplan);
    if (worded) {
      return decide(
        'replan-first',
        [first],
        false,
        `A later plan is a re-plan by its label; the first plan's dose is used`,
      );
    }
    const [laterPlan] = later.plans;
    if (!firstPlan || !laterPlan || [...first.plans, ...later.plans].some(saysBoost)) continue;
    const a = planPrescription(firstPlan).doseGy;
    const b = planPrescription(laterPlan).doseGy;
    if (a === undefined || b === undefined) continue;
    const similarity = Math.max(0, 1 - Math.abs(a - b) / ((a + b) / 2));
    if (similarity > REPLAN_SIMILARITY) {
      return decide(
        'replan-first',
        [first],
        false,
        `Plans of ${a} and ${b} Gy are alike, a re-plan; the first plan's dose is used`,
      );
    }
  }
  return undefined;
}

/** A main plan and its boosts are delivered one after the other: their doses add. Each dose must have a plan of its own. */
function boost(doses: readonly LinkedDose[]): { chosen: readonly LinkedDose[]; reason: string } | undefined {
  const planUids = doses.map(({ plans }) =>
    plans
      .map((plan) => plan.SOPInstanceUID)
      .sort()
      .join(' '),
  );
  if (planUids.includes('') || new Set(planUids).size !== doses.length) return undefined;
  const boosts = doses.filter(({ plans }) => plans.some(saysBoost));
  const mains = doses.filter((entry) => !boosts.includes(entry));
  if (boosts.length > 0 && mains.length === 1) {
    return {
      chosen: [...mains, ...boosts],
      reason: `A main plan and ${boosts.length} boost(s) by label: doses are added`,
    };
  }
  if (boosts.length > 0) return undefined;
  const prescribed = doses
    .map((entry) => ({ entry, gy: entry.plans[0] ? planPrescription(entry.plans[0]).doseGy : undefined }))
    .sort((a, b) => (b.gy ?? 0) - (a.gy ?? 0));
  const highest = prescribed[0]?.gy;
  const lowest = prescribed.at(-1)?.gy;
  if (highest === undefined || lowest === undefined || highest <= lowest * BOOST_RATIO) return undefined;
  return {
    chosen: prescribed.map(({ entry }) => entry),
    reason: `Plans of ${highest} and ${lowest} Gy, a main plan and a boost: doses are added`,
  };
}

/** Only doses of beams or fraction groups: they add to the plan's dose when they are all there, each once. */
function decideParts(doses: readonly LinkedDose[], decide: Decide, findings: Finding[]): DoseDecision {
  const [first] = doses;
  if (!first) return decide('none', [], false, 'The course has no dose');
  const kinds = new Set(doses.map(({ dose }) => summation(dose)));
  const [kind = ''] = kinds;
  const ambiguous = (reason: string) => decide('ambiguous', [first], false, reason);
  if (kinds.size > 1) return ambiguous(`The doses are parts of different kinds (${[...kinds].sort().join(', ')})`);
  if (kind !== 'BEAM' && kind !== 'FRACTION') return ambiguous(`Doses of kind ${kind} do not make the dose of a plan`);
  const plans = unique(doses.flatMap((entry) => entry.plans));
  const referenced = new Set(doses.flatMap(({ dose }) => dose.rtdose?.ReferencedRTPlanUIDs ?? []));
  const [plan] = plans;
  if (plans.length > 1 || referenced.size > 1)
    return ambiguous(`The ${kind.toLowerCase()} doses belong to several plans`);
  if (new Set(doses.map(({ dose }) => dose.FrameOfReferenceUID ?? '')).size > 1) {
    return ambiguous(`The ${kind.toLowerCase()} doses are in different frames of reference`);
  }
  const numbers = doses.flatMap(({ dose }) =>
    kind === 'BEAM' ? (dose.rtdose?.ReferencedBeamNumbers ?? []) : (dose.rtdose?.ReferencedFractionGroupNumbers ?? []),
  );
  if (new Set(numbers).size !== numbers.length) return ambiguous(`A ${kind.toLowerCase()} has more than one dose`);
  const expected = plan ? (kind === 'BEAM' ? treatmentBeams(plan) : fractionGroups(plan)) : [];
  const missing = expected.filter((number) => !numbers.includes(number));
  if (numbers.length > 0 && missing.length > 0) {
    return ambiguous(
      `${kind === 'BEAM' ? 'Beam' : 'Fraction group'} ${missing.join(', ')} of the plan has no dose: the sum would lack it`,
    );
  }
  if (numbers.length < doses.length || expected.length === 0) {
    if (doses.length === 1 && expected.length !== 1)
      return ambiguous(`The only dose is of a part of a plan (${kind}) and the others are not known`);
    findings.push({
      code: 'dose.parts_not_checked',
      severity: 'warn',
      message: `The ${kind.toLowerCase()} doses are added, but whether all of them are there cannot be checked`,
    });
  }
  if (doses.length === 1) return decide('single', [first], false, `One ${kind.toLowerCase()} dose, the whole plan`);
  return decide('beams-summed', doses, true, `${doses.length} ${kind.toLowerCase()} doses of one plan are added`);
}

function treatmentBeams(plan: HeaderRecord): number[] {
  const setup = new Set(
    plan.rtplan?.beams
      .filter(({ TreatmentDeliveryType }) => TreatmentDeliveryType === 'SETUP')
      .map(({ BeamNumber }) => BeamNumber),
  );
  const numbers = (plan.rtplan?.fraction_groups ?? [])
    .flatMap(({ beams }) => beams)
    .filter(
      ({ ReferencedBeamNumber, BeamMeterset, BeamDose }) =>
        !setup.has(ReferencedBeamNumber) && (BeamMeterset ?? BeamDose ?? 1) > 0,
    )
    .map(({ ReferencedBeamNumber }) => ReferencedBeamNumber);
  return [...new Set(numbers.filter((number) => number !== undefined))];
}

function fractionGroups(plan: HeaderRecord): number[] {
  return (plan.rtplan?.fraction_groups ?? [])
    .map(({ FractionGroupNumber }) => FractionGroupNumber)
    .filter((number) => number !== undefined);
}

/** Doses of beams and fractions are left out when the whole plan's dose is there too. */
function withoutParts(
  linked: readonly LinkedDose[],
  wholes: readonly LinkedDose[],
  findings: Finding[],
): readonly LinkedDose[] {
  if (wholes.length === 0 || wholes.length === linked.length) return linked;
  const covered = new Set(
    wholes.flatMap(({ dose, plans }) => [...planUids(dose), ...plans.map((plan) => plan.SOPInstanceUID ?? '')]),
  );
  const kept = linked.filter((entry) => {
    if (wholes.includes(entry)) return true;
    const uids = [...planUids(entry.dose), ...entry.plans.map((plan) => plan.SOPInstanceUID ?? '')];
    return uids.length === 0 ? false : !uids.every((uid) => covered.has(uid));
  });
  if (kept.length < linked.length) {
    findings.push({
      code: 'dose.parts_left_out',
      severity: 'info',
      message: `${linked.length - kept.length} beam or fraction dose(s) are left out because the plan's own dose is there`,
    });
  }
  return kept;
}

function unusable(dose: HeaderRecord): Finding | undefined {
  const { DoseUnits, DoseType } = dose.rtdose ?? {};
  if (DoseUnits !== undefined && DoseUnits.trim().toUpperCase() === 'RELATIVE') {
    return {
      code: 'dose.relative_units',
      severity: 'warn',
      message: 'A dose in relative units cannot be evaluated in gray',
    };
  }
  if (DoseType !== undefined && DoseType.trim().toUpperCase() === 'ERROR') {
    return { code: 'dose.error_type', severity: 'warn', message: 'A dose of type ERROR is a difference, not a dose' };
  }
  return undefined;
}

function totalFinding(plans: readonly HeaderRecord[]): Finding | undefined {
  const total = plans.reduce((sum, plan) => sum + (planPrescription(plan).doseGy ?? 0), 0);
  if (total <= PLAUSIBLE_TOTAL_GY) return undefined;
  return {
    code: 'dose.total_implausible',
    severity: 'warn',
    message: `The prescriptions add up to ${total.toFixed(1)} Gy, more than ${PLAUSIBLE_TOTAL_GY} Gy`,
    context: { total_gy: total, limit_gy: PLAUSIBLE_TOTAL_GY },
  };
}

const planUids = (dose: HeaderRecord): readonly string[] => dose.rtdose?.ReferencedRTPlanUIDs ?? [];
const references = ({ dose }: LinkedDose): number => planUids(dose).length;

function firstMoment({ plans }: LinkedDose): string {
  return plans.map(objectMoment).filter(Boolean).sort(compareText)[0] ?? '~';
}

function unique(plans: readonly HeaderRecord[]): HeaderRecord[] {
  return [...new Map(plans.map((plan) => [plan.SOPInstanceUID, plan])).values()];
}
