import { describe, expect, it } from 'vitest';

import type { HeaderRecord } from '../../../lib/native/dicom-types.js';
import { doseBox, smallestOverlap } from '../../../lib/rt/dose-box.js';
import { chooseDoses, type FrameRules, saysBoost, saysReplan } from '../../../lib/rt/dose-rules.js';
import { dose, plan } from './records.js';

const rx = (gy: number) => ({
  dose_references: [{ DoseReferenceType: 'TARGET', DoseReferenceStructureType: 'VOLUME', TargetPrescriptionDose: gy }],
});
const of = (uid: string) => ({ ReferencedRTPlanUIDs: [uid] });

function choose(doses: HeaderRecord[], plans: HeaderRecord[], rules?: FrameRules) {
  const plansOf = (one: HeaderRecord) =>
    plans.filter((two) => one.rtdose?.ReferencedRTPlanUIDs.includes(two.SOPInstanceUID ?? ''));
  const decision = chooseDoses(doses, plansOf, plans, rules);
  return {
    ...decision.choice,
    uids: decision.choice.doses.map((one) => one.SOPInstanceUID),
    plans: decision.plans.map((one) => one.SOPInstanceUID),
    codes: decision.findings.map(({ code }) => code),
  };
}

describe('which doses are evaluated', () => {
  const one = plan('4.1', { RTPlanDate: '20200105' });

  it('none', () => expect(choose([], [one])).toMatchObject({ doseClass: 'none', uids: [], sum: false }));

  it('one plan dose', () =>
    expect(choose([dose('5.1')], [one])).toMatchObject({
      doseClass: 'single',
      uids: ['5.1'],
      sum: false,
      plans: ['4.1'],
    }));

  it.each(['PLAN_SUM', 'MULTI_PLAN'])('%s as it is, the one with most references', (DoseSummationType) => {
    const two = plan('4.2');
    const doses = [
      dose('5.1'),
      dose('5.2', of('4.2')),
      dose('5.3', { DoseSummationType }),
      dose('5.4', { DoseSummationType, ReferencedRTPlanUIDs: ['4.1', '4.2'] }),
    ];
    expect(choose(doses, [one, two])).toMatchObject({
      doseClass: 'plan-sum',
      uids: ['5.4'],
      sum: false,
      plans: ['4.1', '4.2'],
    });
  });

  it('the plan before its beams', () => {
    const beams = [1, 2].map((n) => dose(`5.${n + 1}`, { DoseSummationType: 'BEAM', ReferencedBeamNumbers: [n] }));
    expect(choose([...beams, dose('5.1')], [one])).toMatchObject({
      doseClass: 'single',
      uids: ['5.1'],
      codes: ['dose.parts_left_out'],
    });
  });

  it('all beams of one plan are added', () => {
    const beams = [1, 2].map((n) => dose(`5.${n}`, { DoseSummationType: 'BEAM', ReferencedBeamNumbers: [n] }));
    expect(choose(beams, [one])).toMatchObject({
      doseClass: 'beams-summed',
      uids: ['5.1', '5.2'],
      sum: true,
      codes: [],
    });
  });

  it('a set-up beam needs no dose', () => {
    const setup = plan('4.1', {
      beams: [{ BeamNumber: 1 }, { BeamNumber: 2, TreatmentDeliveryType: 'SETUP' }],
    });
    expect(choose([dose('5.1', { DoseSummationType: 'BEAM', ReferencedBeamNumbers: [1] })], [setup])).toMatchObject({
      doseClass: 'single',
    });
  });

  it('a missing beam, one beam twice, or beams of two plans are never added', () => {
    const beam = (uid: string, n: number, planUid = '4.1') =>
      dose(uid, { DoseSummationType: 'BEAM', ReferencedBeamNumbers: [n], ReferencedRTPlanUIDs: [planUid] });
    expect(choose([beam('5.1', 1)], [one])).toMatchObject({ doseClass: 'ambiguous', uids: [], sum: false });
    expect(choose([beam('5.1', 1), beam('5.2', 1)], [one])).toMatchObject({ doseClass: 'ambiguous', uids: [] });
    expect(choose([beam('5.1', 1), beam('5.2', 2, '4.2')], [one, plan('4.2')])).toMatchObject({
      doseClass: 'ambiguous',
    });
    expect(choose([beam('5.1', 1, '9'), beam('5.2', 2, '9')], [])).toMatchObject({
      doseClass: 'beams-summed',
      codes: ['dose.parts_not_checked'],
    });
  });

  it('fraction groups add like beams; other kinds do not', () => {
    const groups = plan('4.1', {
      fraction_groups: [1, 2].map((n) => ({ FractionGroupNumber: n, NumberOfFractionsPlanned: 5, beams: [] })),
    });
    const part = (n: number, DoseSummationType = 'FRACTION') =>
      dose(`5.${n}`, { DoseSummationType, ReferencedFractionGroupNumbers: [n] });
    expect(choose([part(1), part(2)], [groups])).toMatchObject({ doseClass: 'beams-summed', sum: true });
    expect(choose([part(1)], [groups])).toMatchObject({ doseClass: 'ambiguous' });
    expect(choose([part(1, 'CONTROL_POINT'), part(2, 'CONTROL_POINT')], [groups])).toMatchObject({
      doseClass: 'ambiguous',
    });
  });

  it('two frames of reference are separate', () => {
    const doses = [dose('5.1'), dose('5.2', of('4.2'), { FrameOfReferenceUID: '1.8' })];
    expect(choose(doses, [one, plan('4.2')])).toMatchObject({
      doseClass: 'separate',
      uids: [],
      sum: false,
      codes: ['dose.separate'],
    });
  });

  describe('of two frames of reference, moved by registrations where that is allowed', () => {
    const [OWN, OTHER] = ['1.9', '1.8'];
    const registration = (uid: string, frame: string, registered: string[], kind: 'rigid' | 'deformable') =>
      ({
        ...dose(uid),
        kind: 'reg',
        SOPClassUID: `1.2.840.10008.5.1.4.1.1.66.${kind === 'rigid' ? 1 : 3}`,
        FrameOfReferenceUID: frame,
        reg: { FrameOfReferenceUIDs: registered, ReferencedSeriesUIDs: [] },
      }) as HeaderRecord;
    const boost = plan('4.2', { ...rx(10), RTPlanLabel: 'boost', RTPlanDate: '20200201' });
    const doses = [
      dose('5.1', undefined, { FrameOfReferenceUID: OWN }),
      dose('5.2', of('4.2'), { FrameOfReferenceUID: OTHER }),
    ];
    const by = (across: FrameRules['across'], ...registrations: HeaderRecord[]) =>
      choose(doses, [one, boost], { across, registrations });
    const rigid = registration('9.1', OTHER, [OWN], 'rigid');
    const field = registration('9.2', OWN, [OTHER], 'deformable');

    it('by a matrix in either direction, by a field in its own only', () => {
      expect(by('rigid', rigid)).toMatchObject({
        doseClass: 'boost-summed',
        sum: true,
        moves: [{ dose: '5.2', registration: rigid, fromFrame: OTHER, toFrame: OWN }],
      });
      expect(by('deformable', field)).toMatchObject({ moves: [{ registration: field }] });
      expect(by('deformable', registration('9.3', OTHER, [OWN], 'deformable'))).toMatchObject({
        doseClass: 'separate',
        reason: expect.stringContaining(`no registration leads from ${OTHER} to ${OWN}`),
      });
    });

    it('by a field before a matrix, and by none that is not allowed', () => {
      expect(by('deformable', rigid, field)).toMatchObject({ moves: [{ registration: field }] });
      expect(by('rigid', rigid, field)).toMatchObject({ moves: [{ registration: rigid }] });
      expect(by('rigid', field)).toMatchObject({ doseClass: 'separate', codes: ['dose.separate'] });
      expect(by('never', rigid, field)).toMatchObject({ doseClass: 'separate' });
    });

    it('a re-plan keeps the first, and nothing is moved', () => {
      const later = plan('4.2', { RTPlanDate: '20200201' });
      const decision = choose(doses, [one, later], { across: 'rigid', registrations: [rigid] });
      expect(decision).toMatchObject({ doseClass: 'replan-first', sum: false, uids: ['5.1'] });
      expect(decision.moves).toBeUndefined();
    });
  });

  it('grids that share less than 30 % are separate', () => {
    const at = (x: number) => [dose('5.1'), dose('5.2', of('4.2'), { ImagePositionPatient: [x, 0, 0] })];
    const boost = plan('4.2', { ...rx(10), RTPlanLabel: 'boost', RTPlanDate: '20200201' });
    expect(smallestOverlap(at(43))).toBeCloseTo(17 / 60, 5);
    expect(choose(at(43), [one, boost])).toMatchObject({ doseClass: 'separate' });
    expect(choose(at(41), [one, boost])).toMatchObject({ doseClass: 'boost-summed' });
  });

  it('a re-plan by label keeps the first', () => {
    const doses = [dose('5.2', of('4.2')), dose('5.1')];
    const later = plan('4.2', { ...rx(20), RTPlanLabel: 'prostate replan', RTPlanDate: '20200201' });
    expect(choose(doses, [later, one])).toMatchObject({ doseClass: 'replan-first', uids: ['5.1'], plans: ['4.1'] });
  });

  it('prescriptions more than 0.9 alike are a re-plan, unless the label says boost', () => {
    const doses = [dose('5.1'), dose('5.2', of('4.2'))];
    expect(choose(doses, [one, plan('4.2', { ...rx(46), RTPlanDate: '20200201' })])).toMatchObject({
      doseClass: 'replan-first',
      uids: ['5.1'],
    });
    expect(
      choose(doses, [one, plan('4.2', { ...rx(50), RTPlanLabel: 'boost', RTPlanDate: '20200201' })]),
    ).toMatchObject({ doseClass: 'boost-summed' });
  });

  it('a boost by label or by prescription above 1.1 is added', () => {
    const doses = [dose('5.1'), dose('5.2', of('4.2'))];
    expect(
      choose(doses, [one, plan('4.2', { ...rx(16), RTPlanLabel: 'cone down', RTPlanDate: '20200201' })]),
    ).toMatchObject({ doseClass: 'boost-summed', uids: ['5.1', '5.2'], sum: true, plans: ['4.1', '4.2'] });
    expect(choose(doses, [one, plan('4.2', { ...rx(16), RTPlanDate: '20200201' })])).toMatchObject({
      doseClass: 'boost-summed',
      sum: true,
    });
  });

  it('more than 100 Gy together is reported', () => {
    const doses = [dose('5.1'), dose('5.2', of('4.2'))];
    const result = choose(doses, [plan('4.1', rx(78)), plan('4.2', { ...rx(30), RTPlanDate: '20200201' })]);
    expect(result).toMatchObject({ doseClass: 'boost-summed', codes: ['dose.total_implausible'] });
  });

  it('everything else is ambiguous and not added', () => {
    const unknown = { dose_references: [], fraction_groups: [] };
    const doses = [dose('5.1'), dose('5.2', of('4.2'))];
    expect(choose(doses, [plan('4.1', unknown), plan('4.2', unknown)])).toMatchObject({
      doseClass: 'ambiguous',
      uids: [],
      sum: false,
      codes: ['dose.ambiguous'],
    });
    expect(choose([dose('5.1', of('8')), dose('5.2', of('9'))], [])).toMatchObject({ doseClass: 'ambiguous' });
    expect(choose([dose('5.1'), dose('5.2')], [plan('4.1', { RTPlanLabel: 'boost' })])).not.toMatchObject({
      sum: true,
    });
  });

  it('relative and difference doses are not gray', () => {
    expect(choose([dose('5.1', { DoseUnits: 'RELATIVE' })], [one])).toMatchObject({
      doseClass: 'none',
      codes: ['dose.relative_units'],
    });
    expect(choose([dose('5.1', { DoseType: 'ERROR' }), dose('5.2')], [one])).toMatchObject({
      doseClass: 'single',
      uids: ['5.2'],
      codes: ['dose.error_type'],
    });
  });
});

