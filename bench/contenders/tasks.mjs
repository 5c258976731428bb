// tasks.mjs PEER MODE COUNT REPETITIONS: a peer on COUNT tasks that add 1. MODE burst: all at once; single: one after
// the other; tensor: each gives 35.7 MB to the caller, one after the other.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [peer, mode, count, repetitions] = process.argv.slice(2);
const root = join(import.meta.dirname, '..', '..');
const peers = join(root, 'build', 'bench', 'node', 'node_modules');
process.env.ISOVOX_BENCH_PEERS = peers;
const require = createRequire(join(peers, 'x.cjs'));
const load = async (name) => {
  const { main, exports, type } = require(join(peers, name, 'package.json'));
  if (type !== 'module') return require(name);
  const entry = exports?.['.']?.default ?? exports?.default ?? exports ?? main;
  return import(pathToFileURL(join(peers, name, typeof entry === 'string' ? entry : entry.default)).href);
};
const { version } = JSON.parse(readFileSync(join(peers, peer, 'package.json'), 'utf8'));
const filename = join(import.meta.dirname, 'task-work.cjs');

/** [run one task, end the pool] */
const makers = {
  async piscina() {
    const { Piscina } = await load('piscina');
    const pool = new Piscina({ filename, minThreads: 2, maxThreads: 2 });
    return [(input) => pool.run(input), () => pool.destroy()];
  },
  async tinypool() {
    const { Tinypool } = await load('tinypool');
    const pool = new Tinypool({ filename, minThreads: 2, maxThreads: 2 });
    return [(input) => pool.run(input), () => pool.destroy()];
  },
  async workerpool() {
    process.env.WORKERPOOL_WORK = '1';
    const { pool: make } = await load('workerpool');
    const pool = make(filename, { minWorkers: 2, maxWorkers: 2, workerType: 'thread' });
    return [(input) => pool.exec('work', [input]), () => pool.terminate()];
  },
  async 'p-queue'() {
    const { default: PQueue } = await load('p-queue');
    const queue = new PQueue({ concurrency: 2 });
    return [(input) => queue.add(async () => input.value + 1), async () => {}];
  },
};

const [run, end] = await makers[peer]();
const ms = [];
let sum = 0;
const length = 8_925_000;
for (let i = 0; i <= Number(repetitions); i++) {
  sum = 0;
  const begun = performance.now();
  if (mode === 'burst') {
    const results = await Promise.all(Array.from({ length: Number(count) }, (_, value) => run({ value })));
    for (const result of results) sum += result;
  } else {
    for (let value = 0; value < Number(count); value++) {
      const result = await run(mode === 'single' ? { value } : length);
      sum += mode === 'single' ? result : result.length;
    }
  }
  if (i > 0) ms.push(performance.now() - begun);
}
await end();
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMb, version, answer: { sum } })}\n`);
process.exit(0);
