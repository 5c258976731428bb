/** How the threads of a machine are shared by the courses that run at a time. */

export interface CourseShare {
  /** Proportional to its expected time. */
  readonly weight: number;
  /** Threads that it needs at least, so that the others do not end long before it. */
  readonly least: number;
}

/**
 * Threads that a course of this weight needs so as to end within the time that all courses, of weight `total`, take on
 * `threads`: more than one when it is longer than that on a single one.
 */
export function leastThreads(weight: number, total: number, threads: number): number {
  return Math.max(1, Math.min(threads, Math.ceil((threads * weight) / total)));
}

/**
 * Equal shares, but what a course needs at least and at most `most`; what is left over goes to the heaviest, one each. So
 * many courses may run that their shares together are more than `threads`.
 */
export function shareThreads(
  threads: number,
  courses: ReadonlyMap<string, CourseShare>,
  most = Number.POSITIVE_INFINITY,
): Map<string, number> {
  if (courses.size === 0) return new Map();
  const base = Math.max(1, Math.floor(threads / courses.size));
  let left = Math.max(0, threads - base * courses.size);
  const heaviest = [...courses].sort(([a, x], [b, y]) => y.weight - x.weight || (a < b ? -1 : 1));
  return new Map(
    heaviest.map(([course, { least }]) => [course, Math.min(most, Math.max(least, left-- > 0 ? base + 1 : base))]),
  );
}
