/** A course's planning image through model folders: named masks, findings, and what each model is. */

import { asIsovoxError } from '../errors.js';
import type { Manifest } from '../inference/manifest.js';
import type { ModelFolder } from '../inference/model-folder.js';
import { maskFromVolume } from '../native/masks.js';
import { describeVolume, dispose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { Finding } from './model.js';
import { matchesAny } from './roi-names.js';
import { type NamedMask, touchesBorder } from './segmented-structures.js';
import type { PartFailure, StageContext } from './stage.js';

export interface ModelOutcome {
  readonly masks: NamedMask[];
  readonly findings: Finding[];
  readonly failures: PartFailure[];
  readonly models: unknown[];
}

export const taskOf = (manifest: Manifest): string => manifest.task ?? manifest.name;

/** Of several models for one task the quick one when asked for, else the thorough one; those for other images left out. */
export function chooseModels(folders: readonly ModelFolder[], modality: string, fast: boolean): ModelFolder[] {
  const chosen = new Map<string, ModelFolder>();
  for (const folder of folders) {
    if (folder.manifest.modality !== modality || folder.manifest.input.channels.length !== 1) continue;
    const task = taskOf(folder.manifest);
    const known = chosen.get(task);
    if (!known || (known.manifest.fast !== fast && folder.manifest.fast === fast)) chosen.set(task, folder);
  }
  return [...chosen.values()];
}

/** One model that fails costs its structures, not the others'. `sourceOf` gives Segmentation_Source of a task. */
export async function runModels(
  stage: StageContext,
  image: Handle<'Volume'>,
  folders: readonly ModelFolder[],
  options: { kind: 'models' | 'custom'; roiSubset: readonly string[]; sourceOf: (task: string) => string },
): Promise<ModelOutcome> {
  const { context, signal, models: pool } = stage;
  const outcome: ModelOutcome = { masks: [], findings: [], failures: [], models: [] };
  const { size } = describeVolume(image).grid;
  for (const folder of folders) {
    const { manifest } = folder;
    const task = taskOf(manifest);
    try {
      const segmenter = await pool.get(folder);
      const lane = await pool.lane(options.kind, folder);
      const { labels, notes } = await lane.run(signal, () =>
        segmenter.segment([image], { context, signal, onProgress: stage.progress }),
      );
      outcome.models.push({
        name: manifest.name,
        task,
        licence: manifest.licence,
        citation: manifest.citation,
        manifest_sha256: folder.digest,
        onnxruntime: segmenter.onnxRuntime,
        provider: segmenter.provider,
      });
      for (const note of notes)
        outcome.findings.push({ code: 'model.note', severity: 'info', message: `${manifest.name}: ${note}` });
      for (const { value, name } of manifest.output.labels) {
        if (value === 0 || (options.roiSubset.length > 0 && !matchesAny(name, options.roiSubset))) continue;
        const found = await maskFromVolume({ volume: labels, label: value }, { context, signal });
        if (found.volumeCc === 0) {
          dispose(found.mask);
          outcome.findings.push({
            code: 'roi.empty',
            severity: 'info',
            message: `${manifest.name} found no ${name}`,
            context: { ROI_Name: name },
          });
          continue;
        }
        const partial = touchesBorder(found, size);
        if (partial) outcome.findings.push(cutByImage(name));
        outcome.masks.push({ name, source: options.sourceOf(task), partial, ...found });
      }
      dispose(labels);
    } catch (thrown) {
      const error = asIsovoxError(thrown);
      if (error.code === 'ERR_CANCELLED' || error.code === 'ERR_RESOURCE') throw error;
      outcome.failures.push({ code: error.code, reason: `${manifest.name}: ${error.message}` });
    }
  }
  return outcome;
}

export const cutByImage = (name: string): Finding => ({
  code: 'roi.cut_by_image',
  severity: 'warn',
  message: `${name} reaches the border of the image and is cut by it`,
  context: { ROI_Name: name },
});
