/**
 * segment-custom: the user's own models, and structures made of others by sets and margins.
 *
 *   RS_custom.dcm                                       all of them
 *   Segmentation_CustomModels/<source>--<roi>.nii.gz    a mask each
 *   metadata/segmentation_custom.json                   structures and models
 */

import { join } from 'node:path';

import { asIsovoxError, IsovoxError } from '../../errors.js';
import { readRtStruct } from '../../native/dicom.js';
import type { RoiSummary } from '../../native/dicom-types.js';
import { voxelise } from '../../native/imaging.js';
import { combineMasks, marginMask } from '../../native/masks.js';
import { describeVolume, dispose } from '../../native/volume.js';
import type { Handle } from '../../runtime/surface.js';
import { type DerivedStructure, marginsOf } from '../derived-structures.js';
import { COURSE_FILES } from '../layout.js';
import type { Finding, ImageSeries } from '../model.js';
import { readImages } from '../read-images.js';
import { matchesAny } from '../roi-names.js';
import { chooseModels, cutByImage, runModels } from '../run-models.js';
import { type NamedMask, PARTIAL, touchesBorder, writeStructures } from '../segmented-structures.js';
import type { PartFailure, Stage, StageContext, StageOutcome } from '../stage.js';
import { autoStructuresOf } from '../structure-sets.js';

export const segmentCustomStage: Stage = {
  id: 'segment-custom',
  title: 'Custom models and derived structures',
  needs: ['organize'],
  after: ['segment'],
  lane: 'gpu',
  version: 3,
  settings: ({ customModels: { found, definitions }, segmentation }) => ({
    models: found.map(({ digest }) => digest),
    fast: segmentation.fast,
    definitions,
  }),
  inputs: (course) => [
    ...(course.ct?.headers.map((header) => header.path) ?? []),
    ...(course.primaryStructures ? [course.primaryStructures.path] : []),
  ],
  skip(course, { customModels }) {
    if (customModels.found.length === 0 && customModels.definitions.length === 0) return 'no custom model or structure';
    return course.ct ? undefined : 'no planning image';
  },
  run,
};

async function run(stage: StageContext): Promise<StageOutcome> {
  const { course, config, context, signal } = stage;
  const series = course.ct as ImageSeries;
  const { volume: image } = await readImages(series, { context, signal });
  try {
    const folders = chooseModels(config.customModels.found, series.Modality, config.segmentation.fast);
    const outcome = await runModels(stage, image, folders, {
      kind: 'custom',
      roiSubset: [],
      sourceOf: (task) => `CustomModel_${task}`,
    });
    const sources = new Sources(stage, image, outcome.masks);
    await sources.open();
    const derived: NamedMask[] = [];
    const findings = [...outcome.findings];
    const failures = [...outcome.failures];
    for (const definition of config.customModels.definitions) {
      try {
        const made = await derive(definition, sources, stage, image, findings);
        if (made) {
          derived.push(made);
          sources.add(made);
        }
      } catch (thrown) {
        const error = asIsovoxError(thrown);
        if (error.code === 'ERR_CANCELLED') throw error;
        failures.push({ roi: definition.name, code: error.code, reason: error.message } satisfies PartFailure);
      }
    }
    const masks = [...outcome.masks, ...derived];
    if (masks.length > 0) {
      const files = {
        file: COURSE_FILES.customStructures,
        masks: 'Segmentation_CustomModels',
        facts: COURSE_FILES.segmentationCustom,
        firstNumber: 2001,
        label: 'CUSTOM',
      };
      await writeStructures(stage, files, masks, outcome.models);
    }
    sources.close();
    if (masks.length === 0 && failures.length === 0)
      return { status: 'skipped', reason: 'nothing was found or could be made', findings };
    return { status: 'done', findings, failures };
  } finally {
    dispose(image);
  }
}

interface Source {
  readonly name: string;
  readonly partial: boolean;
  mask(): Promise<Handle<'CoverageMask'>>;
}

/** What a definition may name: drawn structures, those of models, earlier definitions. Contours are filled when asked for. */
class Sources {
  readonly #stage: StageContext;
  readonly #image: Handle<'Volume'>;
  readonly #all: Source[];
  readonly #opened: Array<Handle<string>> = [];

