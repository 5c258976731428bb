/** What a task costs that does nothing: 10,000 additions, at once and one after the other, and large results. */

import { join } from 'node:path';

import { contenders, nodePeer, tsx } from '../environment.js';
import type { BenchCase, Contender } from '../harness.js';

const PEERS = ['piscina', 'tinypool', 'workerpool'] as const;

const isovox = (name: string, how: string, mode: string, count: number, repetitions: number): Contender => ({
  name: `isovox ${name}`,
  command: [...tsx, join(contenders, 'isovox-tasks.ts'), how, mode, String(count), String(repetitions)],
});

const peer = (name: string, mode: string, count: number, repetitions: number): Contender => ({
  name,
  command: [process.execPath, join(contenders, 'tasks.mjs'), name, mode, String(count), String(repetitions)],
  absent: nodePeer(name).absent,
});

const sameSum: BenchCase['compare'] = (reference, other) =>
  reference.sum === other.sum ? [] : [`sum ${other.sum}, isovox ${reference.sum}`];

export const tasks: BenchCase = {
  name: 'tasks',
  title: 'Overhead: 10,000 tasks that add 1, all at once (milliseconds / 10 = microseconds per task)',
  async prepare() {
    const [count, repetitions] = [10_000, 7];
    return {
      data: 'Two workers each; executeParallel starts and ends its workers within its time; p-queue, the pipeline and the graph run in one thread, two tasks at a time',
      contenders: [
        isovox('WorkerPool', 'pool', 'burst', count, repetitions),
        isovox('executeParallel', 'execute', 'burst', count, repetitions),
        ...PEERS.map((name) => peer(name, 'burst', count, repetitions)),
        isovox('pipeline', 'pipeline', 'burst', count, repetitions),
        isovox('graph', 'graph', 'burst', count, repetitions),
        peer('p-queue', 'burst', count, repetitions),
      ],
    };
  },
  compare: sameSum,
};

export const tasksSingle: BenchCase = {
  name: 'tasks-single',
  title: 'Latency: 10,000 tasks that add 1, one after the other (milliseconds / 10 = microseconds per task)',
  async prepare() {
    const [count, repetitions] = [10_000, 3];
    return {
      data: 'Two workers each, of which one is at work',
      contenders: [
        isovox('WorkerPool', 'pool', 'single', count, repetitions),
        ...PEERS.map((name) => peer(name, 'single', count, repetitions)),
      ],
    };
  },
  compare: sameSum,
};

export const tasksTensor: BenchCase = {
  name: 'tasks-tensor',
  title: 'A Float32Array of 35.7 MB made in a worker and handed to the caller, 10 times (milliseconds / 10 = one)',
  async prepare() {
    const [count, repetitions] = [10, 7];
    return {
      data: 'Allocated zeroed by the worker, one page touched; peers as they are by default, their transfer lists unused',
      contenders: [
        isovox('WorkerPool', 'pool', 'tensor', count, repetitions),
        ...PEERS.map((name) => peer(name, 'tensor', count, repetitions)),
      ],
    };
  },
  compare: sameSum,
};
