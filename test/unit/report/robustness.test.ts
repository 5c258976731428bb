/** The card of robustness on the cohort's page. */

import { describe, expect, it } from 'vitest';

import { cohortPage } from '../../../lib/report/cohort-page.js';
import { robustnessFigures } from '../../../lib/report/robustness-figures.js';
import type { Row } from '../../../lib/table/table.js';
import { sampleCohort } from './sample.js';

const row = (scope: string, feature_name: string, robustness_label: string, more: Row = {}): Row => ({
  scope,
  structure: scope === 'structure' ? 'GTV <1>' : '',
  segmentation_source: scope === 'structure' ? 'Manual' : '',
  modality: 'CT',
  feature_name,
  n_subjects: 7,
  robustness_label,
  icc: 0.95,
  icc_ci95_low: 0.91,
  cov_pct: 4.5,
  qcd: 0.02,
  ...more,
});

const table = (rows: readonly Row[]) => ({ name: 'robustness_summary', title: '', columns: [], rows });

describe('robustness on the page of a cohort', () => {
  it('counts labels per structure, and has a dot per feature that has a number', () => {
    const data = robustnessFigures(
      table([
        row('global', 'original_glcm_Contrast', 'robust'),
        row('global', 'wavelet-LLH_glcm_Id', 'poor', { icc: 0.2, icc_ci95_low: null }),
        row('global', 'cm_energy_3D_comb', 'robust'),
        row('structure', 'original_glcm_Contrast', 'robust'),
        row('structure', 'wavelet-LLH_glcm_Id', 'poor', { cov_pct: 80 }),
        row('structure', 'original_firstorder_Skewness', 'not_evaluable', { icc: null, cov_pct: null, qcd: null }),
      ]),
    );
    expect(data?.structures).toEqual([
      {
        name: 'GTV <1> · Manual · CT',
        subjects: 7,
        counts: { robust: 1, acceptable: 0, poor: 1, not_evaluable: 1 },
      },
    ]);
    const groups = Object.fromEntries(
      data?.figures.map(({ metric, groups }) => [metric, groups.map(({ roi, values }) => [roi, values.length])]) ?? [],
    );
    expect(groups).toEqual({
      icc: [
        ['glcm', 2],
        ['cm', 1],
      ],
      icc_ci95_low: [
        ['glcm', 1],
        ['cm', 1],
      ],
      cov_pct: [['GTV <1> · Manual · CT', 2]],
      qcd: [['GTV <1> · Manual · CT', 2]],
    });
    const page = cohortPage({ ...sampleCohort(), robustness: data });
    expect(page).toContain('id="robustness"');
    expect(page).toContain('GTV &lt;1&gt;');
    expect(page).toContain('wavelet-LLH_glcm_Id: 80.00 %');
    expect(page).toContain('<a href="#robustness">');
  });

  it('has no card where nothing was perturbed', () => {
    expect(robustnessFigures(table([]))).toBeUndefined();
    expect(cohortPage(sampleCohort())).not.toContain('id="robustness"');
  });
});
