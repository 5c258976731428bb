/** What the pages are made of: plain data, gathered by whoever knows where it comes from. */

import type { Table } from '../table/table.js';
import type { Rgb } from './color.js';

/** `Label: value`, with a smaller note beneath. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

export type CheckStatus = 'PASS' | 'WARNING' | 'FAIL' | 'ERROR' | 'SKIPPED';

export interface FindingData {
  readonly code: string;
  readonly severity: 'info' | 'warn' | 'fail';
  readonly message: string;
  /** What it is about, for instance a ROI; empty for the course. */
  readonly subject?: string;
}

export interface CheckData {
  readonly name: string;
  readonly status: CheckStatus;
  readonly reason: string;
  readonly findings: readonly FindingData[];
}

/** A structure, in the order of the legend. */
export interface RoiData {
  readonly number: number;
  readonly name: string;
  /** RTROIInterpretedType: PTV, ORGAN, EXTERNAL. */
  readonly type?: string;
  /** Whether it is what is treated: the legend can show these alone. */
  readonly isTarget?: boolean;
  /** ROIDisplayColor. */
  readonly color?: readonly [number, number, number];
  readonly volumeCc?: number;
  readonly meanGy?: number;
  readonly maxGy?: number;
  /** Cumulative: the volume that receives at least each dose. Absent when it has no dose. */
  readonly curve?: { readonly doseGy: readonly number[]; readonly volumeCc: readonly number[] };
}

export type PanelPlane = 'axial' | 'coronal' | 'sagittal';

/** Alternating u, v in millimetres: axial (x, y), coronal (x, z), sagittal (y, z). Closed when it ends where it began. */
export type PanelLine = ArrayLike<number>;

/** One cut through the patient. Pixel (i, j) has its centre at (u0 + i * pixelMm, v0 + j * pixelMm). */
export interface PanelData {
  readonly plane: PanelPlane;
  readonly positionMm: number;
  readonly width: number;
  readonly height: number;
  readonly u0: number;
  readonly v0: number;
  readonly pixelMm: number;
  /** Windowed to 0..255. */
  readonly gray: Uint8Array;
  /** With one, `gray` holds positions in it. */
  readonly palette?: readonly Rgb[];
  /** `roi` is a position in `CourseReportData.rois`. */
  readonly outlines: readonly { readonly roi: number; readonly lines: readonly PanelLine[] }[];
  /** `level` is a position in `ImagesData.levels`. */
  readonly isodoses: readonly { readonly level: number; readonly lines: readonly PanelLine[] }[];
}

export interface ImagesData {
  /** What is seen behind the lines, in words: `CT, window 400 HU, level 40 HU`. */
  readonly background: string;
  /** Why this position: `Slices through the dose maximum`. */
  readonly centre: string;
  /** From low dose to high. */
  readonly levels: readonly { readonly gy: number; readonly percent?: number }[];
  /** From feet to head; `start` is shown first. */
  readonly axial: readonly PanelData[];
  readonly start: number;
  readonly coronal?: PanelData;
  readonly sagittal?: PanelData;
}

export interface LinkData {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly rule: string;
  readonly reason: string;
}

export interface DoseData {
  /** `single`, `plan-sum`, `ambiguous`, ... */
  readonly doseClass: string;
  readonly reason: string;
  readonly rxGy?: number;
  /** `rtplan_dicom`, `explicit`, `none`, ... */
  readonly rxSource?: string;
  readonly maximumGy?: number;
}

/** `Rectum V70Gy <= 20 %: 12.3`. */
export interface ConstraintData {
  readonly roi: string;
  readonly sheet: string;
  readonly limit: string;
  readonly value?: number;
  readonly result: 'pass' | 'fail' | 'unknown';
  readonly endpoint: string;
}

export interface CourseReportData {
  readonly patientId: string;
  readonly courseId: string;
  /** A relative address of the cohort page. */
  readonly cohortHref?: string;
  readonly facts: readonly Fact[];
  readonly qc: { readonly overall: CheckStatus; readonly checks: readonly CheckData[] };
  readonly dose: DoseData;
  readonly rois: readonly RoiData[];
  /** Why there is no curve at all, when there is none. */
  readonly curvesAbsent?: string;
  readonly metrics: Table;
  /** Limits that were looked at; absent when none were given. */
  readonly constraints?: readonly ConstraintData[];
  readonly images: ImagesData | { readonly absent: string };
  readonly links: readonly LinkData[];
  readonly findings: readonly FindingData[];
  /** Version, settings hash, input digests, UIDs. */
  readonly provenance: readonly Fact[];
}

export interface CohortCourse {
  readonly patientId: string;
  readonly courseId: string;
  /** Relative address of its page, percent-encoded; absent when it has none. */
  readonly href?: string;
  readonly qc: CheckStatus;
  readonly doseClass: string;
  readonly rxGy?: number;
  readonly maximumGy?: number;
  readonly rois: number;
  readonly warnings: number;
  readonly failures: number;
  /** What went wrong, or what is worth knowing, in a sentence. */
  readonly remark?: string;
}

export interface FailureData {
  readonly path: string;
  readonly stage: string;
  readonly roi: string;
  readonly code: string;
  readonly reason: string;
}

/** One number of every course that has it, for every structure of the same name. */
export interface DistributionData {
  /** `DmeanGy`. */
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  readonly groups: readonly {
    readonly roi: string;
    readonly values: readonly { readonly label: string; readonly value: number }[];
  }[];
}

/** Features under perturbations. */
export interface RobustnessData {
  readonly structures: readonly {
    readonly name: string;
    readonly subjects: number;
    /** Features of each label. */
    readonly counts: Readonly<Record<'robust' | 'acceptable' | 'poor' | 'not_evaluable', number>>;
  }[];
  /** A dot is a feature. */
  readonly figures: readonly DistributionData[];
}

export interface CohortReportData {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly courses: readonly CohortCourse[];
  /** Courses per outcome of every check. */
  readonly checks: readonly {
    readonly name: string;
    readonly counts: Readonly<Partial<Record<CheckStatus, number>>>;
  }[];
  readonly failures: readonly FailureData[];
  readonly distributions: readonly DistributionData[];
  readonly robustness?: RobustnessData | undefined;
  /** The configuration in force, as YAML or JSON. */
  readonly configuration: string;
  readonly provenance: readonly Fact[];
}