  constructor(stage: StageContext, image: Handle<'Volume'>, masks: readonly NamedMask[]) {
    this.#stage = stage;
    this.#image = image;
    this.#all = [];
    for (const one of masks) this.add(one);
  }

  add({ name, partial, mask }: NamedMask): void {
    this.#all.push({ name, partial, mask: async () => mask });
  }

  async open(): Promise<void> {
    const { course, courseFolder } = this.#stage;
    const auto = await autoStructuresOf(courseFolder);
    if (course.primaryStructures) await this.#read(course.primaryStructures.path);
    if (auto) await this.#read(join(courseFolder, COURSE_FILES.autoStructures));
  }

  named(patterns: readonly string[]): { found: Source[]; missing: string[] } {
    const found: Source[] = [];
    const missing: string[] = [];
    for (const pattern of patterns) {
      const matching = this.#all.filter(({ name }) => matchesAny(name, [pattern]));
      // One name stands for one structure: what was drawn comes before what a model found.
      const [first] = matching;
      if (!first) missing.push(pattern);
      else found.push(...(pattern.includes('*') ? matching : [first]).filter((one) => !found.includes(one)));
    }
    return { found, missing };
  }

  close(): void {
    for (const handle of this.#opened.splice(0)) dispose(handle);
  }

  async #read(path: string): Promise<void> {
    const { context, signal } = this.#stage;
    const { rois, summary } = await readRtStruct({ path }, { context, signal });
    this.#opened.push(rois);
    for (const [index, roi] of summary.rois.entries())
      if (roi.contours > 0) this.#all.push(this.#drawn(rois, index, roi));
  }

  #drawn(rois: Handle<'RoiSet'>, index: number, roi: RoiSummary): Source {
    const { context, signal } = this.#stage;
    let made: Promise<Handle<'CoverageMask'>> | undefined;
    const partial = roi.ROIName.endsWith(PARTIAL);
    return {
      name: partial ? roi.ROIName.slice(0, -PARTIAL.length) : roi.ROIName,
      partial,
      mask: () => {
        made ??= voxelise({ rois, index, volume: this.#image }, { context, signal }).then(({ mask }) => {
          this.#opened.push(mask);
          return mask;
        });
        return made;
      },
    };
  }
}

async function derive(
  definition: DerivedStructure,
  sources: Sources,
  { context, signal }: StageContext,
  image: Handle<'Volume'>,
  findings: Finding[],
): Promise<NamedMask | undefined> {
  const { name, operation } = definition;
  const { found, missing } = sources.named(definition.of);
  const about = { context: { ROI_Name: name } };
  if (missing.length > 0) {
    findings.push({
      code: 'structure.missing_source',
      severity: 'warn',
      message: `${name} is made without ${missing.join(', ')}: this course has no such structure`,
      ...about,
    });
  }
  // The first of a difference, and each of an intersection, cannot be left out without changing what is meant.
  const needed =
    operation === 'subtract' ? definition.of.slice(0, 1) : operation === 'intersection' ? definition.of : [];
  if (found.length === 0 || needed.some((pattern) => missing.includes(pattern))) {
    throw new IsovoxError('ERR_NOT_FOUND', `${name} cannot be made: there is no ${missing.join(', ')}`, {
      roi: missing.join(', '),
    });
  }
  const masks = [];
  for (const source of found) masks.push(await source.mask());
  let result = await combineMasks({ operation, masks }, { context, signal });
  const margins = marginsOf(definition.marginMm);
  if (margins) {
    const { mask } = result;
    result = await marginMask({ mask, marginsMm: margins }, { context, signal });
    dispose(mask);
  }
  if (result.volumeCc === 0) {
    dispose(result.mask);
    findings.push({ code: 'roi.empty', severity: 'info', message: `${name} is empty`, ...about });
    return undefined;
  }
  const partial = touchesBorder(result, describeVolume(image).grid.size) || found.some((source) => source.partial);
  if (partial) findings.push(cutByImage(name));
  return { name, source: 'Custom', partial, mask: result.mask, volumeCc: result.volumeCc };
}
