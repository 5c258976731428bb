/** RFC 9110, section 14. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rangeOf } from '../../../lib/viewer/ranges.js';

describe('ranges of bytes', () => {
  it.each([
    ['bytes=0-0', { from: 0, to: 1 }],
    ['bytes=0-499', { from: 0, to: 500 }],
    ['bytes=500-', { from: 500, to: 1000 }],
    ['bytes=-200', { from: 800, to: 1000 }],
    ['bytes=-5000', { from: 0, to: 1000 }],
    ['bytes=900-5000', { from: 900, to: 1000 }],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=0-1,4-5', 'whole'],
    ['bytes= 0-1', 'whole'],
    ['lines=0-1', 'whole'],
    ['bytes=99999999999999999999-', 'whole'],
    [undefined, 'whole'],
  ])('%s of 1000', (header, expected) => expect(rangeOf(header, 1000)).toEqual(expected));

  it('never leaves the body', () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(fc.nat()), fc.option(fc.nat()), (size, first, last) => {
        const range = rangeOf(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (typeof range === 'string') return true;
        return range.from >= 0 && range.from < range.to && range.to <= size;
      }),
    );
  });
});
