/**
 * Box, sphere, cylinder, cone and tube in linear dose gradients along each axis, through DICOM files and back, against
 * the closed form (lib/phantom/shapes.ts). The idea of the test is that of Nelms et al., Med Phys 42 (2015) 4435.
 */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readRtDose, readRtStruct } from '../../lib/native/dicom.js';
import { computeDvh, doseMetrics } from '../../lib/native/dose.js';
import { writePhantom } from '../../lib/phantom/patient.js';
import { type Axis, expectedDose, type LinearDose } from '../../lib/phantom/shapes.js';
import { temporaryFolder } from '../fixtures/index.js';

const PERCENTS = [98, 95, 50, 5, 2];
const DOSES: readonly LinearDose[] = (['x', 'y', 'z'] as const).map((axis: Axis) => ({
  axis,
  atZeroGy: 40,
  gyPerMm: 0.3,
}));

describe.each([
  [1, 2],
  [2, 3],
  [2.5, 2.5],
  [3, 1.5],
])('slices of %s mm, dose grid of %s mm', (sliceMm, doseMm) => {
  it.each(DOSES)('dose along $axis', async (dose) => {
    const folder = temporaryFolder();
    const phantom = await writePhantom(folder, { sliceMm, doseMm, dose });
    const { rois } = await readRtStruct({ path: join(folder, 'RS.dcm') });
    const read = await readRtDose({ path: join(folder, 'RD.dcm') });
    const results = await computeDvh({ rois, dose: read.dose });
    for (const shape of phantom.shapes) {
      const expected = expectedDose(shape, dose);
      const result = results.find((one) => one.name === shape.name);
      if (!result) throw new Error(`${shape.name} was not measured`);
      expect(Math.abs(result.volumeCc / expected.volumeCc - 1), `${shape.name} volume`).toBeLessThan(0.01);
      const close = (name: string, value: number | null | undefined, truth: number): void => {
        const limit = Math.max(0.01 * truth, 0.1);
        expect(Math.abs((value ?? Number.NaN) - truth), `${shape.name} ${name} ${value} for ${truth}`).toBeLessThan(
          shape.name === 'Small' ? Math.max(limit, 0.3 * sliceMm * dose.gyPerMm) : limit,
        );
      };
      close('mean', result.meanGy, expected.meanGy);
      const { values } = doseMetrics({ dvh: result.dvh, names: PERCENTS.map((percent) => `D${percent}%`) });
      for (const percent of PERCENTS) close(`D${percent}`, values[`D${percent}%`], expected.dx(percent));
    }
  });
});
