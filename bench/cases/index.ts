import type { BenchCase } from '../harness.js';
import { dicomSeries } from './dicom-series.js';
import { dvh } from './dvh.js';

export const CASES: readonly BenchCase[] = [dicomSeries, dvh];
