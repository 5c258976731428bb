/** What a supervisor decides: threads per course, and how many courses at a time. */

import { describe, expect, it } from 'vitest';

import { shareThreads } from '../../../lib/distributed/thread-shares.js';
import { CourseWidth } from '../../../lib/distributed/width.js';
import { silentLog } from '../../../lib/rt/log.js';

describe('threads', () => {
  it('are shared equally, what is left over goes to the heaviest', () => {
    const weights = new Map([
      ['small', 1],
      ['large', 9],
      ['medium', 3],
    ]);
    expect(Object.fromEntries(shareThreads(8, weights))).toEqual({ large: 3, medium: 3, small: 2 });
    expect(Object.fromEntries(shareThreads(2, weights))).toEqual({ large: 1, medium: 1, small: 1 });
    expect(Object.fromEntries(shareThreads(8, new Map([['one', 1]])))).toEqual({ one: 8 });
    expect(Object.fromEntries(shareThreads(8, new Map([['one', 1]]), 2))).toEqual({ one: 2 });
    expect(shareThreads(8, new Map()).size).toBe(0);
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
