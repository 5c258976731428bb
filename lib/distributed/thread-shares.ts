/** How the threads of a machine are shared by the courses that run at a time. */

/**
 * Equal shares of at least one thread and at most `most`; what is left over goes to the heaviest, one each. `weights` by
 * course; so many courses may run that their single threads are more than `threads`.
 */
export function shareThreads(
  threads: number,
  weights: ReadonlyMap<string, number>,
  most = Number.POSITIVE_INFINITY,
): Map<string, number> {
  if (weights.size === 0) return new Map();
  const base = Math.max(1, Math.floor(threads / weights.size));
  let left = Math.max(0, threads - base * weights.size);
  const heaviest = [...weights].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return new Map(heaviest.map(([course]) => [course, Math.min(most, left-- > 0 ? base + 1 : base)]));
}
