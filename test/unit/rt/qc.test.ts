import { describe, expect, it } from 'vitest';

import type { HeaderRecord } from '../../../lib/native/dicom-types.js';
import { arrange } from '../../../lib/rt/discover.js';
import type { Course, Finding, ImageSeries } from '../../../lib/rt/model.js';
import { judge, overallStatus, skipped } from '../../../lib/rt/qc-check.js';
import { QC_COLUMNS, qcRow } from '../../../lib/rt/qc-columns.js';
import { checkImage } from '../../../lib/rt/qc-image.js';
import { checkConsistency, checkDose, checkLinks, checkPlan, checkPrescription } from '../../../lib/rt/qc-objects.js';
import {
  checkCoverage,
  checkCropping,
  checkStructures,
  checkVolumes,
  type StructureFacts,
} from '../../../lib/rt/qc-structures.js';
import { checkTable } from '../../../lib/table/columns.js';
import { config, dose, image, plan, ROOT, series, structures } from './records.js';

const courseOf = (objects: HeaderRecord[]): Course => arrange(ROOT, objects, config).courses[0] as Course;
const ct = (headers: HeaderRecord[]): ImageSeries => ({
  SeriesInstanceUID: '1.2',
  StudyInstanceUID: '1.1',
  FrameOfReferenceUID: '1.9',
  Modality: 'CT',
  headers,
});
const read = { readable: true, findings: [] };
const codes = (check: { findings: readonly Finding[] }) => check.findings.map(({ code }) => code);

describe('planning image', () => {
  it('passes when all slices agree', () =>
    expect(checkImage(ct(series(10)), read)).toMatchObject({ status: 'PASS', findings: [] }));

  const faults: Array<[string, string, HeaderRecord[]]> = [
    ['WARNING', 'ct.thickness_varies', [...series(20), image(21, { SliceThickness: 2 })]],
    ['FAIL', 'ct.frame_varies', [...series(20), image(21, { FrameOfReferenceUID: '1.8' })]],
    ['FAIL', 'ct.size_varies', [...series(20), image(21, { Rows: 32 })]],
    ['FAIL', 'ct.pixel_spacing_varies', [...series(20), image(21, { PixelSpacing: [2, 2] })]],
    ['FAIL', 'ct.orientation_varies', [...series(20), image(21, { ImageOrientationPatient: [0, 1, 0, 0, 0, 1] })]],
    ['FAIL', 'ct.slice_missing', [...series(20), image(23)]],
    ['FAIL', 'ct.slice_duplicate', [...series(20), image(21, { ImagePositionPatient: [0, 0, 60] })]],
    ['FAIL', 'ct.position_missing', [...series(20), image(21, { ImagePositionPatient: undefined })]],
    ['WARNING', 'ct.spacing_varies', [...series(20), image(21, { ImagePositionPatient: [0, 0, 63.5] })]],
    ['WARNING', 'ct.tilt', series(10, { GantryDetectorTilt: 12 })],
    ['WARNING', 'ct.tilt', series(10).map((header, n) => ({ ...header, ImagePositionPatient: [0, n, 3 * n] }))],
    ['WARNING', 'ct.single_slice', series(1)],
    ['WARNING', 'ct.rescale_missing', series(3, { RescaleSlope: undefined })],
    ['PASS', 'ct.thickness_not_spacing', series(10, { SliceThickness: 5 })],
    [
      'PASS',
      'ct.oblique',
      series(10, { ImageOrientationPatient: [1, 0, 0, 0, Math.cos(0.2), Math.sin(0.2)] }).map((header, n) => ({
        ...header,
        ImagePositionPatient: [0, -3 * n * Math.sin(0.2), 3 * n * Math.cos(0.2)],
      })),
    ],
  ];
  it.each(faults)('%s for %s', (status, code, headers) => {
    const check = checkImage(ct(headers), read);
    expect(codes(check)).toContain(code);
    expect(check.status).toBe(status);
  });

  it('sees the last slice, not only the first ten', () =>
    expect(checkImage(ct([...series(300), image(301, { SliceThickness: 1 })]), read).status).toBe('WARNING'));

  it('takes over what reading found, and fails when it could not be read', () => {
    const missing: Finding = { code: 'slice.missing', severity: 'fail', message: '2 slices are missing' };
    const check = checkImage(ct([...series(20), image(23)]), { readable: true, findings: [missing] });
    expect(codes(check)).toEqual(['slice.missing']);
    const repeated: Finding = { code: 'series.several_times', severity: 'info', message: '2 images at each position' };
    expect(checkImage(ct([...series(5), ...series(5)]), { readable: true, findings: [repeated] }).status).toBe('PASS');
    expect(checkImage(ct(series(5)), { readable: false }).status).toBe('FAIL');
    expect(checkImage(ct(series(5)), undefined).status).toBe('WARNING');
  });
});

