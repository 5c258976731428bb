/**
 * The main job on a folder of real data: RT sets, image series, radiomics data and hostile files in one go. Expected
 * doses are those of the planning systems, in the tables beside the data (Eclipse 8.1; the DVHs stored in an RTDOSE).
 */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { packageRoot } from '../../lib/runtime/package-root.js';
import { parseCsv } from '../fixtures/csv.js';
import { sharedData, temporaryFolder } from '../fixtures/index.js';

const data = sharedData ?? '';

describe.skipIf(sharedData === undefined)('isovox run on real data', () => {
  const out = temporaryFolder();
  let code = -1;
  let metrics: Record<string, string>[] = [];

  beforeAll(async () => {
    const main = join(packageRoot, 'dist/cli/main.js');
    code = await new Promise<number>((resolve) => {
      execFile(
        process.execPath,
        [main, 'run', '--dicom-root', data, '--outdir', out, '-q', '--workers', '2'],
        (error) => resolve(error ? Number(error.code) : 0),
      );
    });
    metrics = parseCsv(join(out, '_RESULTS/dvh_metrics.csv'));
  });

  const row = (patient: string, roi: string): Record<string, string> =>
    metrics.find((one) => one.patient_id === patient && one.ROI_Name === roi) ?? {};

  it('ends well and makes every RT set a course', () => {
    expect(code).toBe(0);
    const patients = new Set(parseCsv(join(out, '_RESULTS/case_metadata.csv')).map((one) => one.patient_id));
    for (const patient of ['HNC-0522c0009', 'OPENKBP-pt_1', 'TEST PHYS PROSTATE', 'id', '1', 'STS_001']) {
      expect(patients, patient).toContain(patient);
    }
    const measured = new Set(metrics.filter((one) => one.DmeanGy !== '').map((one) => one.patient_id));
    expect([...measured].sort()).toEqual(['HNC-0522c0009', 'OPENKBP-pt_1', 'TEST PHYS PROSTATE', 'id']);
  });

  it('gives a reason for every file that takes no part', () => {
    const failures = parseCsv(join(out, '_RESULTS/failures.csv'));
    for (const path of [
      'hostile/dicom/rtplan_truncated.dcm',
      'hostile/nifti/crash-1.nii',
      'SOURCES.md',
      'hostile/dicom/MR_truncated.dcm',
    ]) {
      expect(failures.find((one) => one.path === path)?.reason, path).toMatch(/\w+ \w+/);
    }
    expect(failures.every((one) => one.code !== '' && one.reason !== '')).toBe(true);
    expect(failures.some((one) => one.path?.startsWith('/'))).toBe(false);
  });

  it('agrees with Eclipse on the prostate plan: means within 0.1 Gy, BODY 0.2', () => {
    const table = readFileSync(join(data, 'rt-eclipse-prostate/expected/EclipseProstate_DvhTable_Eclipse.csv'), 'utf8');
    const [header = '', ...lines] = table.trim().split('\n');
    const names: Record<string, string> = {
      BODY: 'BODY',
      Bladder: 'Bladder',
      FemoralHeadLt: 'Femoral Head Lt',
      FemoralHeadRT: 'Femoral Head RT',
      PTV: 'PTV',
      Rectum: 'Rectum',
    };
    const columns = header.split(',');
    const rows = lines
      .map((line) => line.split(',').map(Number))
      // One line of the table (after 35.558 Gy) has a dose out of order.
      .filter((one, i, all) => i === 0 || (one[0] ?? 0) > (all[i - 1]?.[0] ?? 0));
    for (const [eclipse, ours] of Object.entries(names)) {
      const column = columns.findIndex((name) => name.startsWith(`${eclipse}_DvhArray Dose`));
      expect(column, eclipse).toBeGreaterThanOrEqual(0);
      // Mean of a cumulative curve: the area under it.
      let mean = 0;
      for (let i = 1; i < rows.length; i++) {
        const [before, after] = [rows[i - 1] ?? [], rows[i] ?? []];
        const step = (after[column] ?? 0) - (before[column] ?? 0);
        if (step > 0) mean += (step * ((after[column + 1] ?? 0) + (before[column + 1] ?? 0))) / 200;
      }
      const measured = Number(row('TEST PHYS PROSTATE', ours).DmeanGy);
      expect(Math.abs(measured - mean), `${ours}: ${measured} for ${mean}`).toBeLessThan(ours === 'BODY' ? 0.2 : 0.1);
    }
  });

  it('agrees with the planning system on the breast plan: means within 2 % or 0.1 Gy', () => {
    const expected = JSON.parse(readFileSync(join(data, 'rt-breast/expected/tps_dvh_stats.json'), 'utf8')) as {
      structures: Record<string, { mean_Gy: number }>;
    };
    expect(Object.keys(expected.structures).length).toBeGreaterThan(8);
    for (const [name, { mean_Gy: mean }] of Object.entries(expected.structures)) {
      const measured = Number(row('id', name).DmeanGy);
      expect(Math.abs(measured - mean), `${name}: ${measured} for ${mean}`).toBeLessThan(Math.max(0.1, 0.02 * mean));
    }
  });
});
