import fc from 'fast-check';
import { expect, it } from 'vitest';

import { NameHeap } from '../../../lib/graph/heap.js';

it('gives names as a stable sort does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 40 }), fc.nat(40), (values, early) => {
      const names = values.map((value, i) => `${value}.${i}`);
      const compare = (a: string, b: string) => Number.parseInt(a, 10) - Number.parseInt(b, 10);
      const heap = new NameHeap(compare);
      const taken: string[] = [];
      // Some are taken before all are in: what is left must still come in order.
      names.slice(0, early).forEach((name) => void heap.add(name));
      const before = heap.first === undefined ? [] : [heap.takeFirst() as string];
      names.slice(early).forEach((name) => void heap.add(name));
      for (let name = heap.takeFirst(); name !== undefined; name = heap.takeFirst()) taken.push(name);
      expect(before).toEqual(names.slice(0, early).sort(compare).slice(0, 1));
      expect(taken).toEqual(names.filter((name) => !before.includes(name)).sort(compare));
    }),
  );
});
