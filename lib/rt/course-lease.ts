/**
 * One worker at a time on a course. The lock is the system's, so that a worker that is killed, on this machine or on
 * another that shares the folder, holds nothing. Beside it stands who holds it, when it last showed life, and a number
 * that grows with every holder: one that lost the lock without noticing (a file server that started anew) sees a larger
 * number before it makes a result visible, and stops.
 *
 *   <outdir>/.isovox/leases/<patient>/<course>.lock, .json
 *
 * Results in an object store are guarded by an object besides, which ends when nobody renews it.
 */

import { readdir, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { IsovoxError } from '../errors.js';
import { holdFile } from '../native/file-lock.js';
import type { ObjectLease } from '../native/object-lease.js';
import { writeText } from '../table/atomic.js';
import { makeFolder } from './make-folder.js';
import type { Course } from './model.js';
import { safeName } from './names.js';
import { OutputMirror } from './output-mirror.js';
import { readJson } from './read-json.js';

export interface CourseLease {
  /** Throws ERR_RESOURCE when another holds the course by now. */
  check(): Promise<void>;
}

export interface LeaseHolder {
  readonly token: number;
  readonly host: string;
  readonly pid: number;
}

const BEAT_MS = 10_000;

const LEASES = '.isovox/leases';

export const leaseFolder = (outdir: string): string => join(outdir, LEASES);

const leaseObject = (course: Pick<Course, 'patientId' | 'courseId'>): string =>
  `${LEASES}/${safeName(course.patientId)}/${safeName(course.courseId)}`;

const leasePath = (outdir: string, course: Pick<Course, 'patientId' | 'courseId'>): string =>
  join(outdir, leaseObject(course));

/** Runs `work` while nobody else works on the course; ERR_RESOURCE at once when somebody does. */
export async function withCourse<T>(
  outdir: string,
  course: Pick<Course, 'patientId' | 'courseId'>,
  work: (lease: CourseLease) => Promise<T>,
): Promise<T> {
  const path = leasePath(outdir, course);
  await makeFolder(dirname(path));
  const hold = await holdFile(`${path}.lock`);
  if (!hold) throw busy(await readHolder(path));
  let beat: NodeJS.Timeout | undefined;
  let remote: ObjectLease | undefined;
  try {
    const mirror = await OutputMirror.of(outdir);
    remote = await mirror?.lease(leaseObject(course));
    if (mirror && !remote) throw busy(await mirror.leaseHolder(leaseObject(course)));
    const token = ((await readHolder(path))?.token ?? 0) + 1;
    await writeText(`${path}.json`, `${JSON.stringify({ token, host: hostname(), pid: process.pid })}\n`);
    beat = setInterval(() => {
      const now = new Date();
      utimes(`${path}.json`, now, now).catch(() => {});
    }, BEAT_MS);
    beat.unref();
    return await work({
      check: async () => {
        const holder = await readHolder(path);
        if (holder?.token === token && (!remote || (await remote.isHeld()))) return;
        throw new IsovoxError('ERR_RESOURCE', 'The lock on the course was lost to another process', {
          reason: 'busy',
        });
      },
    });
  } finally {
    clearInterval(beat);
    await remote?.release().catch(() => {}); // it ends by itself
    hold.release();
  }
}

function busy(holder: Pick<LeaseHolder, 'host' | 'pid'> | undefined): IsovoxError {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new IsovoxError('ERR_RESOURCE', `The course is worked on by ${who}`, { reason: 'busy' });
}

export interface LeaseState extends Omit<LeaseHolder, 'token'> {
  /** Since it last showed life; it does every ten seconds. */
  readonly secondsAgo: number;
}

/** Who holds a course now; undefined when nobody does. */
export async function leaseOf(
  outdir: string,
  course: Pick<Course, 'patientId' | 'courseId'>,
): Promise<LeaseState | undefined> {
  const mirror = await OutputMirror.of(outdir);
  if (mirror) {
    const there = await mirror.leaseHolder(leaseObject(course));
    return there && { host: there.host, pid: there.pid, secondsAgo: there.silentMs / 1000 };
  }
  const path = leasePath(outdir, course);
  const holder = await readHolder(path);
  if (!holder) return undefined;
  const hold = await holdFile(`${path}.lock`).catch(() => undefined);
  if (hold) {
    hold.release();
    return undefined;
  }
  const { mtimeMs } = await stat(`${path}.json`);
  return { host: holder.host, pid: holder.pid, secondsAgo: (Date.now() - mtimeMs) / 1000 };
}

/** Whether a failure means that another process has the course, and so says nothing about the course. */
export const isBusy = (error: IsovoxError): boolean => error.code === 'ERR_RESOURCE' && error.context.reason === 'busy';

/** Forgets the holders of courses that nobody holds now: when every course has ended. */
export async function sweepLeases(outdir: string): Promise<void> {
  const folder = leaseFolder(outdir);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter(({ name }) => name.endsWith('.lock'))) {
    const path = join(entry.parentPath, entry.name);
    const hold = await holdFile(path).catch(() => undefined);
    if (!hold) continue;
    // Beside the holder's file what a killed one was writing; the lock last.
    const course = entry.name.replace(/\.lock$/, '');
    const beside = (await readdir(entry.parentPath)).filter((name) => name.startsWith(`.${course}.json.`));
    for (const name of [`${course}.json`, ...beside, entry.name]) {
      await rm(join(entry.parentPath, name), { force: true });
    }
    hold.release();
  }
  // Those with a holder in them stay.
  for (const entry of entries.filter((one) => one.isDirectory())) {
    await rmdir(join(entry.parentPath, entry.name)).catch(() => {});
  }
  await rmdir(folder).catch(() => {});
  const mirror = await OutputMirror.of(outdir);
  if (mirror) await mirror.remove([...(await mirror.list(LEASES)).keys()]);
}

const readHolder = (path: string): Promise<LeaseHolder | undefined> => readJson(`${path}.json`);
