/**
 * robustness: features of target structures under perturbations of image and outline.
 *
 *   robustness.json           one entry per structure: values of every feature under every perturbation
 *   robustness_summary.csv    one row per structure and feature: coefficients of variation and dispersion
 *
 * Every perturbation of a structure must succeed: an incomplete grid is a failure, never a smaller one.
 */

import { join } from 'node:path';

import { IsovoxError } from '../../errors.js';
import { perturbedFeatures } from '../../native/radiomics.js';
import { writeText } from '../../table/atomic.js';
import { writeCsv } from '../../table/csv.js';
import { perturbationGrid } from '../perturbation-grid.js';
import { identifyRoi, measureRois, roiInputs, withoutRois } from '../planning-rois.js';
import { settingsFor } from '../radiomics.js';
import { perturbedValues, type RobustnessEntry, robustnessTables } from '../robustness.js';
import { matchesAny } from '../roi-names.js';
import type { Stage, StageContext, StageOutcome } from '../stage.js';

export const robustnessStage: Stage = {
  id: 'robustness',
  title: 'Robustness of radiomics features',
  needs: ['organize'],
  after: ['segment', 'segment-custom'],
  lane: 'cpu',
  version: 9,
  settings: ({ robustness, radiomics: { sequential, timeoutSeconds, images, ...radiomics } }) => ({
    robustness,
    radiomics,
  }),
  inputs: roiInputs,
  skip: (course, config) =>
    config.robustness.grid === 'off' ? 'no perturbations asked for' : withoutRois(course, config),
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, folder } = stage;
  // Of the original image: derived ones would make every perturbation a dozen.
  const original = { ...config, radiomics: { ...config.radiomics, images: 'original' as const } };
  const settings = settingsFor(original, course.ct?.Modality ?? 'CT');
  const grid = perturbationGrid(config.robustness);
  const { outcomes, findings, failures } = await measureRois(
    stage,
    // A structure fills the pool with its perturbations.
    { ...config.radiomics, sequential: true, timeoutSeconds: config.robustness.timeoutSeconds },
    ({ ROIName }) => matchesAny(ROIName, config.robustness.rois),
    async ({ image, mask, roi, task }) => {
      const { names, values, failed } = await perturbedFeatures(
        {
          image,
          mask,
          label: 1,
          perturbations: grid.map(({ name, outlineOnly, ...perturbation }) => perturbation),
          seed: config.robustness.seed,
          ...(config.radiomics.dialect === 'pyradiomics'
            ? { pyradiomics: settings.pyradiomics }
            : { settings: settings.ibsi }),
        },
        task,
      );
      const bad = failed.findIndex((code) => code !== '');
      if (bad >= 0) {
        throw new IsovoxError(
          'ERR_CORRUPT_DATA',
          `${failed.filter((code) => code !== '').length} of ${grid.length} perturbations have no features; ` +
            `the first is ${grid[bad]?.name} (${failed[bad]})`,
          { roi: roi.ROIName },
        );
      }
      return { result: { names, values }, findings: [] };
    },
  );
  const entries = outcomes.flatMap(({ set, roi, result }): RobustnessEntry[] => {
    if (!result) return [];
    const { patient_id, course_id, modality, segmentation_source, roi_number, roi_name } = identifyRoi(
      course,
      set,
      roi,
    );
    return [
      {
        ...{ patient_id, course_id, modality, segmentation_source, roi_number, roi_name },
        settings_hash: stage.settingsHash,
        ...perturbedValues(grid, result),
      },
    ];
  });
  await writeText(join(folder, 'robustness.json'), `${JSON.stringify(entries)}\n`);
  const [summary] = await robustnessTables(entries);
  if (summary) {
    const rows = summary.rows.filter(({ scope }) => scope === 'structure');
    await writeCsv({ ...summary, rows }, join(folder, 'robustness_summary.csv'));
  }
  return { status: 'done', findings, failures };
}
