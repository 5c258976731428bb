/**
 * segment: the structures that models find on the planning image.
 *
 *   RS_auto.dcm                                   all of them; names of those that the image cuts end in __partial
 *   SEG_auto.dcm                                  the same as a DICOM Segmentation
 *   Segmentation_Models/<source>--<roi>.nii.gz    a mask each
 *   metadata/segmentation.json                    structures, and the models with licence, citation and checksum
 */

import { dispose } from '../../native/volume.js';
import { COURSE_FILES } from '../layout.js';
import type { ImageSeries } from '../model.js';
import { readImages } from '../read-images.js';
import { chooseModels, runModels } from '../run-models.js';
import { writeStructures } from '../segmented-structures.js';
import type { Stage, StageContext, StageOutcome } from '../stage.js';

export const segmentStage: Stage = {
  id: 'segment',
  title: 'Segmentation by models',
  needs: ['organize'],
  lane: 'gpu',
  version: 3,
  settings: ({ segmentation: { found, fast, roiSubset } }) => ({
    models: found.map(({ digest }) => digest),
    fast,
    roiSubset,
  }),
  inputs: (course) => course.ct?.headers.map((header) => header.path) ?? [],
  skip(course, config) {
    if (config.segmentation.found.length === 0) return 'no model';
    if (!course.ct) return 'no planning image';
    const models = chooseModels(config.segmentation.found, course.ct.Modality, config.segmentation.fast);
    return models.length === 0 ? `no model for one ${course.ct.Modality} image` : undefined;
  },
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, context, signal } = stage;
  const series = course.ct as ImageSeries;
  const { found, fast, roiSubset } = config.segmentation;
  const { volume: image } = await readImages(series, { context, signal });
  const { masks, findings, failures, models } = await runModels(
    stage,
    image,
    chooseModels(found, series.Modality, fast),
    { kind: 'models', roiSubset, sourceOf: (task) => `AutoRTS_${task}` },
  );
  dispose(image);
  if (masks.length === 0 && failures.length === 0)
    return { status: 'skipped', reason: 'the models found nothing', findings };
  if (masks.length > 0) {
    const files = {
      file: COURSE_FILES.autoStructures,
      masks: 'Segmentation_Models',
      facts: COURSE_FILES.segmentation,
      firstNumber: 1001,
      label: 'AUTO',
    };
    await writeStructures(stage, files, masks, models);
  }
  return { status: 'done', findings, failures };
}
