/** Structure names as clinics write them, and what TG-263 (Int J Radiat Oncol Biol Phys 100 (2018) 1057) calls them. */

import { describe, expect, it } from 'vitest';

import { REVIEW_BELOW, tg263Name, tg263Review } from '../../../lib/rt/tg263.js';

describe('tg263Name', () => {
  it.each([
    ['Lung_L', 'Lung_L', 'exact'],
    ['BODY', 'Body', 'spelling'],
    ['spinalcord', 'SpinalCord', 'spelling'],
    ['Lt Lung', 'Lung_L', 'synonym'],
    ['LeftParotid', 'Parotid_L', 'synonym'],
    ['PAROTID_LT', 'Parotid_L', 'synonym'],
    ['Femoral Head Rt', 'Femur_Head_R', 'synonym'],
    ['Mandible', 'Bone_Mandible', 'synonym'],
    ['Myelon', 'SpinalCord', 'synonym'],
    ['optic nerve right', 'OpticNrv_R', 'synonym'],
    ['PTV', 'PTV', 'target'],
    ['PTV70', 'PTV_7000', 'target'],
    ['ptv_59.4 Gy', 'PTV_5940', 'target'],
    ['CTV 5400 cGy', 'CTV_5400', 'target'],
  ])('%s is %s by %s, for certain', (written, name, rule) => {
    const found = tg263Name(written);
    expect(found).toMatchObject({ name, rule });
    expect(found.confidence).toBeGreaterThanOrEqual(REVIEW_BELOW);
  });

  it.each([
    ['Parotid', 'Parotid'],
    ['Lungs L R', 'Lung'],
    ['Esophaguss', 'Esophagus'],
    ['Kidny left', 'Kidney_L'],
    ['Ring 2 cm', ''],
    ['Tumor Bed', ''],
    ['L', ''],
    ['', ''],
  ])('%s is at most proposed as "%s", for a person to look at', (written, name) => {
    const found = tg263Name(written);
    expect(found.confidence).toBeLessThan(REVIEW_BELOW);
    expect(found.name).toBe(name);
  });

  it('margins of planning organs keep their size', () => {
    expect(tg263Name('Spinal Cord PRV 5mm').name).toBe('SpinalCord_PRV05');
    expect(tg263Name('Brainstem_PRV').name).toBe('Brainstem_PRV');
  });

  it('what a person decided stands', () => {
    expect(tg263Name('Tumor Bed', { 'Tumor Bed': 'GTVp' })).toEqual({ name: 'GTVp', confidence: 1, rule: 'approved' });
  });
});

it('the review lists every name once, the least certain first', () => {
  const row = (course: string, name: string) => {
    const { name: proposed, confidence, rule } = tg263Name(name);
    return {
      patient_id: 'A',
      course_id: course,
      ROI_OriginalName: name,
      tg263_name: proposed,
      tg263_confidence: confidence,
      tg263_rule: rule,
    };
  };
  const review = tg263Review([row('1', 'Heart'), row('2', 'Heart'), row('1', 'Tumor Bed'), row('1', 'Kidny left')]);
  expect(review.map(({ ROI_OriginalName, courses, review: look }) => [ROI_OriginalName, courses, look])).toEqual([
    ['Tumor Bed', 1, true],
    ['Kidny left', 1, true],
    ['Heart', 2, false],
  ]);
});
