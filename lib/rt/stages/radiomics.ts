/**
 * radiomics: features of every structure on the planning image.
 *
 *   radiomics.json   one entry per structure: identity, feature values with unit and IBSI id, findings
 *
 * A structure that cannot be measured is an entry without values and a finding that says why.
 */

import { join } from 'node:path';

import { extractFeatures, extractPyradiomics } from '../../native/radiomics.js';
import { writeText } from '../../table/atomic.js';
import { identifyRoi, measureRois, roiInputs, withoutRois } from '../planning-rois.js';
import { type RadiomicsEntry, settingsFor } from '../radiomics.js';
import { matchesAny } from '../roi-names.js';
import type { Stage, StageContext, StageOutcome } from '../stage.js';

export const radiomicsStage: Stage = {
  id: 'radiomics',
  title: 'Radiomics features',
  needs: ['organize'],
  after: ['segment', 'segment-custom'],
  lane: 'cpu',
  version: 4,
  // How many structures are worked on at a time decides no result.
  settings: ({ radiomics: { sequential, ...settings } }) => settings,
  inputs: roiInputs,
  skip: (course, config) => (config.radiomics.enabled ? withoutRois(course, config) : 'switched off'),
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, folder } = stage;
  const settings = settingsFor(config, course.ct?.Modality ?? 'CT');
  const { outcomes, findings, failures } = await measureRois(
    stage,
    config.radiomics,
    ({ ROIName }) => !matchesAny(ROIName, config.radiomics.skipRois),
    async ({ image, mask, task }) => {
      const volumes = { image, mask, label: 1 };
      const { features, ...found } =
        config.radiomics.dialect === 'pyradiomics'
          ? await extractPyradiomics({ ...volumes, settings: settings.pyradiomics }, task)
          : await extractFeatures({ ...volumes, settings: settings.ibsi }, task);
      return { result: features, findings: found.findings };
    },
  );
  const entries = outcomes.map(
    ({ set, roi, voxels, result, findings: found }): RadiomicsEntry => ({
      ...identifyRoi(course, set, roi),
      settings_hash: stage.settingsHash,
      features: result ?? [],
      findings: [...found],
      voxels,
    }),
  );
  await writeText(join(folder, 'radiomics.json'), `${JSON.stringify(entries)}\n`);
  return { status: 'done', findings, failures };
}