describe('plan', () => {
  const check = (...args: Parameters<typeof plan>) => checkPlan(courseOf([structures('3.1'), plan(...args)]));
  it('passes', () => expect(check('4.1')).toMatchObject({ status: 'PASS' }));
  it.each([
    ['rp.no_fraction_group', { fraction_groups: [] }],
    ['rp.no_beams', { beams: [], fraction_groups: [{ NumberOfFractionsPlanned: 1, beams: [] }] }],
    ['rp.no_fractions', { fraction_groups: [{ beams: [] }] }],
    ['rp.beam_count', { fraction_groups: [{ NumberOfFractionsPlanned: 1, NumberOfBeams: 3, beams: [] }] }],
    ['rp.rejected', { ApprovalStatus: 'REJECTED' }],
    ['rp.geometry', { RTPlanGeometry: 'TREATMENT_DEVICE' }],
    ['rp.intent', { PlanIntent: 'VERIFICATION' }],
    ['rp.beam_twice', { beams: [{ BeamNumber: 1 }, { BeamNumber: 1 }, { BeamNumber: 2 }] }],
  ])('warns of %s', (code, content) =>
    expect(check('4.1', content)).toMatchObject({
      status: 'WARNING',
      findings: expect.arrayContaining([expect.objectContaining({ code })]),
    }));
  it('fails for a beam that is not there', () =>
    expect(check('4.1', { beams: [{ BeamNumber: 1 }] })).toMatchObject({ status: 'FAIL' }));
  it('remarks that it is unapproved', () =>
    expect(codes(check('4.1', { ApprovalStatus: 'UNAPPROVED' }))).toEqual(['rp.not_approved']));
  it('is skipped without one', () => expect(checkPlan(courseOf([dose('5.1')])).status).toBe('SKIPPED'));
});

describe('dose', () => {
  const check = (...args: Parameters<typeof dose>) =>
    checkDose(courseOf([...series(3), structures('3.1'), plan('4.1'), dose(...args)]));
  it('passes', () => expect(check('5.1')).toMatchObject({ status: 'PASS', findings: [] }));
  it.each([
    ['FAIL', 'rd.scaling', { DoseGridScaling: undefined }, {}],
    ['FAIL', 'rd.scaling', { DoseGridScaling: 0 }, {}],
    ['WARNING', 'rd.type', { DoseType: 'EFFECTIVE' }, {}],
    ['WARNING', 'rd.units', { DoseUnits: undefined }, {}],
    ['WARNING', 'rd.units', { DoseUnits: 'RELATIVE' }, {}],
    ['WARNING', 'rd.summation', { DoseSummationType: undefined }, {}],
    ['FAIL', 'rd.offsets', { frame_offsets: { count: 9, first: 0, last: 24, step: 3 } }, {}],
    ['FAIL', 'rd.offsets', { frame_offsets: undefined }, {}],
    ['PASS', 'rd.uneven_planes', { frame_offsets: { count: 10, first: 0, last: 30 } }, {}],
    ['FAIL', 'rd.position', {}, { ImagePositionPatient: undefined }],
    ['FAIL', 'rd.no_pixels', {}, { pixel_data_bytes: undefined }],
    ['FAIL', 'rd.spacing', {}, { PixelSpacing: [0, 1] }],
  ] as const)('%s for %s', (status, code, content, change) => {
    const result = check('5.1', content as never, change as never);
    expect(codes(result)).toContain(code);
    expect(result.status).toBe(status);
  });
  it('warns when no dose is evaluated', () => {
    const unknown = { dose_references: [], fraction_groups: [] };
    const course = courseOf([
      structures('3.1'),
      plan('4.1', unknown),
      plan('4.2', unknown),
      dose('5.1'),
      dose('5.2', { ReferencedRTPlanUIDs: ['4.2'] }),
    ]);
    expect(checkDose(course)).toMatchObject({ status: 'WARNING' });
  });
});

