/** Which images of a course its structures are measured on. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { writeRtDose } from '../../../lib/native/dicom.js';
import { describeVolume, viewVolume } from '../../../lib/native/volume.js';
import { imagesBeside, pathsBeside, planningImage } from '../../../lib/rt/measured-images.js';
import type { Course, ImageSeries } from '../../../lib/rt/model.js';
import { temporaryFolder } from '../../fixtures/index.js';

const series = (uid: string, Modality: string, frame: string, slices = 5): ImageSeries => ({
  SeriesInstanceUID: uid,
  StudyInstanceUID: '1',
  FrameOfReferenceUID: frame,
  Modality,
  headers: Array.from({ length: slices }, (_, k) => ({ path: `/in/${uid}/${k}.dcm` })) as never,
});

const course = (part: Partial<Course>): Course =>
  ({
    ct: series('ct', 'CT', 'here'),
    otherImages: [],
    doseChoice: { doseClass: 'none', doses: [], sum: false, reason: '' },
    ...part,
  }) as unknown as Course;

describe('images that structures are measured on', () => {
  it('are the planning image, and MR and PET in its frame; another frame is a finding', () => {
    const subject = course({
      otherImages: [
        series('mr', 'MR', 'here'),
        series('pt', 'PT', 'here'),
        series('late', 'CT', 'here'),
        series('thin', 'MR', 'here', 2),
        series('far', 'MR', 'there'),
        series('lost', 'PT', ''),
      ],
    });
    expect(planningImage(subject)).toMatchObject({ modality: 'CT', uid: 'ct' });
    const { images, findings } = imagesBeside(subject);
    expect(images.map(({ modality, uid }) => `${modality} ${uid}`)).toEqual(['MR mr', 'PT pt']);
    expect(findings.map(({ code, context }) => `${code} ${context?.SeriesInstanceUID}`)).toEqual([
      'radiomics.other_frame far',
      'radiomics.other_frame lost',
    ]);
    expect(pathsBeside(subject)).toContain('/in/mr/0.dcm');
    expect(pathsBeside(subject)).not.toContain('/in/late/0.dcm');
  });

  it('the dose is one in gray, on its own grid', async () => {
    const path = join(temporaryFolder(), 'RD.dcm');
    const values = Float32Array.from({ length: 60 }, (_, v) => v / 4);
    await writeRtDose({
      path,
      identity: {
        PatientID: 'P',
        SOPInstanceUID: '1.2.3',
        StudyInstanceUID: '1.2',
        SeriesInstanceUID: '1.2.1',
      } as never,
      grid: { size: [5, 4, 3], spacing: [2, 3, 4], origin: [10, 20, 30] },
      values,
      bits: 32,
    });
    const doseChoice = { doseClass: 'single', doses: [{ path, SOPInstanceUID: '1.2.3' }], sum: false, reason: '' };
    const [dose] = imagesBeside(course({ doseChoice: doseChoice as never })).images;
    expect(dose).toMatchObject({ modality: 'RTDOSE', uid: '1.2.3' });
    const { volume } = (await dose?.open({})) as NonNullable<Awaited<ReturnType<NonNullable<typeof dose>['open']>>>;
    expect(describeVolume(volume).grid).toMatchObject({ size: [5, 4, 3], spacing: [2, 3, 4], origin: [10, 20, 30] });
    const read = viewVolume(volume);
    for (const [v, gray] of values.entries()) expect(Number(read[v])).toBeCloseTo(gray, 5);
  });
});
