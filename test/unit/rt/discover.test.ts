import { describe, expect, it } from 'vitest';

import type { HeaderRecord } from '../../../lib/native/dicom-types.js';
import { arrange } from '../../../lib/rt/discover.js';
import type { Course, Finding } from '../../../lib/rt/model.js';
import { runConfigSchema } from '../../../lib/rt/run-config.js';
import { config, dose, image, plan, ROOT, record, series, structures } from './records.js';

const discover = (objects: HeaderRecord[], organize: object = {}) =>
  arrange(ROOT, objects, runConfigSchema.parse({ ...config, organize }));
const only = (objects: HeaderRecord[], organize: object = {}): Course => {
  const { courses } = discover(objects, organize);
  expect(courses).toHaveLength(1);
  return courses[0] as Course;
};
const codes = (findings: readonly Finding[]) =>
  findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code);
const rule = (course: Course, kind: string) =>
  course.links.filter((link) => link.kind === kind).map((link) => link.rule);

describe('a complete set', () => {
  it('becomes one course, linked by references', () => {
    const course = only([...series(10), structures('3.1'), plan('4.1'), dose('5.1')]);
    expect(course).toMatchObject({
      patientId: 'P1',
      PatientID: 'P1',
      courseId: '2020-01',
      ct: { SeriesInstanceUID: '1.2' },
      primaryStructures: { SOPInstanceUID: '3.1' },
      primaryPlan: { SOPInstanceUID: '4.1' },
      doseChoice: { doseClass: 'single' },
    });
    expect(rule(course, 'plan-structures')).toEqual(['ReferencedStructureSetSequence']);
    expect(rule(course, 'dose-plan')).toEqual(['ReferencedRTPlanSequence']);
    expect(rule(course, 'structures-images')).toEqual(['ReferencedSeriesSequence']);
    expect(codes(course.findings)).toEqual([]);
    expect(course.links.every(({ reason }) => reason.length > 10)).toBe(true);
  });

  it('is the same whatever the order of the files', () => {
    const objects = [
      ...series(5),
      structures('3.1'),
      plan('4.1'),
      plan('4.2', { RTPlanLabel: 'boost' }),
      dose('5.1'),
      dose('5.2', { ReferencedRTPlanUIDs: ['4.2'] }),
    ];
    const plain = (one: HeaderRecord[]) =>
      JSON.stringify(
        discover(one).courses.map(({ courseId, doseChoice, primaryPlan }) => [courseId, doseChoice, primaryPlan]),
      );
    expect(plain([...objects].reverse())).toBe(plain(objects));
  });

  it('without CT is a full course', () => {
    const course = only([structures('3.1', { ReferencedSeriesUIDs: ['1.2'] }), plan('4.1'), dose('5.1')]);
    expect(course.ct).toBeUndefined();
    expect(course.doseChoice.doseClass).toBe('single');
    expect(course.primaryStructures).toBeDefined();
    expect(codes(course.findings)).toEqual(['link.dangling_reference', 'link.no_image']);
  });

  it('with Modality of another kind is taken by its class', () => {
    const wrong = structures('3.1', {}, { Modality: 'RTDOSE', modality_mismatch: true });
    const course = only([...series(3), wrong, plan('4.1'), dose('5.1')]);
    expect(course.structures).toHaveLength(1);
    expect(codes(course.findings)).toEqual(['header.modality_mismatch']);
  });

  it('counts files without preamble', () => {
    const course = only([...series(3, { no_meta: true }), structures('3.1')]);
    expect(course.findings).toContainEqual(expect.objectContaining({ code: 'file.no_meta', context: { count: 3 } }));
  });
});

