/** A plan as a Snakemake workflow, with profiles for one machine and for Slurm. */

import { chmod } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { type CourseJob, JOB_CLASSES, type JobClass, mergeJobs } from '../rt/jobs.js';
import { makeFolder } from '../rt/make-folder.js';
import { outputAddress } from '../rt/output-mirror.js';
import type { CoursePlan } from '../rt/plan.js';
import { packageRoot } from '../runtime/package-root.js';
import { isS3 } from '../runtime/s3.js';
import { writeText } from '../table/atomic.js';

export interface SnakemakeOptions {
  readonly outdir: string;
  /** Folder for the workflow. */
  readonly to: string;
  /** Large courses first. */
  readonly plans: readonly CoursePlan[];
  /** Of one machine; no job asks for more. */
  readonly cores: number;
  readonly memoryMb: number;
}

/** Courses that one process runs one after the other: starting it costs more than a small course is worth. */
interface Batch {
  readonly courses: string[];
  readonly jobs: readonly CourseJob[];
  mem_mb: number;
  threads: number;
  size: number;
}

/** Voxels x structures that are worth a process of their own: about a minute of one thread. */
const BATCH_SIZE = 64e6;
const MOST_TOGETHER = 32;
/** So many batches for each core, that the last ones leave none idle for long. */
const BATCHES_PER_CORE = 4;

/** Snakemake's priorities belong to rules, so batches of similar size share a rule. */
const SIZES = ['largest', 'large', 'medium', 'small'] as const;
const RETRIES = 3;
/** What a process takes besides what the plan counts. */
const PROCESS_MB = 512;

/** Writes Snakefile, batches.json and profiles/. */
export async function exportSnakemake(options: SnakemakeOptions): Promise<void> {
  const { to } = options;
  for (const folder of ['profiles/local', 'profiles/slurm', 'logs']) await makeFolder(join(to, folder));
  const outdir = await outputAddress(options.outdir);
  const batches = makeBatches(options.plans, options.cores);
  const rows = batches.map(({ size: _, ...batch }, rank) => ({
    ...batch,
    size: SIZES[Math.floor((SIZES.length * rank) / batches.length)],
  }));
  await writeText(join(to, 'batches.json'), `${JSON.stringify(rows)}\n`);
  const classes = JOB_CLASSES.filter((one) => batches.some(({ jobs }) => jobs.some((job) => job.class === one)));
  await writeText(join(to, 'Snakefile'), snakefile(outdir, classes));
  await writeText(join(to, 'profiles/local/config.yaml'), localProfile(options));
  await writeText(join(to, 'profiles/slurm/config.yaml'), slurmProfile(resolve(to)));
  const status = join(to, 'profiles/slurm/status.sh');
  await writeText(status, STATUS);
  await chmod(status, 0o755);
}

/** Courses of the same chain, in the order of `plans`; a course among others gets one thread, one alone what it can use. */
function makeBatches(plans: readonly CoursePlan[], cores: number): Batch[] {
  const most = Math.max(1, Math.min(MOST_TOGETHER, Math.floor(plans.length / (BATCHES_PER_CORE * cores))));
  const batches: Batch[] = [];
  const open = new Map<string, Batch>();
  for (const { id, jobs: chain, size, mem_mb, threads } of plans) {
    const jobs = mergeJobs(chain);
    const shape = JSON.stringify(jobs);
    const last = open.get(shape);
    if (last && last.courses.length < most && last.size + size <= BATCH_SIZE) {
      last.courses.push(id);
      last.size += size;
      last.mem_mb = Math.max(last.mem_mb, mem_mb + PROCESS_MB);
      last.threads = 1;
    } else {
      const batch = { courses: [id], jobs, mem_mb: mem_mb + PROCESS_MB, threads: Math.min(threads, cores), size };
      batches.push(batch);
      open.set(shape, batch);
    }
  }
  return batches;
}

const python = (text: string): string => JSON.stringify(text);

