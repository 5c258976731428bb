/** The nouns of the radiotherapy pipeline: patient, course, plan, dose, structure set, finding. */

import type { HeaderRecord } from '../native/dicom-types.js';

export type Severity = 'info' | 'warn' | 'fail';

/** An annotation that stops nothing: it goes to the QC table with its reason. */
export interface Finding {
  /** Dotted, lower case: `roi.empty`, `dose.partial_coverage`, `link.orphan_dose`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence without names of persons. */
  readonly message: string;
  readonly context?: Readonly<Record<string, string | number | boolean>>;
}

/** Why one object was tied to another. */
export interface Link {
  readonly from: string; // SOPInstanceUID or SeriesInstanceUID
  readonly to: string;
  readonly kind:
    | 'plan-structures'
    | 'dose-plan'
    | 'dose-structures'
    | 'structures-images'
    | 'record-plan'
    | 'registration';
  /** The rule that made the link, for instance `ReferencedStructureSetSequence`. */
  readonly rule: string;
  /** The same in a sentence for the report. */
  readonly reason: string;
}

/** An image series of one course: slices that belong to one volume. */
export interface ImageSeries {
  readonly SeriesInstanceUID: string;
  readonly StudyInstanceUID: string;
  readonly FrameOfReferenceUID: string;
  readonly Modality: string;
  readonly headers: readonly HeaderRecord[];
}

/** How the doses of a course were classified (SYSTEMS 4.5), and so whether they may be summed. */
export type DoseClass =
  | 'none'
  | 'single'
  | 'plan-sum'
  | 'beams-summed'
  | 'boost-summed'
  | 'replan-first'
  | 'separate'
  | 'ambiguous';

/** A dose in another frame of reference than the first of its choice, and the registration that takes it there. */
export interface DoseMove {
  /** SOPInstanceUID. */
  readonly dose: string;
  readonly registration: HeaderRecord;
  readonly fromFrame: string;
  readonly toFrame: string;
}

export interface DoseChoice {
  readonly doseClass: DoseClass;
  /** The doses to evaluate: one, or several to be summed; none when that would be a guess (separate, ambiguous). */
  readonly doses: readonly HeaderRecord[];
  readonly sum: boolean;
  readonly reason: string;
  /** Of doses that are summed in the frame of the first; absent where all lie in it. */
  readonly moves?: readonly DoseMove[];
}

/** One treatment of one patient: what every stage runs on. */
export interface Course {
  /** Folder name and `patient_id` of every table: PatientID where that is a safe name, otherwise cleaned and hashed. */
  readonly patientId: string;
  /** As the files have it; empty where they have none. */
  readonly PatientID: string;
  /** Folder name: YYYY-MM of the earliest plan, suffixed where two are equal. */
  readonly courseId: string;
  /** The planning image, on which the structures are drawn: CT, or MR or PT where the structures refer to those. */
  readonly ct?: ImageSeries;
  readonly otherImages: readonly ImageSeries[];
  readonly plans: readonly HeaderRecord[];
  readonly doses: readonly HeaderRecord[];
  readonly structures: readonly HeaderRecord[];
  readonly records: readonly HeaderRecord[];
  readonly registrations: readonly HeaderRecord[];
  /** The structure set that is measured. */
  readonly primaryStructures?: HeaderRecord;
  /** The plan that doses are relative to. */
  readonly primaryPlan?: HeaderRecord;
  readonly doseChoice: DoseChoice;
  readonly links: readonly Link[];
  readonly findings: readonly Finding[];
}

/** A file that takes no part, and why: one row of failures.csv. */
export interface Refusal {
  /** Absolute; results show it relative to the input folder. */
  readonly path: string;
  /** An error code, or a dotted one: `file.duplicate`. */
  readonly code: string;
  readonly reason: string;
  /** `info`: nothing is missing from the results. `fail`: this file should have been usable. */
  readonly severity: Severity;
  /** The file that is used instead of it. */
  readonly twin?: string;
}