describe('links', () => {
  it('a plan without structure set reference takes the newest in its frame, and says so', () => {
    const older = structures('3.0', { StructureSetDate: '20191201' });
    const newer = structures('3.1', { StructureSetDate: '20200104' });
    const course = only([...series(3), older, newer, plan('4.1', { ReferencedStructureSetUIDs: [] })]);
    expect(course.links).toContainEqual(
      expect.objectContaining({ kind: 'plan-structures', to: '3.1', rule: 'FrameOfReferenceUID' }),
    );
    expect(course.findings).toContainEqual(expect.objectContaining({ code: 'link.by_frame_of_reference' }));
  });

  it('a dangling structure set reference is reported even when the frame helps', () => {
    const course = only([
      ...series(3),
      structures('3.1'),
      plan('4.1', { ReferencedStructureSetUIDs: ['3.9'] }),
      dose('5.1'),
    ]);
    expect(codes(course.findings)).toEqual(['link.dangling_reference', 'link.by_frame_of_reference']);
    expect(course.primaryStructures?.SOPInstanceUID).toBe('3.1');
  });

  it('a plan without a frame uses that of the dose that names it', () => {
    const course = only([
      ...series(3),
      structures('3.1'),
      plan('4.1', { ReferencedStructureSetUIDs: [] }, { FrameOfReferenceUID: undefined }),
      dose('5.1'),
    ]);
    expect(rule(course, 'plan-structures')).toEqual(['FrameOfReferenceUID']);
  });

  it('a dose is linked to all plans that it names', () => {
    const course = only([
      ...series(3),
      structures('3.1'),
      plan('4.1'),
      plan('4.2'),
      dose('5.1', { DoseSummationType: 'MULTI_PLAN', ReferencedRTPlanUIDs: ['4.1', '4.2'] }),
    ]);
    expect(course.links.filter(({ kind }) => kind === 'dose-plan').map(({ to }) => to)).toEqual(['4.1', '4.2']);
  });

  it('a dose without plan reference is tied to the only plan that fits, not to one of two', () => {
    const free = dose('5.1', { ReferencedRTPlanUIDs: [] });
    const one = only([...series(3), structures('3.1'), plan('4.1'), free]);
    expect(rule(one, 'dose-plan')).toEqual(['FrameOfReferenceUID']);
    expect(codes(one.findings)).toEqual(['link.dose_without_reference']);
    const two = only([...series(3), structures('3.1'), plan('4.1'), plan('4.2'), free]);
    expect(rule(two, 'dose-plan')).toEqual([]);
    expect(two.doses).toHaveLength(1);
    expect(codes(two.findings)).toEqual(['link.orphan_dose']);
  });

  it('a dose of an absent plan stays, and is never given to another plan', () => {
    const course = only([...series(3), structures('3.1'), plan('4.1'), dose('5.1', { ReferencedRTPlanUIDs: ['4.9'] })]);
    expect(rule(course, 'dose-plan')).toEqual([]);
    expect(codes(course.findings)).toEqual(['link.dangling_reference', 'link.orphan_dose']);
    expect(course.doseChoice).toMatchObject({ doseClass: 'single' });
  });

  it('a dose alone is a course', () => {
    const course = only([dose('5.1')]);
    expect(course).toMatchObject({ courseId: '2020-01', doses: [{ SOPInstanceUID: '5.1' }], plans: [] });
  });

  it('images by contour references when the series is not named', () => {
    const course = only([
      ...series(3),
      ...series(5, { SeriesInstanceUID: '1.3' }),
      structures('3.1', { ReferencedSeriesUIDs: [], ReferencedSOPInstanceUIDs: ['1.2.1', '1.2.2', '1.2.7'] }),
    ]);
    expect(course.ct?.SeriesInstanceUID).toBe('1.2');
    expect(rule(course, 'structures-images')).toEqual(['ReferencedSOPInstanceUID']);
    expect(codes(course.findings)).toEqual(['link.missing_slices']);
    expect(course.otherImages.map((one) => one.SeriesInstanceUID)).toEqual(['1.3']);
  });

  it('images by frame when nothing is named: the largest of the study', () => {
    const course = only([
      ...series(3),
      ...series(5, { SeriesInstanceUID: '1.3' }),
      structures('3.1', { ReferencedSeriesUIDs: [] }),
    ]);
    expect(course.ct?.SeriesInstanceUID).toBe('1.3');
    expect(rule(course, 'structures-images')).toEqual(['FrameOfReferenceUID']);
  });

  describe('references to absent images', () => {
    const drawnElsewhere = (change = {}) =>
      structures('3.1', { ReferencedSeriesUIDs: ['1.7'], ReferencedSOPInstanceUIDs: ['1.7.1'] }, change);

    it('mean the only CT of the study in the same frame, and say so', () => {
      const course = only([...series(5), ...series(9, { SeriesInstanceUID: '1.3', Modality: 'PT' }), drawnElsewhere()]);
      expect(course.ct?.SeriesInstanceUID).toBe('1.2');
      expect(rule(course, 'structures-images')).toEqual(['FrameOfReferenceUID']);
      expect(codes(course.findings)).toEqual(['link.dangling_reference', 'link.by_frame_of_reference']);
      expect(course.findings.map(({ severity }) => severity)).toEqual(['warn', 'warn']);
    });

    it('mean none of two CTs, none of another frame and no other modality', () => {
      for (const images of [
        [...series(5), ...series(5, { SeriesInstanceUID: '1.3' })],
        series(5, { FrameOfReferenceUID: '1.8' }),
        series(5, { Modality: 'MR' }),
      ]) {
        const { courses } = discover([...images, drawnElsewhere()]);
        expect(courses.flatMap(({ links }) => links)).toEqual([]);
        const [course] = courses.filter(({ structures }) => structures.length > 0);
        expect(course?.ct).toBeUndefined();
        expect(codes(course?.findings ?? [])).toEqual(['link.dangling_reference', 'link.no_image']);
      }
    });
  });

  it('two named series: the one with most slices', () => {
    const course = only([
      ...series(3),
      ...series(5, { SeriesInstanceUID: '1.3' }),
      structures('3.1', { ReferencedSeriesUIDs: ['1.2', '1.3'] }),
    ]);
    expect(course.ct?.SeriesInstanceUID).toBe('1.3');
  });

  it('another frame than the image is reported', () => {
    const course = only([...series(3, { FrameOfReferenceUID: '1.8' }), structures('3.1')]);
    expect(course.ct).toBeDefined();
    expect(codes(course.findings)).toEqual(['link.frame_mismatch']);
  });

  it('treatment records go with their plan; one without is refused with its reason', () => {
    const { courses, refusals } = discover([
      ...series(3),
      structures('3.1'),
      plan('4.1'),
      record('6.1'),
      record('6.2', { plan: '4.9' }),
    ]);
    expect(courses[0]?.records.map((one) => one.SOPInstanceUID)).toEqual(['6.1']);
    expect(refusals).toMatchObject([{ code: 'link.orphan_record', severity: 'warn' }]);
  });

  it('registered images follow the registration', () => {
    const mr = series(4, {
      SeriesInstanceUID: '1.5',
      FrameOfReferenceUID: '1.7',
      Modality: 'MR',
      StudyInstanceUID: '2.1',
    });
    const reg: HeaderRecord = {
      path: `${ROOT}/reg.dcm`,
      size: 1,
      status: 'dicom',
      kind: 'reg',
      PatientID: 'P1',
      SOPInstanceUID: '7.1',
      reg: { FrameOfReferenceUIDs: ['1.9', '1.7'], ReferencedSeriesUIDs: ['1.5', '1.99'] },
    };
    const course = only([...series(3), structures('3.1'), plan('4.1'), ...mr, reg]);
    expect(course.otherImages.map((one) => one.SeriesInstanceUID)).toEqual(['1.5']);
    expect(course.registrations).toHaveLength(1);
    expect(codes(course.findings)).toEqual(['link.dangling_reference']);
  });
});

