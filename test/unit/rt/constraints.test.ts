import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { doseMetrics } from '../../../lib/native/dose.js';
import { evaluateConstraints, KNOWN_SHEETS, loadConstraintSheets } from '../../../lib/rt/constraints.js';
import { temporaryFolder } from '../../fixtures/index.js';

const identity = { patient_id: 'P', course_id: 'C', ROI_Number: 1, ROI_Name: 'Rectum' };

describe('constraint sheets', () => {
  it('give a row for each limit on a matching structure, with pass, fail and unknown', () => {
    const constraint = { roi: ['rect*'], unit: 'Gy', endpoint: '' };
    const sheet = {
      name: 'S',
      source: 'a paper',
      constraints: [
        { ...constraint, metric: 'Dmean', atMost: 40 },
        { ...constraint, metric: 'D95%', atLeast: 40 },
        { ...constraint, metric: 'D2cc', atMost: 40 },
        { ...constraint, roi: ['bladder'], metric: 'Dmean', atMost: 1 },
      ],
    };
    const values: Record<string, number | null> = { Dmean: 40, 'D95%': 39.9, D2cc: null };
    const rows = evaluateConstraints([sheet], identity, (metric) => values[metric] ?? null);
    expect(rows.map((row) => [row.metric, row.comparison, row.limit, row.value, row.result])).toEqual([
      ['Dmean', '<=', 40, 40, 'pass'],
      ['D95%', '>=', 40, 39.9, 'fail'],
      ['D2cc', '<=', 40, null, 'unknown'],
    ]);
  });

  it('that come with the package can be read, and their metrics exist', async () => {
    const sheets = await loadConstraintSheets(KNOWN_SHEETS, '.');
    expect(sheets.map((sheet) => sheet.name)).toEqual(['QUANTEC', 'SBRT one fraction']);
    for (const { constraints, source } of sheets) {
      expect(source).toMatch(/\(20\d\d\)/);
      for (const { metric } of constraints) {
        // A metric the core does not know is refused by name; a wrong handle is what is complained of here.
        expect(() => doseMetrics({ dvh: {} as never, names: [metric] })).toThrow(/dvh/);
        expect(metric).toMatch(/^(Dmean|Dmax|D[\d.]+(cc|%)|V[\d.]+Gy(cc)?)$/);
      }
    }
  });

  it('are refused with file, line and what was expected', async () => {
    const file = join(temporaryFolder(), 'mine.yaml');
    writeFileSync(file, 'name: mine\nconstraints:\n  - roi: [PTV]\n    metric: D95%\n');
    await expect(loadConstraintSheets([file], '.')).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/mine\.yaml:3: .*atMost, atLeast/),
    });
    await expect(loadConstraintSheets(['quantek'], '.')).rejects.toThrow(/quantec, sbrt-spine/);
    await expect(loadConstraintSheets(['nowhere.yaml'], '.')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});
