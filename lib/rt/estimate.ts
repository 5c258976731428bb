/** What a course takes: memory, so that those in flight fit; weight, so that long ones start first. */

import type { HeaderRecord } from '../native/dicom-types.js';
import type { Course } from './model.js';

export interface CourseEstimate {
  readonly memoryMb: number;
  /** Proportional to the expected time. */
  readonly weight: number;
  /** Of the planning image. */
  readonly voxels: number;
  /** Of the structure set that is measured. */
  readonly rois: number;
  /** What its results take in the output folder: copies, a compressed image, tables and the page. */
  readonly diskMb: number;
  /** Beyond these a course gains little: its structures and slices are what is shared out. */
  readonly threads: number;
}

const BASE_MB = 64;
/** Of tables and page, however small the course is. */
const BASE_DISK_MB = 2;
const MOST_THREADS = 8;

const pixels = (header: HeaderRecord): number =>
  (header.Rows ?? 0) * (header.Columns ?? 0) * Math.max(1, header.NumberOfFrames ?? 1);

export function estimateCourse(course: Course): CourseEstimate {
  const ctPixels = (course.ct?.headers ?? []).reduce((sum, header) => sum + pixels(header), 0);
  const dosePixels = course.doseChoice.doses.reduce((sum, header) => sum + pixels(header), 0);
  const doseBytes = course.doses.reduce((sum, header) => sum + header.size, 0);
  const contourBytes = course.primaryStructures?.size ?? 0;
  const fileBytes = (course.ct?.headers ?? []).reduce((sum, header) => sum + header.size, 0);
  const rois = course.primaryStructures?.rtstruct?.rois.length ?? 0;
  // The CT as int16 and its compressed copy; doses as float32 with their source; contours as doubles.
  const bytes = 4 * ctPixels + 8 * dosePixels + 4 * contourBytes;
  return {
    memoryMb: Math.ceil(BASE_MB + bytes / 2 ** 20),
    weight: 1 + (fileBytes + 4 * dosePixels + 8 * contourBytes) / 2 ** 20,
    diskMb: Math.ceil(BASE_DISK_MB + (2 * (fileBytes + contourBytes + doseBytes)) / 2 ** 20),
    voxels: ctPixels,
    rois,
    threads: Math.max(1, Math.min(MOST_THREADS, rois)),
  };
}
