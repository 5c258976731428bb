/** Doses subtracted through DICOM files: two linear doses differ by their gradients' difference (closed form). */

import { join } from 'node:path';
import { expect, it } from 'vitest';

import { readRtDose } from '../../lib/native/dicom.js';
import { doseDifference } from '../../lib/native/dose.js';
import { dispose, viewVolume } from '../../lib/native/volume.js';
import { writeLinearDose } from '../../lib/phantom/nelms.js';
import { temporaryFolder } from '../fixtures/index.js';

it('20 + x minus 20 + y is x - y, within the rounding of 32-bit RTDOSE', async () => {
  const folder = temporaryFolder();
  await writeLinearDose(join(folder, 'x.dcm'), 'x', 2);
  await writeLinearDose(join(folder, 'y.dcm'), 'y', 2);
  const [x, y] = await Promise.all(['x', 'y'].map((axis) => readRtDose({ path: join(folder, `${axis}.dcm`) })));
  if (!x || !y) throw new Error('two doses');
  const result = await doseDifference({ reference: y.dose, evaluated: x.dose, toleranceGy: 100 });
  const values = viewVolume(result.difference) as Float32Array;
  expect(result.voxels).toBe(values.length);
  expect(result.meanGy).toBeCloseTo(0, 4);
  expect(result.maxGy).toBeCloseTo(-result.minGy, 4);
  expect(result.withinTolerance).toBe(1);
  // The first row runs along x: neighbours differ by the spacing.
  expect((values[1] as number) - (values[0] as number)).toBeCloseTo(2, 4);
  dispose(result.difference);
});
