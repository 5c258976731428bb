/** What a supervisor decides: threads per course, and how many courses at a time. */

import { describe, expect, it } from 'vitest';

import { leastThreads, shareThreads } from '../../../lib/distributed/thread-shares.js';
import { CourseWidth } from '../../../lib/distributed/width.js';
import { silentLog } from '../../../lib/rt/log.js';

describe('threads', () => {
  it('are shared equally, what is left over goes to the heaviest', () => {
    const courses = new Map([
      ['small', { weight: 1, least: 1 }],
      ['large', { weight: 9, least: 1 }],
      ['medium', { weight: 3, least: 1 }],
    ]);
    const one = new Map([['one', { weight: 1, least: 1 }]]);
    expect(Object.fromEntries(shareThreads(8, courses))).toEqual({ large: 3, medium: 3, small: 2 });
    expect(Object.fromEntries(shareThreads(2, courses))).toEqual({ large: 1, medium: 1, small: 1 });
    expect(Object.fromEntries(shareThreads(8, one))).toEqual({ one: 8 });
    expect(Object.fromEntries(shareThreads(8, one, 2))).toEqual({ one: 2 });
    expect(shareThreads(8, new Map()).size).toBe(0);
  });

  it('are more for a course that would run on when all others have ended', () => {
    // Of weight 100 on 8 threads each thread has 12.5: a course of 40 needs 3.2 of them.
    expect([1, 12.5, 13, 40, 100].map((weight) => leastThreads(weight, 100, 8))).toEqual([1, 1, 2, 4, 8]);
    const courses = new Map([
      ['long', { weight: 40, least: 4 }],
      ...Array.from({ length: 6 }, (_, n) => [`short ${n}`, { weight: 1, least: 1 }] as const),
    ]);
    const shares = shareThreads(8, courses);
    expect(shares.get('long')).toBe(4);
    expect([...shares.values()].slice(1)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(shareThreads(8, courses, 1).get('long')).toBe(1);
  });
});

describe('courses at a time', () => {
  it('are halved once for a shortage, and grow by one when as many have ended well', () => {
    const width = new CourseWidth(8, silentLog, () => 0);
    width.halve(8);
    width.halve(8); // fell in the same shortage
    expect(width.width).toBe(4);
    width.halve(4);
    expect(width.width).toBe(2);
    width.succeeded();
    expect(width.width).toBe(2);
    width.succeeded();
    expect(width.width).toBe(3);
    for (let n = 0; n < 100; n++) width.succeeded();
    expect(width.width).toBe(8);
  });

  it('do not grow while memory is short, and are never fewer than one', () => {
    const width = new CourseWidth(2, silentLog, () => 40);
    width.halve(2);
    width.halve(1);
    for (let n = 0; n < 10; n++) width.succeeded();
    expect(width.width).toBe(1);
  });
});
