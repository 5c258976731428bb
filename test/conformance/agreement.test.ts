/** Agreement of repeated measurements, held to pingouin, NumPy and SciPy on the same tables. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { distinctFeatures, featureAgreement } from '../../lib/native/radiomics.js';

const golden = readFileSync(resolve(import.meta.dirname, '../golden/agreement.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => {
    const [, subjects = '', times = '', values = '', ...numbers] = line.split(',');
    const [icc, low, high, cov, covQ1, covQ3, qcd] = numbers.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return {
      subjects: Number(subjects),
      times: Number(times),
      values: Float64Array.from(values.split(';').map(Number)),
      ...{ icc, low, high, cov, covQ1, covQ3, qcd },
    };
  });

describe('agreement of measurements', () => {
  it.each(golden)('$subjects subjects measured $times times', async ({ subjects, times, values, ...expected }) => {
    const [row] = await featureAgreement({ values, subjects, times });
    expect(row?.icc).toBeCloseTo(expected.icc, 9);
    expect(row?.iccLow).toBeCloseTo(expected.low, 9);
    expect(row?.iccHigh).toBeCloseTo(expected.high, 9);
    expect(row?.covPct).toBeCloseTo(expected.cov, 9);
    expect(row?.covQ1Pct).toBeCloseTo(expected.covQ1, 9);
    expect(row?.covQ3Pct).toBeCloseTo(expected.covQ3, 9);
    expect(row?.qcd).toBeCloseTo(expected.qcd, 9);
  });

  it('says nothing where nothing is defined', async () => {
    const [one, negative, flat, missing] = await featureAgreement({
      values: Float64Array.from([1, 2, 3, 4, -1, 2, 3, 4, 5, 5, 5, 5, Number.NaN, 2, 3, 4]),
      subjects: 2,
      times: 2,
    });
    expect(one?.icc).not.toBeNull();
    expect(negative?.covPct).toBeNull();
    expect(flat?.icc).toBeNull();
    expect(missing).toEqual(expect.objectContaining({ icc: null, covPct: null }));
    const [single] = await featureAgreement({ values: Float64Array.of(1, 2, 3), subjects: 1, times: 3 });
    expect(single?.icc).toBeNull();
    expect(single?.covPct).toBeCloseTo(50, 12);
  });

  it('keeps the best of features that rise together, whichever way', async () => {
    const rows = [
      [1, 2, 3, 4, 5, 6],
      [10, 20, 25, 40, 50, 99], // as the first
      [-1, -2, -3, -4, -5, -6], // against it
      [3, 1, 2, 6, 5, 4],
      [Number.NaN, 1, 5, 2, 4, 3],
    ];
    const keep = await distinctFeatures({ values: Float64Array.from(rows.flat()), subjects: 6 });
    expect(keep).toEqual([true, false, false, true, false]);
  });
});
