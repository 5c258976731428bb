/** What to say when the disk of the output folder is full. */

import { statfs } from 'node:fs/promises';

import { IsovoxError } from '../errors.js';
import { estimateCourse } from './estimate.js';
import type { Course } from './model.js';

export const isDiskFull = ({ message }: IsovoxError): boolean => /\b(ENOSPC|EDQUOT)\b/.test(message);

/** ERR_IO with what is free and what the courses take in all. */
export async function diskFull(outdir: string, courses: readonly Course[], cause: IsovoxError): Promise<IsovoxError> {
  const free = await statfs(outdir).then(
    ({ bavail, bsize }) => `${Math.floor((bavail * bsize) / 2 ** 20)} MiB are free`,
    () => 'nothing is free',
  );
  const needed = courses.reduce((sum, course) => sum + estimateCourse(course).diskMb, 0);
  const message =
    `The disk of the output folder ${outdir} is full: ${free}, its ${courses.length} courses take about ${needed} MiB ` +
    `in all. Make room and run again: what is done is kept (${cause.message})`;
  return new IsovoxError('ERR_IO', message, cause.context, { cause });
}
