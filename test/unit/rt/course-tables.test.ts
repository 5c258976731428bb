import { describe, expect, it } from 'vitest';

import type { HeaderRecord } from '../../../lib/native/dicom-types.js';
import { CASE_METADATA_COLUMNS, caseMetadataRow } from '../../../lib/rt/case-metadata.js';
import { arrange } from '../../../lib/rt/discover.js';
import { FRACTIONS_COLUMNS, fractionRows } from '../../../lib/rt/fractions.js';
import { copiesOf } from '../../../lib/rt/layout.js';
import type { Course } from '../../../lib/rt/model.js';
import { QC_COLUMNS } from '../../../lib/rt/qc-columns.js';
import { checkTable } from '../../../lib/table/columns.js';
import { config, dose, plan, ROOT, record, series, structures } from './records.js';

const courseOf = (objects: HeaderRecord[]): Course => arrange(ROOT, objects, config).courses[0] as Course;
const full = [...series(10), structures('3.1'), plan('4.1'), dose('5.1')];

describe('case_metadata', () => {
  it('has about a hundred documented columns and fits them', () => {
    expect(CASE_METADATA_COLUMNS.length).toBeGreaterThan(100);
    for (const objects of [full, series(3), [dose('5.1')], [plan('4.1')], [structures('3.1')]]) {
      const row = caseMetadataRow(courseOf(objects), config);
      expect(Object.keys(row)).toEqual(CASE_METADATA_COLUMNS.map(({ name }) => name));
      checkTable({ name: 'case_metadata', title: '', columns: CASE_METADATA_COLUMNS, rows: [row] });
    }
  });

  it('says what the headers say', () => {
    expect(caseMetadataRow(courseOf(full), config)).toMatchObject({
      PatientID: 'P1',
      image_slices: 10,
      image_slice_spacing_mm: 3,
      image_extent_mm: 27,
      plan_label: 'prostate',
      prescription_gy: 50,
      prescription_source: 'rtplan_dicom',
      fractions_planned: 25,
      fraction_dose_gy: 2,
      plan_meterset: 200,
      ptv_count: 1,
      dose_class: 'single',
      dose_spacing_plane_mm: 3,
      structures_image_rule: 'ReferencedSeriesSequence',
    });
  });

  it('never has a name or birth date', () => {
    const leaky = {
      ...plan('4.1'),
      PatientName: 'DOE^JANE',
      PatientBirthDate: '19500101',
      OperatorsName: 'SMITH',
    } as HeaderRecord;
    const row = JSON.stringify(caseMetadataRow(courseOf([...full.slice(0, 11), leaky]), config));
    expect(row).not.toMatch(/DOE|JANE|19500101|SMITH/);
  });
});

describe('fractions', () => {
  it('merges records of one fraction and numbers by record', () => {
    const course = courseOf([
      ...full,
      record('6.1', { fraction: 1 }),
      record('6.2', { fraction: 1 }),
      record('6.3', { on: '20200111', fraction: 2 }),
    ]);
    const rows = fractionRows(course);
    expect(rows).toMatchObject([
      {
        fraction_number: 1,
        fraction_number_source: 'record',
        merged_records: 2,
        delivered_meterset: 200,
        machine: 'LINAC1',
        treatment_time: '101500',
      },
      { fraction_number: 2, merged_records: 1, treatment_date: '20200111' },
    ]);
    checkTable({ name: 'fractions', title: '', columns: FRACTIONS_COLUMNS, rows });
  });

  it('numbers by the rank of the date, for each plan, where the record does not say', () => {
    const course = courseOf([
      ...full,
      plan('4.2', { RTPlanLabel: 'b' }),
      record('6.3', { on: '20200112' }),
      record('6.1'),
      record('6.2', { on: '20200112', plan: '4.2' }),
    ]);
    expect(
      fractionRows(course).map((row) => [
        row.plan_sop_instance_uid,
        row.treatment_date,
        row.fraction_number,
        row.fraction_number_source,
      ]),
    ).toEqual([
      ['4.1', '20200110', 1, 'date_rank'],
      ['4.2', '20200112', 1, 'date_rank'],
      ['4.1', '20200112', 2, 'date_rank'],
    ]);
  });

  it('has no number without date and record', () => {
    const [row] = fractionRows(courseOf([...full, record('6.1', { on: '' })]));
    expect(row).toMatchObject({ fraction_number: null, treatment_date: '' });
  });
});

describe('copies', () => {
  it('go where the layout says, each target once', () => {
    const to = copiesOf(courseOf([...full, record('6.1')]), true).map((task) => task.to);
    expect(to).toEqual([...new Set(to)].sort());
    expect(to).toEqual(
      expect.arrayContaining([
        'RP.dcm',
        'RD.dcm',
        'RS.dcm',
        'DICOM/CT/1.2.1.dcm',
        'DICOM/RTPLAN/4.1.dcm',
        'DICOM/RTDOSE/5.1.dcm',
        'DICOM/RTSTRUCT/3.1.dcm',
        'DICOM/RTRECORD/6.1.dcm',
      ]),
    );
    expect(copiesOf(courseOf(full), false).some(({ to: one }) => one.includes('/CT/'))).toBe(false);
  });

  it('stay inside the course folder whatever the UIDs and modalities are', () => {
    const evil = series(2, { SeriesInstanceUID: '../../up', Modality: '../CT' });
    const course: Course = {
      ...courseOf(full),
      ct: { SeriesInstanceUID: '..', StudyInstanceUID: '', FrameOfReferenceUID: '', Modality: '../CT', headers: evil },
      otherImages: [
        { SeriesInstanceUID: '../../up', StudyInstanceUID: '', FrameOfReferenceUID: '', Modality: 'MR', headers: evil },
      ],
    };
    for (const { to } of copiesOf(course, true)) expect(to).toMatch(/^([A-Za-z0-9_.-]+\/)*[A-Za-z0-9.-]+\.dcm$/);
    expect(copiesOf(course, true).some(({ to }) => to.includes('..'))).toBe(false);
  });
});

it('column names differ within each table and all are documented', () => {
  for (const columns of [CASE_METADATA_COLUMNS, FRACTIONS_COLUMNS, QC_COLUMNS]) {
    expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
    expect(columns.every(({ definition }) => definition.length > 3)).toBe(true);
  }
});
