/** Which courses share a job of a workflow. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { exportSnakemake } from '../../../lib/distributed/snakemake.js';
import type { CoursePlan } from '../../../lib/rt/plan.js';
import { temporaryFolder } from '../../fixtures/index.js';

const CPU = [
  { class: 'io', stages: ['organize'] },
  { class: 'cpu', stages: ['dvh'] },
] as const;
const GPU = [
  { class: 'io', stages: ['organize'] },
  { class: 'gpu', stages: ['segment'] },
  { class: 'cpu', stages: ['dvh'] },
] as const;

const plan = (id: string, size: number, jobs: CoursePlan['jobs'] = CPU): CoursePlan => ({
  id,
  jobs,
  stages: [],
  class: 'cpu',
  voxels: size,
  rois: 1,
  size,
  mem_mb: 100,
  threads: 8,
  input_digest: '',
});

async function batches(plans: readonly CoursePlan[], cores: number) {
  const to = temporaryFolder();
  await exportSnakemake({ outdir: to, to, plans, cores, memoryMb: 4096 });
  return JSON.parse(readFileSync(`${to}/batches.json`, 'utf8')) as Array<{
    courses: string[];
    threads: number;
    size: string;
    jobs: CoursePlan['jobs'];
  }>;
}

it('small courses share a job of one thread, large ones have their own, in the order given', async () => {
  const small = Array.from({ length: 64 }, (_, n) => plan(`P${n}/C`, 1e6));
  const made = await batches([plan('LARGE/C', 1e9), ...small], 2);
  expect(made.map(({ courses, threads }) => [courses.length, threads])).toEqual([[1, 2], ...Array(8).fill([8, 1])]);
  expect(made.flatMap(({ courses }) => courses)).toEqual(['LARGE/C', ...small.map(({ id }) => id)]);
  expect(made[0]?.size).toBe('largest');
  expect(made.at(-1)?.size).toBe('small');
});

it('copying and computing are one job; courses of different chains share none', async () => {
  const mixed = Array.from({ length: 32 }, (_, n) => plan(`P${n}/C`, 1e6, n % 2 ? GPU : CPU));
  const made = await batches(mixed, 1);
  for (const { courses, jobs } of made) {
    const isGpu = Number(courses[0]?.slice(1, -2)) % 2 === 1;
    expect(courses.every((id) => (Number(id.slice(1, -2)) % 2 === 1) === isGpu)).toBe(true);
    expect(jobs.map((job) => job.class)).toEqual(isGpu ? ['io', 'gpu', 'cpu'] : ['cpu']);
  }
});

it('a machine of many cores is not left idle by a few large batches', async () => {
  const made = await batches(
    Array.from({ length: 40 }, (_, n) => plan(`P${n}/C`, 1e6)),
    16,
  );
  expect(made).toHaveLength(40);
});
