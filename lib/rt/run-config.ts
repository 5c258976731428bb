/** The settings of a pipeline run: one schema, from which the config file, the flags and the documentation are read. */

import { z } from 'zod';

import type { ModelFolder } from '../inference/model-folder.js';
import { constraintSheetSchema } from './constraints.js';
import { derivedStructureSchema } from './derived-structures.js';

/** Dose-volume settings. */
const dvh = z
  .strictObject({
    outside: z.enum(['exclude', 'zero', 'clamp']).default('exclude').describe('Structure outside the dose grid'),
    dx: z.array(z.number().min(0).max(100)).default([]).describe('More Dx% columns, in percent of the volume'),
    dcc: z.array(z.number().positive()).default([]).describe('More Dxcc columns, in cc'),
    vx: z.array(z.number().nonnegative()).default([]).describe('More VxGy columns, in gray'),
    vxMaxGy: z.number().int().min(1).max(300).default(60).describe('V1Gy ... VnGy columns up to this dose'),
    prescriptionGy: z
      .number()
      .positive()
      .optional()
      .describe('Prescribed dose when the plan has none, or to override it'),
    curveStepGy: z.number().min(0.001).max(5).default(0.1).describe('Dose step of the written curves'),
    skipRois: z.array(z.string()).default([]).describe('ROI names to leave out; * matches anything'),
    constraints: z.array(z.string()).default([]).describe('Constraint sheets: YAML files, or quantec, sbrt-spine'),
    tg263: z
      .record(z.string(), z.string())
      .default({})
      .describe('Names that a person decided, by ROIName: Lt Lung: Lung_L'),
    constraintSheets: z.array(constraintSheetSchema).default([]).describe('The same, written out'),
  })
  .prefault({});

const organize = z
  .strictObject({
    mergeCriteria: z
      .enum(['same_ct_study', 'frame_of_reference'])
      .default('same_ct_study')
      .describe('What makes one course of several plans'),
    sumAcrossFrames: z
      .enum(['never', 'rigid', 'deformable'])
      .default('never')
      .describe('Doses of a course in several frames of reference are added, moved by registrations of this kind'),
    maxDays: z.number().int().positive().optional().describe('Split a course whose plans span more days'),
    writeNifti: z.boolean().default(true).describe('Write ct.nii.gz'),
    copyImages: z.boolean().default(true).describe('Copy the CT slices into DICOM/CT'),
  })
  .prefault({});

const radiomics = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Measure features of every structure on the planning image'),
    modalities: z
      .array(z.enum(['MR', 'PT', 'RTDOSE']))
      .default(['MR', 'PT', 'RTDOSE'])
      .describe('Images beside the planning image that are measured too; RTDOSE is the dose'),
    dialect: z.enum(['pyradiomics', 'ibsi']).default('pyradiomics').describe('Names and definitions of the features'),
    spacingMm: z.number().positive().optional().describe('Isotropic resampling; 1 mm, PET 3 mm, dose 2 mm'),
    binWidth: z
      .number()
      .positive()
      .optional()
      .describe('Width of grey level bins; CT 25 HU, PET 0.25 SUV, MR 64 bins, dose 1 Gy'),
    images: z
      .enum(['all', 'original'])
      .default('all')
      .describe('all: LoG and wavelet images too; PyRadiomics\u2019 definitions only'),
    petTracer: z.enum(['FDG', 'PSMA']).default('FDG').describe('Whose bins and LoG widths PET images have'),
    skipRois: z
      .array(z.string())
      .default(['body', 'external', 'couch*', '*bones*', 'm1', 'm2'])
      .describe('ROI names to leave out; * matches anything'),
    minVoxels: z.number().int().min(1).default(120).describe('Smaller structures get a finding instead of features'),
    maxVoxels: z.number().int().min(1).default(15_000_000).describe('Larger structures get a finding instead'),
    timeoutSeconds: z
      .number()
      .positive()
      .max(86_400)
      .default(600)
      .describe('A structure that takes longer is a failure'),
    sequential: z.boolean().default(false).describe('One structure at a time'),
  })
  .prefault({});

