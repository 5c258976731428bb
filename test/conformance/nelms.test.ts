/**
 * The bodies of Nelms et al. (lib/phantom/nelms.ts) through DICOM files of our own writers, against the closed form.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { readRtDose, readRtStruct } from '../../lib/native/dicom.js';
import { computeDvh, doseMetrics } from '../../lib/native/dose.js';
import {
  AXES,
  along,
  bodies,
  CT_MM,
  DOSE_MM,
  LEVELS_GY,
  PERCENTS,
  writeBodies,
  writeLinearDose,
} from '../../lib/phantom/nelms.js';
import { expectedDose, type Shape } from '../../lib/phantom/shapes.js';
import { addon } from '../../lib/runtime/addon.js';

/** What does not hold: contours 3 mm apart miss the tip of the lying cone, in which the hottest 1 % of it lies. */
const NOT_WITHIN = DOSE_MM.map((spacing) => `lying cone, slices 3 mm, dose ${spacing} mm along y: D1%`);
const NOT_WITHIN_GY = 0.3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isovox-nelms-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('240 histograms: doses within 0.5 % or 0.1 Gy, volumes and V within 0.5 % (1 % on 3 mm slices), but for one', async () => {
  const sets = await Promise.all(
    CT_MM.map(async (sliceMm) => {
      const path = join(folder, `rs-${sliceMm}.dcm`);
      await writeBodies(path, sliceMm);
      return readRtStruct({ path });
    }),
  );
  const outside: string[] = [];
  const worst = { dose: 0, volume: 0, v: 0 };
  let checked = 0;
  for (const axis of AXES) {
    const truths = bodies.map((shape) => expectedDose(shape, along(axis)));
    for (const spacing of DOSE_MM) {
      const path = join(folder, `rd-${axis}-${spacing}.dcm`);
      await writeLinearDose(path, axis, spacing);
      const { dose: grid } = await readRtDose({ path });
      for (const [s, sliceMm] of CT_MM.entries()) {
        const { rois } = sets[s] as (typeof sets)[number];
        const limit = sliceMm < 3 ? 0.5 : 1;
        for (const result of await computeDvh({ rois, dose: grid })) {
          const shape = bodies[result.index] as Shape;
          const truth = truths[result.index] as (typeof truths)[number];
          const where = `${shape.name}, slices ${sliceMm} mm, dose ${spacing} mm along ${axis}`;
          const names = ['Dmean', ...PERCENTS.map((percent) => `D${percent}%`), ...LEVELS_GY.map((gy) => `V${gy}Gy%`)];
          const { values } = doseMetrics({ dvh: result.dvh, names });
          const expectedGy = [truth.meanGy, ...PERCENTS.map((percent) => truth.dx(percent))];
          for (const [n, gy] of expectedGy.entries()) {
            const off = Math.abs((values[names[n] as string] ?? Number.NaN) - gy);
            checked++;
            worst.dose = Math.max(worst.dose, off);
            if (off <= Math.max(0.1, 0.005 * gy)) continue;
            outside.push(`${where}: ${names[n]}`);
            expect(off, `${where}: ${names[n]}`).toBeLessThanOrEqual(NOT_WITHIN_GY);
          }
          for (const gy of LEVELS_GY) {
            const expected = 100 * (1 - shape.fractionBelow(axis, gy - 20));
            const off = Math.abs((values[`V${gy}Gy%`] ?? Number.NaN) - expected);
            checked++;
            worst.v = Math.max(worst.v, off);
            if (!(off <= limit)) outside.push(`${where}: V${gy}Gy off by ${off.toFixed(2)} % of the volume`);
          }
          const off = 100 * Math.abs(result.volumeCc / truth.volumeCc - 1);
          checked++;
          worst.volume = Math.max(worst.volume, off);
          if (!(off <= limit)) outside.push(`${where}: volume off by ${off.toFixed(2)} %`);
          addon().dispose(result.dvh);
        }
      }
      addon().dispose(grid);
    }
  }
  process.stderr.write(
    `Nelms: ${checked} values; worst dose ${worst.dose.toFixed(3)} Gy, V ${worst.v.toFixed(3)} %, volume ${worst.volume.toFixed(3)} %\n`,
  );
  expect(outside.sort()).toEqual([...NOT_WITHIN].sort());
  expect(checked).toBe(240 * 10);
}, 300_000);