describe('patients are never mixed', () => {
  it('a reference into another patient is a failure finding and not followed', () => {
    const { courses } = discover([
      ...series(3, { PatientID: 'P2' }),
      structures('3.1'),
      plan('4.1', {}, { PatientID: 'P2' }),
      dose('5.1'),
    ]);
    expect(
      courses.map(({ patientId, ct, structures: sets, plans, doses }) => [
        patientId,
        ct !== undefined,
        sets.length,
        plans.length,
        doses.length,
      ]),
    ).toEqual([
      ['P1', false, 1, 0, 1],
      ['P2', true, 0, 1, 0],
    ]);
    expect(
      courses[0]?.findings.filter(({ code }) => code === 'link.other_patient').map(({ severity }) => severity),
    ).toEqual(['fail', 'fail']);
    expect(codes(courses[1]?.findings ?? [])).toContain('link.other_patient');
  });

  it('patients whose names a file system would confuse get folders of their own', () => {
    const { courses } = discover(
      ['abc', 'ABC', '../x', ''].map((PatientID, n) => dose(`5.${n}`, {}, { PatientID, StudyInstanceUID: `1.${n}` })),
    );
    const folders = courses.map(({ patientId }) => patientId.toLowerCase());
    expect(new Set(folders).size).toBe(4);
    expect(folders.some((name) => /^unknown-[0-9a-f]{8}$/.test(name))).toBe(true);
    expect(folders.every((name) => /^[a-z0-9][a-z0-9._-]*$/.test(name))).toBe(true);
  });

  it('two studies without PatientID are two patients', () => {
    const { courses } = discover([
      dose('5.1', {}, { PatientID: '' }),
      dose('5.2', {}, { PatientID: '', StudyInstanceUID: '1.7' }),
    ]);
    expect(new Set(courses.map(({ patientId }) => patientId)).size).toBe(2);
  });
});