function snakefile(outdir: string, classes: readonly JobClass[]): string {
  const isovox = `"${process.execPath}" "${join(packageRoot, 'dist/cli/main.js')}"`;
  return `# Written by isovox export snakemake. A job is a part of a large course, or of several small ones that run one after
# the other; its marker says that it ended.
# A course whose data is bad (exit code 65) is noted by isovox in failures.csv and not tried again.
import json
import os

ISOVOX = config.get("isovox", ${python(isovox)})
OUTDIR = config.get("outdir", ${python(outdir)})
BATCHES = json.load(open(os.path.join(workflow.basedir, "batches.json")))
PLAN = os.path.join(${isS3(outdir) ? 'workflow.basedir, "batches.json"' : 'OUTDIR, ".isovox", "plan.json"'})


def marker(index, at):
    batch = BATCHES[index]
    return f"markers/{batch['size']}/{index}.{at}.{batch['jobs'][at]['class']}.done"


def before(wildcards):
    index, at = int(wildcards.index), int(wildcards.at)
    return PLAN if at == 0 else marker(index, at - 1)


def batch(wildcards):
    return BATCHES[int(wildcards.index)]


def stages(wildcards):
    return ",".join(batch(wildcards)["jobs"][int(wildcards.at)]["stages"])


# A job that crashed runs again with half the threads and more memory.
def threads_of(wildcards, attempt):
    return max(1, batch(wildcards)["threads"] >> (attempt - 1))


def memory_of(wildcards, attempt):
    return batch(wildcards)["mem_mb"] * attempt


wildcard_constraints:
    index=r"\\d+",
    at=r"\\d+",


rule all:
    input:
        "markers/aggregate.done",


rule aggregate:
    input:
        [marker(index, len(batch["jobs"]) - 1) for index, batch in enumerate(BATCHES)],
    output:
        touch("markers/aggregate.done"),
    resources:
        nice=0,
        slurm="",
    shell:
        "{ISOVOX} aggregate --outdir {OUTDIR:q} || [ $? -eq 4 ]"
${SIZES.flatMap((size, bucket) => classes.map((one) => rule(one, size, bucket))).join('')}`;
}

function rule(jobClass: JobClass, size: string, bucket: number): string {
  return `

rule ${jobClass}_${size}:
    input:
        before,
    output:
        touch("markers/${size}/{index}.{at}.${jobClass}.done"),
    params:
        courses=lambda wildcards: batch(wildcards)["courses"],
        stages=stages,
    priority: ${10 * (SIZES.length - bucket)}
    retries: ${RETRIES}
    threads: ${jobClass === 'io' ? '1' : 'threads_of'}
    resources:
        mem_mb=memory_of,
        gpu=${jobClass === 'gpu' ? 1 : 0},
        nice=${100 * bucket},
        slurm=${jobClass === 'gpu' ? '"--gres=gpu:1"' : '""'},
    shell:
        "{ISOVOX} course run {params.courses:q} --stage {params.stages} --outdir {OUTDIR:q} --workers {threads} --quiet || [ $? -eq 65 ]"
`;
}

/** The greedy scheduler: the default one needs a solver, and chooses by more than priority. */
const COMMON = `keep-going: true
rerun-incomplete: true
scheduler: greedy
quiet: rules
`;

function localProfile({ cores, memoryMb }: SnakemakeOptions): string {
  return `cores: ${cores}
resources:
  - gpu=1
  - mem_mb=${memoryMb}
${COMMON}`;
}

function slurmProfile(to: string): string {
  const sbatch = [
    'sbatch --parsable --job-name=isovox-{rule} --cpus-per-task={threads} --mem={resources.mem_mb}M',
    `--nice={resources.nice} {resources.slurm} --output="${to}/logs/%j.log"`,
  ].join(' ');
  return `cluster: ${JSON.stringify(sbatch)}
cluster-status: ${JSON.stringify(`${to}/profiles/slurm/status.sh`)}
cluster-cancel: scancel
jobs: 100
max-status-checks-per-second: 10
latency-wait: 30
default-resources:
  - mem_mb=1024
${COMMON}`;
}

/** Works without accounting (slurmdbd), which sacct needs. */
const STATUS = `#!/bin/sh
# What Snakemake asks about a Slurm job: running, success or failed.
state=$(scontrol show job --oneliner "$1" 2>/dev/null | sed -n 's/.*JobState=\\([A-Z_]*\\).*/\\1/p')
case "$state" in
  COMPLETED) echo success ;;
  PENDING | RUNNING | CONFIGURING | COMPLETING | SUSPENDED | REQUEUED | RESIZING | REQUEUE_HOLD | SPECIAL_EXIT) echo running ;;
  *) echo failed ;;
esac
`;
