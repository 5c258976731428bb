import { describe, expect, it } from 'vitest';

import { planPrescription, resolvePrescription } from '../../../lib/rt/prescription.js';
import { plan } from './records.js';

const none = { dose_references: [] };

describe('prescription of a plan', () => {
  it('the highest target dose, volumes before points', () => {
    const references = [
      { DoseReferenceType: 'TARGET', DoseReferenceStructureType: 'SITE', TargetPrescriptionDose: 14 },
      { DoseReferenceType: 'TARGET', DoseReferenceStructureType: 'VOLUME', TargetPrescriptionDose: 12 },
      { DoseReferenceType: 'TARGET', DoseReferenceStructureType: 'COORDINATES', TargetPrescriptionDose: 16 },
      { DoseReferenceType: 'ORGAN_AT_RISK', DoseReferenceStructureType: 'VOLUME', TargetPrescriptionDose: 99 },
    ];
    expect(planPrescription(plan('4.1', { dose_references: references }))).toMatchObject({
      doseGy: 14,
      source: 'rtplan_dicom',
    });
    expect(planPrescription(plan('4.1', { dose_references: references.slice(2) })).doseGy).toBe(16);
  });

  it('then the maximum of a target, never the limit of an organ', () => {
    const target = { DoseReferenceType: 'TARGET', DeliveryMaximumDose: 46 };
    const organ = { DoseReferenceType: 'ORGAN_AT_RISK', DeliveryMaximumDose: 70, OrganAtRiskMaximumDose: 70 };
    expect(planPrescription(plan('4.1', { dose_references: [organ, target] })).doseGy).toBe(46);
    expect(planPrescription(plan('4.1', { dose_references: [organ] })).doseGy).toBe(50);
  });

  it('then fractions times beam doses', () => {
    expect(planPrescription(plan('4.1', none))).toMatchObject({
      doseGy: 50,
      reason: expect.stringContaining('BeamDose'),
    });
  });

  it('else none', () => {
    expect(planPrescription(plan('4.1', { ...none, fraction_groups: [] }))).toMatchObject({ source: 'none' });
    expect(
      planPrescription(
        plan('4.1', {
          dose_references: [{ DoseReferenceType: 'TARGET', TargetPrescriptionDose: 0 }],
          fraction_groups: [],
        }),
      ).doseGy,
    ).toBeUndefined();
  });
});

describe('prescription of a course', () => {
  it('is the configured one before all', () =>
    expect(resolvePrescription([plan('4.1')], 60)).toMatchObject({ doseGy: 60, source: 'explicit' }));
  it('adds the plans of a summed dose', () =>
    expect(resolvePrescription([plan('4.1'), plan('4.2')])).toMatchObject({ doseGy: 100, source: 'rtplan_dicom' }));
  it('is unknown when one of them is', () =>
    expect(resolvePrescription([plan('4.1'), plan('4.2', { ...none, fraction_groups: [] })])).toMatchObject({
      source: 'none',
    }));
  it('is none without a plan', () => expect(resolvePrescription([])).toMatchObject({ source: 'none' }));
});
