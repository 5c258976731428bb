import type { BenchCase } from '../harness.js';
import { align } from './align.js';
import { cohort, cohortMixed } from './cohort.js';
import { dicomJpeg2000, dicomJpegLossless, dicomJpegLs, dicomRle } from './dicom-codecs.js';
import { dicomSeries, dicomSeriesShort } from './dicom-series.js';
import { dvh, dvhHeadNeck, dvhTwenty } from './dvh.js';
import { filterCases } from './filters.js';
import { gamma } from './gamma.js';
import { inferenceRun, inferenceSlide } from './inference.js';
import { ingest } from './ingest.js';
import { loaderCases } from './loader.js';
import { maskEdt, maskLabel, maskSurface } from './masks.js';
import { niftiGz, niftiGzTwo } from './nifti-gz.js';
import { radiomicsLarge, radiomicsSmall } from './radiomics.js';
import { responsive } from './responsive.js';
import { rtstructMasks } from './rtstruct-masks.js';
import { s3Chunks, s3Shards } from './s3.js';
import { tasks, tasksSingle, tasksTensor } from './tasks.js';
import { zarrCases } from './zarr.js';

export const CASES: readonly BenchCase[] = [
  dicomSeries,
  dicomSeriesShort,
  dicomRle,
  dicomJpegLossless,
  dicomJpegLs,
  dicomJpeg2000,
  dvh,
  dvhHeadNeck,
  dvhTwenty,
  gamma,
  tasks,
  tasksSingle,
  tasksTensor,
  niftiGz,
  niftiGzTwo,
  ingest,
  ...loaderCases,
  inferenceRun,
  inferenceSlide,
  maskEdt,
  maskLabel,
  maskSurface,
  rtstructMasks,
  ...zarrCases,
  responsive,
  s3Chunks,
  s3Shards,
  radiomicsSmall,
  radiomicsLarge,
  ...filterCases,
  ...align,
  cohort,
  cohortMixed,
];
