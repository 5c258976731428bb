/** isovox-tasks.ts HOW MODE COUNT REPETITIONS: the tasks of tasks.mjs by `pool`, `execute`, `pipeline` or `graph`. */

import { HierarchicalExecutor } from '../../lib/graph/executor.js';
import { executeParallel } from '../../lib/parallel/execute.js';
import { WorkerPool } from '../../lib/parallel/pool.js';
import { PipelineBuilder } from '../../lib/pipeline/builder.js';
import { packageVersion } from '../../lib/runtime/package-root.js';

const [how = 'pool', mode = 'burst', count = '10000', repetitions = '5'] = process.argv.slice(2);
const inputs = Array.from({ length: Number(count) }, (_, value) => ({ value }));
const add = ({ value }: { value: number }) => value + 1;
const tensor = (length: number) => new Float32Array(length).fill(1, 0, 1);
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const pool = new WorkerPool({ numWorkers: 2 });

const runs: Record<string, () => Promise<number>> = {
  pool: async () => {
    if (mode === 'burst') return total(await Promise.all(inputs.map((input) => pool.run(add, input))));
    let sum = 0;
    for (const input of inputs) {
      sum += mode === 'single' ? await pool.run(add, input) : (await pool.run(tensor, 8_925_000)).length;
    }
    return sum;
  },
  execute: async () => total(await executeParallel(add, inputs, { numWorkers: 2, chunkSize: 'auto' })),
  pipeline: async () => {
    let sum = 0;
    for await (const value of new PipelineBuilder()
      .addSource(inputs)
      .pipe(add, { concurrency: 2 })
      .addSink(16)
      .build()) {
      sum += value;
    }
    return sum;
  },
  graph: async () => {
    const executor = new HierarchicalExecutor();
    for (const input of inputs) executor.addTask(String(input.value), () => add(input));
    const { outcomes } = await executor.execute({ concurrency: 2 });
    return total([...outcomes.values()].map((outcome) => (outcome.status === 'done' ? (outcome.value as number) : 0)));
  },
};

const ms: number[] = [];
let sum = 0;
for (let i = 0; i <= Number(repetitions); i++) {
  const begun = performance.now();
  sum = (await runs[how]?.()) ?? 0;
  if (i > 0) ms.push(performance.now() - begun);
}
await pool.close();
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version: packageVersion, answer: { sum } })}\n`);
