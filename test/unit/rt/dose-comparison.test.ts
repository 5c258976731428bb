/** Pages of two doses: what they show follows from two linear doses, whose difference is x - y. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';

import { doseDifferenceCommand } from '../../../lib/cli/commands/dose-difference.js';
import { gamma } from '../../../lib/cli/commands/gamma.js';
import { writeLinearDose } from '../../../lib/phantom/nelms.js';
import { alongScale } from '../../../lib/report/comparison-page.js';
import { temporaryFolder } from '../../fixtures/index.js';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const doses = { reference: file('y.dcm'), evaluated: file('x.dcm'), quiet: true };

/** The pictures of a page: how many colours, and the pixels of each as positions in them (filter 4 undone elsewhere). */
function pictures(page: string): { colors: number; bytes: number; width: number; height: number }[] {
  return [...page.matchAll(/data:image\/png;base64,([A-Za-z0-9+/=]+)/g)].map(([, data = '']) => {
    const png = Buffer.from(data, 'base64');
    const chunk = (type: string): Buffer => {
      const at = png.indexOf(type, 0, 'latin1');
      return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
    };
    const header = chunk('IHDR');
    return {
      colors: chunk('PLTE').length / 3,
      bytes: inflateSync(chunk('IDAT')).length,
      width: header.readUInt32BE(0),
      height: header.readUInt32BE(4),
    };
  });
}

/** Voxels of every bar, left to right. */
const bars = (page: string): number[] =>
  [...page.matchAll(/: (\d+) voxels<\/title>/g)].map(([, count]) => Number(count));

beforeAll(async () => {
  for (const axis of ['x', 'y'] as const) await writeLinearDose(file(`${axis}.dcm`), axis, 4);
});

describe('a page of two doses', () => {
  it('shows their difference on three cuts, and how often each value occurs', async () => {
    const picture = file('difference.html');
    expect(await doseDifferenceCommand({ ...doses, cutoff: 0, tolerance: 3, out: file('d.nii.gz'), picture })).toBe(0);
    const page = readFileSync(picture, 'utf8');
    const cuts = pictures(page);
    expect(cuts).toHaveLength(3);
    for (const { colors, bytes, width, height } of cuts) {
      expect(colors).toBe(256);
      expect(bytes).toBe((width + 1) * height);
    }
    // On 9 x 9 x 9 voxels x - y is as often positive as negative, and 0, which belongs to the upper half, 81 times.
    const counts = bars(page);
    const sum = (part: readonly number[]): number => part.reduce((a, b) => a + b, 0);
    expect(sum(counts)).toBe(729);
    expect(sum(counts.slice(counts.length / 2)) - sum(counts.slice(0, counts.length / 2))).toBe(81);
    expect(page).toContain('Difference of two doses');
  });

  it('shows gamma: of a dose with itself all is in the first bar', async () => {
    const picture = file('gamma.html');
    const flags = { dose: 3, distance: 3, cutoff: 10, maxGamma: 2, out: file('g.nii.gz'), picture, quiet: true };
    expect(await gamma({ reference: doses.reference, evaluated: doses.reference, ...flags })).toBe(0);
    const page = readFileSync(picture, 'utf8');
    expect(page).toContain('100.00 %');
    const [first = 0, ...others] = bars(page);
    expect(first).toBe(729);
    expect(others.every((count) => count === 0)).toBe(true);
  });

  it('gives each half of the scale half of the colours', () => {
    const scale = { kind: 'pass-fail', title: '', unit: '', low: 0, middle: 1, high: 4 } as const;
    expect([-1, 0, 0.5, 1, 2.5, 4, 9].map((value) => alongScale(scale, value))).toEqual([0, 0, 0.25, 0.5, 0.75, 1, 1]);
  });
});