describe('words in plan labels', () => {
  const label = (RTPlanLabel: string) => plan('4.1', { RTPlanLabel });
  it.each([
    'Replan',
    're-plan 2',
    'adaptive',
    'Rev1',
    'PROS_v2',
    'copy of A',
    'new CT',
    'resim',
    'corrected',
  ])('%s is a re-plan', (text) => expect(saysReplan(label(text))).toBe(true));
  it.each(['preview', 'v10', 'v25', 'copyright', 'previous', 'brev'])('%s is none', (text) =>
    expect(saysReplan(label(text))).toBe(false));
  it.each([
    'Boost',
    'PelvisBoost',
    'conedown',
    'cone-down',
    'CD1',
    'Phase 2',
    'ph2',
    'SIB',
    'sequential',
  ])('%s is a boost', (text) => expect(saysBoost(label(text))).toBe(true));
  it.each(['phase 1', 'abcd', 'siblings', 'phase 20'])('%s is none', (text) =>
    expect(saysBoost(label(text))).toBe(false));
});

it('a dose grid is boxed to the borders of its voxels, whichever way it runs', () => {
  expect(doseBox(dose('5.1'))).toEqual([
    [-1.5, -1.5, -1.5],
    [58.5, 58.5, 28.5],
  ]);
  const flipped = dose(
    '5.1',
    { frame_offsets: { count: 10, first: 0, last: -27, step: -3 } },
    { ImageOrientationPatient: [-1, 0, 0, 0, 1, 0] },
  );
  expect(doseBox(flipped)).toEqual([
    [-58.5, -1.5, -1.5],
    [1.5, 58.5, 28.5],
  ]);
  expect(doseBox(dose('5.1', {}, { PixelSpacing: undefined }))).toBeUndefined();
});
