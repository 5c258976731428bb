/** A CT-like volume of 512 x 512 x 300 that several cases load: smooth shapes with noise, the same every time. */

import { makeVolume } from '../lib/native/dicom.js';
import type { Handle } from '../lib/runtime/surface.js';

export const PHANTOM_SIZE = [512, 512, 300] as const;

export function phantomVolume(): Promise<Handle<'Volume'>> {
  const [nx, ny, nz] = PHANTOM_SIZE;
  const data = new Int16Array(nx * ny * nz);
  let state = 7;
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const radius = Math.hypot(i - 256, (j - 256) * 1.3) / 200;
        const inside = radius <= 1;
        const wave = 300 * Math.max(0, Math.sin(i / 23) * Math.cos(j / 31) * Math.sin(k / 17));
        data[at] = inside ? 40 + wave + (state >>> 27) : -1000 + (state >>> 30);
      }
    }
  }
  return makeVolume({ grid: { size: [nx, ny, nz], spacing: [0.8, 0.8, 1], origin: [0, 0, 0] }, dtype: 'int16', data });
}
