/**
 * radiomics: features of every structure on the planning image, on MR and PET in its frame of reference, and on the dose.
 *
 *   radiomics.json   one entry per image and structure: identity, feature values with unit and IBSI id, findings
 *
 * A structure that cannot be measured is an entry without values and a finding that says why.
 */

import { join } from 'node:path';

import { asIsovoxError } from '../../errors.js';
import { extractFeatures, extractPyradiomics } from '../../native/radiomics.js';
import type { FeatureValue } from '../../native/radiomics-types.js';
import { writeText } from '../../table/atomic.js';
import { imagesBeside, type MeasuredImage, pathsBeside, planningImage } from '../measured-images.js';
import type { Finding } from '../model.js';
import { identifyRoi, measureRois, type RoiOutcomes, roiInputs, withoutRois } from '../planning-rois.js';
import { type RadiomicsEntry, settingsFor } from '../radiomics.js';
import { matchesAny } from '../roi-names.js';
import type { PartFailure, Stage, StageContext, StageOutcome } from '../stage.js';

export const radiomicsStage: Stage = {
  id: 'radiomics',
  title: 'Radiomics features',
  needs: ['organize'],
  after: ['segment', 'segment-custom'],
  lane: 'cpu',
  version: 10,
  // How many structures are worked on at a time decides no result.
  settings: ({ radiomics: { sequential, ...settings } }) => settings,
  inputs: (course) => [...roiInputs(course), ...pathsBeside(course)],
  skip: (course, config) => (config.radiomics.enabled ? withoutRois(course, config) : 'switched off'),
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, folder } = stage;
  const beside = imagesBeside(course);
  const wanted = [planningImage(course), ...beside.images].filter(
    ({ modality }, n) => n === 0 || config.radiomics.modalities.some((name) => name === modality),
  );
  const parts: Measurement[] = [];
  for (const image of wanted) parts.push(await measureOn(image, stage));
  await writeText(join(folder, 'radiomics.json'), `${JSON.stringify(parts.flatMap(({ entries }) => entries))}\n`);
  return {
    status: 'done',
    findings: [...beside.findings, ...parts.flatMap(({ findings }) => findings)],
    failures: parts.flatMap(({ failures }) => failures),
  };
}

interface Measurement {
  readonly entries: readonly RadiomicsEntry[];
  readonly findings: readonly Finding[];
  readonly failures: readonly PartFailure[];
}

/** An image beside the planning image that cannot be read is a failure of its own. */
async function measureOn(image: MeasuredImage, stage: StageContext): Promise<Measurement> {
  const { course, config } = stage;
  const settings = settingsFor(config, image.modality);
  const measuring = measureRois(
    stage,
    config.radiomics,
    ({ ROIName }) => !matchesAny(ROIName, config.radiomics.skipRois),
    async ({ image: volume, mask, task }) => {
      const volumes = { image: volume, mask, label: 1 };
      const { features, ...found } =
        config.radiomics.dialect === 'pyradiomics'
          ? await extractPyradiomics({ ...volumes, settings: settings.pyradiomics }, task)
          : await extractFeatures({ ...volumes, settings: settings.ibsi }, task);
      return { result: features, findings: found.findings };
    },
    image,
  );
  if (image.uid === course.ct?.SeriesInstanceUID) return entriesOf(await measuring);
  try {
    return entriesOf(await measuring);
  } catch (thrown) {
    stage.signal.throwIfAborted();
    const { code, message } = asIsovoxError(thrown);
    const reason = `${image.modality}: ${message}`;
    return {
      entries: [],
      findings: [{ code: 'radiomics.image_failed', severity: 'fail', message: reason }],
      failures: [{ code, reason }],
    };
  }

  function entriesOf({ outcomes, findings, failures }: RoiOutcomes<readonly FeatureValue[]>): Measurement {
    const entries = outcomes.map(
      ({ set, roi, voxels, result, findings: found }): RadiomicsEntry => ({
        ...identifyRoi(course, set, roi),
        modality: image.modality,
        SeriesInstanceUID: image.uid,
        settings_hash: stage.settingsHash,
        features: result ?? [],
        findings: [...found],
        voxels,
      }),
    );
    return { entries, findings, failures };
  }
}
