/** What isovox bench measures: the engine's main operations on the phantom patient, each from files to its result. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { readRtDose, readRtStruct, readSeries } from '../native/dicom.js';
import { computeDvh } from '../native/dose.js';
import { convertVolume, readVolume, writeVolume } from '../native/formats.js';
import { maskToVolume, voxelise } from '../native/imaging.js';
import { extractFeatures, extractPyradiomics } from '../native/radiomics.js';
import { dispose } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';

export interface CommandBenchCase {
  readonly name: string;
  readonly title: string;
  /** Does the work once; what it works on may be made in the call before. */
  readonly prepare: (folder: string, task: SubmitOptions) => Promise<() => Promise<void>>;
}

const slicesOf = (folder: string): string[] => readdirSync(join(folder, 'CT')).map((name) => join(folder, 'CT', name));

/** The CT and the mask of the PTV on it. */
async function imageAndMask(folder: string, task: SubmitOptions) {
  const { volume: image } = await readSeries({ paths: slicesOf(folder) }, task);
  const { rois, summary } = await readRtStruct({ path: join(folder, 'RS.dcm') }, task);
  const index = summary.rois.findIndex(({ ROIName }) => ROIName === 'PTV');
  const { mask } = await voxelise({ rois, index, volume: image }, task);
  const volume = await maskToVolume({ mask, mode: 'binary' }, task);
  dispose(rois);
  dispose(mask);
  return { image, mask: volume };
}

async function discard(work: Promise<Handle<'Volume'>>): Promise<void> {
  dispose(await work);
}

export const COMMAND_BENCH_CASES: readonly CommandBenchCase[] = [
  {
    name: 'series',
    title: 'DICOM series into one volume',
    prepare: async (folder, task) => {
      const paths = slicesOf(folder);
      return () => discard(readSeries({ paths }, task).then(({ volume }) => volume));
    },
  },
  {
    name: 'dvh',
    title: 'RTSTRUCT and RTDOSE into the DVHs of all structures',
    prepare: async (folder, task) => async () => {
      const [{ rois }, { dose }] = await Promise.all([
        readRtStruct({ path: join(folder, 'RS.dcm') }, task),
        readRtDose({ path: join(folder, 'RD.dcm') }, task),
      ]);
      for (const { dvh } of await computeDvh({ rois, dose }, task)) dispose(dvh);
      dispose(rois);
      dispose(dose);
    },
  },
  {
    name: 'masks',
    title: 'masks of all structures on the CT',
    prepare: async (folder, task) => {
      const { volume } = await readSeries({ paths: slicesOf(folder) }, task);
      const { rois, summary } = await readRtStruct({ path: join(folder, 'RS.dcm') }, task);
      return async () => {
        const found = await Promise.all(summary.rois.map((_, index) => voxelise({ rois, index, volume }, task)));
        for (const { mask } of found) dispose(mask);
      };
    },
  },
  {
    name: 'radiomics',
    title: 'all IBSI features of one structure',
    prepare: async (folder, task) => {
      const { image, mask } = await imageAndMask(folder, task);
      return async () => {
        await extractFeatures({ image, mask, settings: { discretise: { method: 'fbs', width: 25 } } }, task);
      };
    },
  },
  {
    name: 'pyradiomics',
    title: "PyRadiomics' 107 features of one structure",
    prepare: async (folder, task) => {
      const { image, mask } = await imageAndMask(folder, task);
      return async () => {
        await extractPyradiomics({ image, mask, label: 1, settings: { binWidth: 25 } }, task);
      };
    },
  },
  {
    name: 'resample',
    title: 'CT at 1 mm by cubic B-splines',
    prepare: async (folder, task) => {
      const { volume } = await readSeries({ paths: slicesOf(folder) }, task);
      return () => discard(convertVolume({ volume, spacing: [1, 1, 1], interpolation: 'cubic' }, task));
    },
  },
  {
    name: 'nifti-gz',
    title: 'NIfTI, compressed, read',
    prepare: async (folder, task) => {
      const path = join(folder, 'ct.nii.gz');
      const { volume } = await readSeries({ paths: slicesOf(folder) }, task);
      await writeVolume({ volume, path }, task);
      return () => discard(readVolume({ path }, task).then((read) => read.volume));
    },
  },
];