describe('frames of reference and links', () => {
  it('agree', () =>
    expect(checkConsistency(courseOf([...series(3), structures('3.1'), plan('4.1'), dose('5.1')]))).toMatchObject({
      status: 'PASS',
    }));
  it('fail when the dose is elsewhere', () => {
    const check = checkConsistency(
      courseOf([...series(3), structures('3.1'), plan('4.1'), dose('5.1', {}, { FrameOfReferenceUID: '1.8' })]),
    );
    expect(check.status).toBe('FAIL');
    expect(check.reason).toContain('frames of reference');
  });
  it('a plan without frame is nothing to say', () =>
    expect(
      checkConsistency(
        courseOf([...series(3), structures('3.1'), plan('4.1', {}, { FrameOfReferenceUID: undefined }), dose('5.1')]),
      ).status,
    ).toBe('PASS'));
  it('links pass on what linking found', () => {
    expect(checkLinks(courseOf([structures('3.1'), plan('4.1')])).status).toBe('WARNING');
    expect(checkLinks(courseOf([...series(3), structures('3.1'), plan('4.1')])).status).toBe('PASS');
  });
});

describe('prescription', () => {
  const course = courseOf([...series(3), structures('3.1'), plan('4.1'), dose('5.1')]);
  const rx = { doseGy: 50, source: 'rtplan_dicom', reason: 'r' } as const;
  const ptv = (meanGy: number, maxGy = meanGy + 2) => [{ name: 'PTV', type: 'PTV', meanGy, maxGy }];
  it('fits the dose', () => expect(checkPrescription(course, rx, ptv(50))).toMatchObject({ status: 'PASS' }));
  it.each([
    ['prescription.targets_below', rx, ptv(2)],
    ['prescription.dose_above', rx, ptv(50, 80)],
    ['prescription.unknown', { source: 'none', reason: 'nothing' } as const, ptv(50)],
    ['prescription.implausible', { ...rx, doseGy: 5000 }, ptv(5000)],
    ['prescription.estimated', { ...rx, source: 'estimated_ctv1_d95' } as const, ptv(50)],
  ])('%s', (code, prescription, rois) =>
    expect(checkPrescription(course, prescription, rois)).toMatchObject({
      status: 'WARNING',
      findings: [expect.objectContaining({ code })],
    }));
});

