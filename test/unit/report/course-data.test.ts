import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { coursePage } from '../../../lib/report/course-page.js';
import type { Course } from '../../../lib/rt/model.js';
import { courseReport, readCourseFiles, reportRois } from '../../../lib/rt/report-course.js';
import { runConfigSchema } from '../../../lib/rt/run-config.js';

const course = {
  patientId: 'P1',
  courseId: '2024-01',
  plans: [],
  doses: [{ path: 'd' }],
  doseChoice: { doseClass: 'ambiguous', doses: [], sum: false, reason: 'two plans and no sum' },
  links: [
    { kind: 'dose-plan', from: '1', to: '2', rule: 'ReferencedRTPlanSequence', reason: 'The dose names this plan' },
  ],
  findings: [{ code: 'link.orphan_dose', severity: 'warn', message: 'A dose refers to no plan' }],
  primaryStructures: { path: 's', SOPInstanceUID: '1.2' },
} as unknown as Course;
const config = runConfigSchema.parse({});
const images = { absent: 'nothing' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isovox-course-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, data: unknown): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), typeof data === 'string' ? data : JSON.stringify(data));
}

async function gather() {
  const files = await readCourseFiles(folder);
  return courseReport({ course, config, files, rois: reportRois(files), images, settingsHash: 'abc' });
}

describe('the data of a course page', () => {
  it('comes from what the stages wrote', async () => {
    await put('metadata/dvh.json', {
      rxGy: 60,
      rxSource: 'rtplan_dicom',
      rxReason: 'TargetPrescriptionDose of a target volume',
      rois: [
        { number: 4, name: 'PTV', type: 'PTV', color: [255, 0, 0], volumeCc: 100, meanGy: 60.5, maxGy: 63 },
        { number: 5, name: 'Far', type: '', color: null, volumeCc: 10, meanGy: null, maxGy: null },
      ],
    });
    await put('dvh_curves.json', { rois: [{ number: 4, name: 'PTV', doseGy: [0, 60, 63], volumeCc: [100, 60, 0] }] });
    await put('dvh_metrics.json', [{ ROI_Number: 4, ROI_Name: 'PTV', D95Gy: 57.125, DmeanGy: 60.5 }]);
    await put('qc_reports/qc_report.json', {
      overall: 'FAIL',
      checks: [
        {
          name: 'ct_validation',
          status: 'FAIL',
          reason: 'A slice is missing',
          findings: [{ code: 'slice.missing', severity: 'fail', message: 'm' }],
        },
      ],
    });
    await put('metadata/image.json', { Modality: 'CT', slices: 80, grid: { spacing: [1, 1, 3] } });
    await put('metadata/case_metadata.json', { plan_label: 'Lung', fractions_planned: 30 });
    const data = await gather();
    expect(data.facts.map(({ label, value }) => `${label}: ${value}`)).toEqual([
      'Prescription: 60.00 Gy',
      'Highest dose in a structure: 63.00 Gy',
      'PTV: D95 57.13 Gy',
      'Structures: 2',
      'Plan: Lung',
      'CT: 80 slices',
    ]);
    expect(data.qc.overall).toBe('FAIL');
    expect(data.qc.checks[0]).toMatchObject({
      name: 'ct_validation',
      status: 'FAIL',
      findings: [{ code: 'slice.missing' }],
    });
    expect(data.rois.map(({ name, isTarget, curve }) => [name, isTarget, curve !== undefined])).toEqual([
      ['PTV', true, true],
      ['Far', false, false],
    ]);
    const page = coursePage(data);
    expect(page).toContain('57.13');
    expect(page).toContain('A dose refers to no plan');
    expect(page).toContain('Planning image');
  });

  it('says a finding once, where it was judged', async () => {
    const finding = course.findings[0];
    await put('qc_reports/qc_report.json', {
      overall: 'WARNING',
      checks: [{ name: 'links', status: 'WARNING', reason: 'r', findings: [finding] }],
    });
    const data = await gather();
    expect(data.findings).toEqual([]);
    expect(data.qc.checks[0]?.findings).toHaveLength(1);
  });

  it('is what is left when nothing was written, or half of it', async () => {
    await put('metadata/dvh.json', '{"rxGy": 60, "rois": [');
    await put('dvh_metrics.json', '{}');
    await put('qc_reports/qc_report.json', { overall: 'GREAT' });
    const data = await gather();
    expect(data.qc).toEqual({ overall: 'SKIPPED', checks: [] });
    expect(data.curvesAbsent).toBe('No dose may be used: two plans and no sum');
    expect(coursePage(data)).toContain('No dose may be used: two plans and no sum');
  });
});