describe('courses', () => {
  const second = [
    ...series(4, { SeriesInstanceUID: '2.2', StudyInstanceUID: '2.1' }),
    structures('3.2', { ReferencedSeriesUIDs: ['2.2'] }, { StudyInstanceUID: '2.1' }),
    plan('4.2', { ReferencedStructureSetUIDs: ['3.2'], RTPlanDate: '20200125' }, { StudyInstanceUID: '2.1' }),
    dose('5.2', { ReferencedRTPlanUIDs: ['4.2'] }, { StudyInstanceUID: '2.1' }),
  ];
  const first = [...series(3), structures('3.1'), plan('4.1'), dose('5.1')];

  it('one per CT study, numbered within a month', () => {
    const { courses } = discover([...first, ...second]);
    expect(courses.map(({ courseId, primaryPlan }) => [courseId, primaryPlan?.SOPInstanceUID])).toEqual([
      ['2020-01', '4.1'],
      ['2020-01_2', '4.2'],
    ]);
  });

  it('one per frame of reference when asked', () => {
    const course = only([...first, ...second], { mergeCriteria: 'frame_of_reference' });
    expect(course.plans).toHaveLength(2);
  });

  it('are split when plans are further apart than maxDays', () => {
    const late = [plan('4.3', { RTPlanDate: '20200401' }), dose('5.3', { ReferencedRTPlanUIDs: ['4.3'] })];
    const { courses } = discover([...first, ...late], { maxDays: 30 });
    expect(
      courses.map(({ courseId, plans, doses, structures: sets }) => [
        courseId,
        plans.length,
        doses.length,
        sets.length,
      ]),
    ).toEqual([
      ['2020-01', 1, 1, 1],
      ['2020-04', 1, 1, 1],
    ]);
    expect(courses.every(({ findings }) => findings.some(({ code }) => code === 'course.split'))).toBe(true);
    expect(discover([...first, ...late], { maxDays: 365 }).courses).toHaveLength(1);
  });

  it('undated objects give 0000-00', () => {
    const course = only([dose('5.1', {}, { StudyDate: undefined })]);
    expect(course.courseId).toBe('0000-00');
  });

  it('an impossible date is no date', () => {
    const course = only([plan('4.1', { RTPlanDate: '20201399' }), structures('3.1', { ReferencedSeriesUIDs: [] })]);
    expect(course.courseId).toBe('2020-01');
  });

  it('structures alone are a course', () => {
    expect(only([...series(3), structures('3.1')])).toMatchObject({
      courseId: '2020-01',
      plans: [],
      doseChoice: { doseClass: 'none' },
    });
  });

  it('images alone are a course for each volume; others are listed', () => {
    const us = image(1, { SeriesInstanceUID: '8.1', Modality: 'US' });
    const scout = image(1, { SeriesInstanceUID: '8.2', ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] });
    const loose = image(1, { SeriesInstanceUID: '8.3', ImagePositionPatient: undefined });
    const seg: HeaderRecord = { ...image(1), kind: 'seg', SOPInstanceUID: '9.1', path: `${ROOT}/seg.dcm` };
    const { courses, refusals } = discover([...series(3), us, scout, loose, seg]);
    expect(courses.map(({ ct }) => ct?.SeriesInstanceUID)).toEqual(['1.2']);
    expect(refusals.map(({ code }) => code).sort()).toEqual([
      'object.no_course',
      'series.no_course',
      'series.no_course',
      'series.no_course',
    ]);
  });

  it('a series of mixed sizes keeps its larger part', () => {
    const { courses, refusals } = discover([...series(5), image(9, { Rows: 32 }), structures('3.1')]);
    expect(courses[0]?.ct?.headers).toHaveLength(5);
    expect(refusals).toMatchObject([{ code: 'series.mixed' }]);
    expect(codes(courses[0]?.findings ?? [])).toEqual(['series.mixed']);
  });

  it('the main structure set is that of the main plan; else the newest approved', () => {
    const other = structures('3.2', { StructureSetDate: '20200301', ApprovalStatus: 'APPROVED' });
    expect(
      only([...series(3), structures('3.1'), other, plan('4.1'), dose('5.1')]).primaryStructures?.SOPInstanceUID,
    ).toBe('3.1');
    expect(
      only([...series(3), structures('3.1', { StructureSetDate: '20200401' }), other]).primaryStructures
        ?.SOPInstanceUID,
    ).toBe('3.2');
  });

  it('the main plan of a boosted treatment is not the boost', () => {
    const course = only([
      ...first,
      plan('4.0', { RTPlanLabel: 'boost', RTPlanDate: '20200101' }),
      dose('5.0', { ReferencedRTPlanUIDs: ['4.0'] }),
    ]);
    expect(course.doseChoice).toMatchObject({ doseClass: 'boost-summed', sum: true });
    expect(course.primaryPlan?.SOPInstanceUID).toBe('4.1');
  });
});
