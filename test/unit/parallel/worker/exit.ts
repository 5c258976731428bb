/** exit.ts: what a program sees that waits for nothing but our promises; ends by itself although a pool stays open. */

import { executeParallel } from '../../../../lib/parallel/execute.js';
import { WorkerPool } from '../../../../lib/parallel/pool.js';

const double = (value: number) => 2 * value;
for (const poolType of ['thread', 'process'] as const) {
  const left = new WorkerPool({ poolType, numWorkers: 1 });
  const closed = new WorkerPool({ poolType, numWorkers: 1 });
  const results = [
    await executeParallel(double, [1, 2], { poolType }),
    await left.run(double, 3),
    await closed.run(double, 4),
  ];
  await closed.close();
  process.stdout.write(`${poolType} ${JSON.stringify(results)}\n`);
}
