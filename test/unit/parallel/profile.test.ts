import { describe, expect, it } from 'vitest';

import { profileSpeedup } from '../../../lib/parallel/profile.js';

describe('profileSpeedup', () => {
  it('prints times, speed-up and efficiency, and that results agree', async () => {
    let text = '';
    const result = await profileSpeedup((value: number) => Math.sqrt(value), [1, 2, 3, 4], {
      numWorkers: [1, 2],
      print: (part) => {
        text += part;
      },
    });
    expect(result.agrees).toBe(true);
    expect(result.rows.map(({ numWorkers }) => numWorkers)).toEqual([1, 2]);
    for (const row of result.rows) {
      expect(row.speedup).toBeCloseTo(result.serialMs / row.ms, 9);
      expect(row.efficiency).toBeCloseTo(row.speedup / row.numWorkers, 9);
    }
    expect(text).toMatch(
      /4 items, serial .* ms\n1 workers: .* ms, speed-up .*, efficiency .* %, results agree\n2 workers/,
    );
  });

  it('says where results differ', async () => {
    let text = '';
    const result = await profileSpeedup(
      (value: number) => {
        const seen = globalThis as { calls?: number };
        seen.calls = (seen.calls ?? 0) + 1;
        return value === 2 ? Math.random() : value;
      },
      [1, 2, 3],
      {
        print: (part) => {
          text += part;
        },
      },
    );
    expect(result.agrees).toBe(false);
    expect(result.rows[0]?.differing).toEqual([1]);
    expect(text).toContain('RESULTS DIFFER at 1 items, the first at 1');
  });
});