const robustness = z
  .strictObject({
    grid: z.enum(['off', 'mild', 'standard', 'aggressive']).default('off').describe('12, 81 or 315 perturbations'),
    rois: z.array(z.string()).default(['gtv*', 'ctv*', 'ptv*']).describe('ROI names; * matches anything'),
    rotations: z.array(z.number().min(-180).max(180)).default([]).describe('Degrees, each on top of the grid'),
    noise: z
      .array(z.number().min(0))
      .min(1)
      .default([0, 10, 20])
      .describe('Standard deviations, in units of the image'),
    shiftMm: z.number().min(0).max(50).default(4).describe('Largest shift of the outline'),
    seed: z.number().int().min(0).default(42).describe('Of noise and outlines'),
    timeoutSeconds: z
      .number()
      .positive()
      .max(86_400)
      .default(3600)
      .describe('A structure that takes longer is a failure'),
  })
  .prefault({});

const device = z
  .string()
  .regex(/^(auto|cpu|cuda(:\d+)?)$/, 'Expected auto, cpu, cuda or cuda:N')
  .optional()
  .describe('Where models run; auto takes the GPU when there is one');

/** Filled when the configuration is loaded. */
const found = z.array(z.custom<ModelFolder>()).default([]);

const segmentation = z
  .strictObject({
    models: z.string().optional().describe('A model folder, or a folder of such'),
    device,
    workers: z.number().int().min(1).max(64).optional().describe('Courses segmented at once'),
    fast: z.boolean().default(false).describe('The quick model of each task, where there is one'),
    roiSubset: z.array(z.string()).default([]).describe('Only these structures; * matches anything'),
    found,
  })
  .prefault({});

const customModels = z
  .strictObject({
    models: z.string().optional().describe('A model folder, or a folder of such'),
    workers: z.number().int().min(1).max(64).optional().describe('Courses segmented at once'),
    structures: z.string().optional().describe('YAML with structures made of others'),
    definitions: z.array(derivedStructureSchema).default([]).describe('The same, written out'),
    found,
  })
  .prefault({});

const edge = z.strictObject({
  roi: z.array(z.string()).min(1).describe('The first of these that the course has'),
  side: z.enum(['superior', 'inferior']),
  marginMm: z.number().min(-500).max(500).default(0).describe('Beyond it; negative stays inside'),
});

const crop = z
  .strictObject({
    region: z.enum(['pelvis', 'abdomen', 'thorax', 'head_neck', 'brain']).optional().describe('A body region'),
    superior: edge.optional().describe('The upper edge, instead of the region\u2019s'),
    inferior: edge.optional().describe('The lower edge, instead of the region\u2019s'),
  })
  .prefault({});

const report = z
  .strictObject({
    slices: z.number().int().min(1).max(64).default(12).describe('Axial slices shown'),
    windowHu: z.number().positive().default(400).describe('Width of the grey window'),
    levelHu: z.number().default(40).describe('Middle of the grey window'),
    isodosePct: z
      .array(z.number().positive())
      .default([20, 50, 80, 95, 100, 105])
      .describe('Isodose lines, percent of prescription'),
  })
  .prefault({});

export const runConfigSchema = z.strictObject({
  organize,
  segmentation,
  customModels,
  crop,
  dvh,
  radiomics,
  robustness,
  report,
  output: z
    .strictObject({
      xlsx: z.boolean().default(false).describe('Also write .xlsx tables'),
      pseudonymise: z
        .boolean()
        .default(false)
        .describe('Pseudonyms instead of PatientIDs, and DICOM objects written anew instead of copied'),
      pseudonyms: z
        .string()
        .optional()
        .describe(
          'File that says who is who, made when it is not there; .isovox/pseudonyms.json of the output when not given',
        ),
    })
    .prefault({}),
});

export type RunConfig = z.infer<typeof runConfigSchema>;
