import { describe, expect, it } from 'vitest';

import { makePlan } from '../../../lib/graph/plan.js';
import { formatPlan, planToMermaid } from '../../../lib/graph/plan-text.js';

const plan = makePlan([
  { name: 'load', dependencies: [], weight: 2 },
  { name: 'note "x"', dependencies: [], weight: 1 },
  { name: 'measure', dependencies: ['load'], weight: 5 },
  { name: 'draw', dependencies: ['load'], weight: 0.5 },
  { name: 'report', dependencies: ['measure', 'draw', 'note "x"'], weight: 1 },
]);

describe('plan as text', () => {
  it('lists tasks in the order of starting, the critical path marked', () => {
    expect(formatPlan(plan)).toBe(`5 tasks, weight 9.500; no schedule is shorter than 8
   1 * load      2
   2 * measure   5  after load
   3   note "x"  1
   4   draw      0.5000  after load
   5 * report    1  after measure, draw, note "x"
critical path (*): load -> measure -> report
`);
  });

  it('is a Mermaid flowchart, the critical path with thick arrows', () => {
    expect(planToMermaid(plan)).toBe(`flowchart TD
  t0["load"]
  t1["measure"]
  t2["note #34;x#34;"]
  t3["draw"]
  t4["report"]
  t0 ==> t1
  t0 --> t3
  t1 ==> t4
  t3 --> t4
  t2 --> t4
`);
  });

  it('of nothing is nothing', () => {
    expect(planToMermaid(makePlan([]))).toBe('flowchart TD\n');
    expect(formatPlan(makePlan([]))).toContain('0 tasks');
  });
});