describe('structures', () => {
  const roi = (change: Partial<StructureFacts>): StructureFacts => ({
    number: 1,
    name: 'PTV',
    type: 'PTV',
    contours: 9,
    findings: [],
    volumeCc: 100,
    coveredFraction: 1,
    contourVolumeCc: 101,
    box: { begin: [5, 5, 5], end: [20, 20, 20] },
    imageSize: [64, 64, 30],
    ...change,
  });
  const found = (code: string, severity: Finding['severity']): Finding => ({ code, severity, message: 'm' });

  it('pass', () => {
    const rois = [roi({})];
    for (const check of [
      checkStructures(rois),
      checkCropping(rois, true),
      checkCoverage(rois, undefined),
      checkVolumes(rois, undefined),
    ])
      expect(check.status).toBe('PASS');
  });
  it('empty and degenerate ones are told', () => {
    expect(checkStructures([roi({ findings: [found('roi.degenerate', 'warn')] })])).toMatchObject({
      status: 'WARNING',
    });
    expect(checkStructures([roi({ contours: 0 })])).toMatchObject({ status: 'FAIL' });
    expect(checkStructures([])).toMatchObject({ status: 'FAIL' });
    expect(checkStructures(undefined).status).toBe('SKIPPED');
  });
  it('a border in the plane warns, a border in z is a remark, a couch is neither', () => {
    const touching = (begin: [number, number, number], change: Partial<StructureFacts> = {}) =>
      checkCropping([roi({ box: { begin, end: [20, 20, 20] }, ...change })], true);
    expect(touching([0, 5, 5])).toMatchObject({ status: 'WARNING', findings: [{ code: 'roi.touches_border' }] });
    expect(touching([5, 5, 0])).toMatchObject({
      status: 'PASS',
      findings: [{ code: 'roi.touches_end', severity: 'info' }],
    });
    expect(touching([0, 0, 0], { name: 'CouchSurface' }).findings).toEqual([]);
    expect(touching([0, 0, 0], { name: 'x', type: 'SUPPORT' }).findings).toEqual([]);
    expect(touching([20, 5, 5])).toMatchObject({ findings: [{ code: 'roi.outside_image' }] });
    expect(checkCropping([roi({})], false).status).toBe('SKIPPED');
  });
  it('a part outside the dose grid warns, for the body it is a remark', () => {
    expect(checkCoverage([roi({ coveredFraction: 0.6 })], undefined)).toMatchObject({ status: 'WARNING' });
    expect(
      checkCoverage([roi({ findings: [found('dose.partial_coverage', 'warn')], coveredFraction: 0.6 })], undefined)
        .findings,
    ).toHaveLength(1);
    expect(
      checkCoverage(
        [roi({ name: 'BODY', type: 'EXTERNAL', findings: [found('dose.partial_coverage', 'warn')] })],
        undefined,
      ),
    ).toMatchObject({ status: 'PASS', findings: [{ severity: 'info' }] });
    expect(checkCoverage([roi({})], 'no dvh').status).toBe('SKIPPED');
  });
  it('volumes more than 5 % and 0.1 cc apart warn', () => {
    expect(checkVolumes([roi({ contourVolumeCc: 94 })], undefined).status).toBe('WARNING');
    expect(checkVolumes([roi({ contourVolumeCc: 96 })], undefined).status).toBe('PASS');
    expect(checkVolumes([roi({ volumeCc: 0.3, contourVolumeCc: 0.21 })], undefined).status).toBe('PASS');
    expect(checkVolumes([roi({ contourVolumeCc: undefined })], undefined).status).toBe('SKIPPED');
  });
});

it('the worst check is the course, skipped ones count for nothing', () => {
  const pass = judge('links', [], 'fine');
  const warn = judge('links', [{ code: 'x', severity: 'warn', message: 'm' }], '');
  const fail = judge(
    'links',
    [
      { code: 'x', severity: 'fail', message: 'm' },
      { code: 'y', severity: 'fail', message: 'n' },
    ],
    '',
  );
  expect(overallStatus([pass, skipped('volumes', 'none')])).toBe('PASS');
  expect(overallStatus([pass, warn])).toBe('WARNING');
  expect(overallStatus([pass, warn, fail])).toBe('FAIL');
  expect(fail.reason).toBe('m (and 1 more)');
  const row = qcRow(
    courseOf([...series(3), structures('3.1')]),
    [fail, skipped('volumes', 'none')],
    'qc_reports/qc_report.json',
  );
  checkTable({ name: 'qc_reports', title: '', columns: QC_COLUMNS, rows: [row] });
  expect(row).toMatchObject({ overall_status: 'FAIL', links: 'FAIL', volumes: 'SKIPPED', findings_fail: 2 });
});
