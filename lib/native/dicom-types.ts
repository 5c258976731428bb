// Plain data that the DICOM and format rows of the native surface take and give back.
// Names in PascalCase are PS3.6 keywords, unchanged; an attribute that is absent from the file is absent here.

import type { Handle } from '../runtime/surface.js';

export type Triple = [number, number, number];

/** A remark about something that was read: it annotates a row and stops nothing. */
export interface Finding {
  code: string; // "slice.missing", "roi.no_contours"
  severity: 'info' | 'warn' | 'fail';
  message: string;
  context: Record<string, string | number>;
}

export type RecordStatus = 'dicom' | 'dicomdir' | 'not-dicom' | 'refused';
export type RecordKind = 'image' | 'rtstruct' | 'rtdose' | 'rtplan' | 'rtrecord' | 'reg' | 'seg' | 'other';

/** One file, as `scanHeaders` saw it. `kind` and everything below it are there when `status` is "dicom". */
export interface HeaderRecord {
  path: string;
  size: number; // bytes; 0 when the file could not be opened
  status: RecordStatus;
  code?: string; // an ERR_ code when refused
  reason?: string; // why, when refused or not DICOM

  kind?: RecordKind; // by SOPClassUID; by Modality only when the class is missing
  modality_mismatch?: true; // Modality says something else than SOPClassUID
  no_meta?: true; // no preamble or no file meta information: read all the same
  SOPClassUID?: string;
  SOPInstanceUID?: string;
  TransferSyntaxUID?: string; // as declared, or as recognised when nothing is declared
  Modality?: string;

  PatientID?: string;
  PatientSex?: string;
  PatientAge?: string;
  StudyInstanceUID?: string;
  StudyDate?: string;
  StudyTime?: string;
  StudyDescription?: string;
  SeriesInstanceUID?: string;
  SeriesDescription?: string;
  SeriesNumber?: number;
  SeriesDate?: string;
  SeriesTime?: string;
  AcquisitionDate?: string;
  AcquisitionTime?: string;
  ContentDate?: string;
  ContentTime?: string;
  FrameOfReferenceUID?: string;
  Manufacturer?: string;
  ManufacturerModelName?: string;
  StationName?: string;
  SoftwareVersions?: string[];
  PatientPosition?: string;
  BodyPartExamined?: string;
  ProtocolName?: string;

  ImageType?: string[];
  Rows?: number;
  Columns?: number;
  NumberOfFrames?: number;
  BitsAllocated?: number;
  BitsStored?: number;
  PixelRepresentation?: number;
  SamplesPerPixel?: number;
  PhotometricInterpretation?: string;
  PixelSpacing?: number[]; // [between rows, between columns]
  SliceThickness?: number;
  SpacingBetweenSlices?: number;
  SliceLocation?: number;
  GantryDetectorTilt?: number;
  ImagePositionPatient?: number[];
  ImageOrientationPatient?: number[];
  InstanceNumber?: number;
  AcquisitionNumber?: number;
  TemporalPositionIdentifier?: number;
  EchoNumbers?: number[];
  RescaleSlope?: number;
  RescaleIntercept?: number;
  RescaleType?: string;
  KVP?: number;
  ConvolutionKernel?: string[];
  ContrastBolusAgent?: string;
  Units?: string; // PT
  pixel_data_bytes?: number; // declared length, -1 when encapsulated; absent without pixel data
  truncated?: true; // fewer bytes are there than declared

  rtstruct?: RtStructHeader;
  rtplan?: RtPlanHeader;
  rtdose?: RtDoseHeader;
  rtrecord?: RtRecordHeader;
  reg?: RegistrationHeader;
  seg?: SegmentationHeader;
}

export interface RtStructHeader {
  StructureSetLabel?: string;
  StructureSetName?: string;
  StructureSetDate?: string;
  StructureSetTime?: string;
  ApprovalStatus?: string;
  rois: Array<{ ROINumber: number; ROIName: string; RTROIInterpretedType?: string }>;
  /** From the referenced frames of reference (3006,0010) and from every ROI (3006,0024), each once. */
  ReferencedFrameOfReferenceUIDs: string[];
  ReferencedStudyUIDs: string[];
  ReferencedSeriesUIDs: string[];
  /** The images that contours were drawn on. */
  ReferencedSOPInstanceUIDs: string[];
}

export interface RtPlanHeader {
  RTPlanLabel?: string;
  RTPlanName?: string;
  RTPlanDescription?: string;
  RTPlanDate?: string;
  RTPlanTime?: string;
  RTPlanGeometry?: string;
  PlanIntent?: string;
  ApprovalStatus?: string;
  ReferencedStructureSetUIDs: string[];
  ReferencedDoseUIDs: string[];
  ReferencedRTPlanUIDs: string[];
  dose_references: Array<{
    DoseReferenceNumber?: number;
    DoseReferenceUID?: string;
    DoseReferenceStructureType?: string;
    DoseReferenceType?: string;
    DoseReferenceDescription?: string;
    ReferencedROINumber?: number;
    TargetPrescriptionDose?: number;
    TargetMinimumDose?: number;
    TargetMaximumDose?: number;
    DeliveryMaximumDose?: number;
    OrganAtRiskMaximumDose?: number;
  }>;
  fraction_groups: Array<{
    FractionGroupNumber?: number;
    NumberOfFractionsPlanned?: number;
    NumberOfBeams?: number;
    beams: Array<{ ReferencedBeamNumber?: number; BeamDose?: number; BeamMeterset?: number }>;
  }>;
  beams: Array<{
    BeamNumber?: number;
    BeamName?: string;
    BeamDescription?: string;
    BeamType?: string;
    RadiationType?: string;
    TreatmentMachineName?: string;
    TreatmentDeliveryType?: string;
    NumberOfControlPoints?: number;
    IsocenterPosition?: number[];
  }>;
}

export interface RtDoseHeader {
  DoseUnits?: string;
  DoseType?: string;
  DoseSummationType?: string;
  DoseGridScaling?: number;
  DoseComment?: string;
  frame_offsets?: { count: number; first: number; last: number; step?: number }; // step when even within 1 micrometre
  has_dvh: boolean;
  ReferencedRTPlanUIDs: string[]; // all of them
  ReferencedFractionGroupNumbers: number[];
  ReferencedBeamNumbers: number[];
  ReferencedStructureSetUIDs: string[];
}

export interface RtRecordHeader {
  TreatmentDate?: string;
  TreatmentTime?: string;
  NumberOfFractionsPlanned?: number;
  CurrentFractionNumber?: number;
  TreatmentMachineName?: string;
  ReferencedRTPlanUIDs: string[];
  delivered_meterset?: number; // sum over beams
  delivered_dose_gy?: number; // sum over beams' delivered primary or calculated dose, when stated
  beams: Array<{
    ReferencedBeamNumber?: number;
    BeamName?: string;
    CurrentFractionNumber?: number;
    TreatmentTerminationStatus?: string;
    SpecifiedPrimaryMeterset?: number;
    DeliveredPrimaryMeterset?: number;
  }>;
}

export interface RegistrationHeader {
  FrameOfReferenceUIDs: string[];
  ReferencedSeriesUIDs: string[];
}

export interface SegmentationHeader {
  SegmentLabels: string[];
  ReferencedSeriesUIDs: string[];
}

/** What `readSeries` gives beside the volume; arrays are in the order of the volume's slices. */
export interface SeriesSummary {
  findings: Finding[];
  SOPInstanceUIDs: string[]; // '' where a missing slice was filled
  paths: string[]; // one per slice; the same file repeated for multi-frame objects; '' where a missing slice was filled
  /** Distance of each slice along the slice normal, first slice 0. */
  positionsMm: number[];
  /** Of a PET series that was read as SUV. */
  suv?: SuvSummary;
}

/** By body weight, lean body mass (James, or Janmahasatian), body surface (Du Bois). */
/** What becomes of places where slices are missing: a finding names them, ERR_GEOMETRY, or slices interpolated between. */
export type GapsOption = 'name' | 'refuse' | 'fill';

export type SuvType = 'bw' | 'lbm' | 'lbm-janma' | 'bsa';

export interface SuvSummary {
  type: SuvType;
  factor: number; // SUV per unit of the images
  decayedDoseBq: number; // at the beginning of the scan; 0 when the images hold SUV already
  decaySeconds: number;
}

export interface RoiSummary {
  ROINumber: number;
  ROIName: string;
  RTROIInterpretedType?: string;
  ROIGenerationAlgorithm?: string;
  ROIDisplayColor?: Triple;
  contours: number; // those that were kept
  points: number;
  kinds: Record<string, number>; // by ContourGeometricType
  planes: number; // different positions along z, closed contours
  zRangeMm?: [number, number];
  findings: Finding[];
}

export interface RtStructSummary {
  header: HeaderRecord;
  rois: RoiSummary[];
  findings: Finding[]; // about the file; those of a ROI are with the ROI
}

/** A coded concept, such as 80891009, SCT, Heart. */
export interface DicomCode {
  value: string;
  scheme: string;
  meaning: string;
}

export interface SegmentRead {
  SegmentNumber: number;
  SegmentLabel: string;
  SegmentAlgorithmType: string;
  SegmentAlgorithmName: string;
  category: DicomCode | null;
  type: DicomCode | null;
  /** Fractions 0..1 of a FRACTIONAL object, else 0 and 1; on the grid of all frames. */
  mask: Handle<'CoverageMask'>;
  box: { begin: Triple; end: Triple };
  volumeCc: number;
}

export interface SegmentationResult {
  header: HeaderRecord;
  SegmentationType: 'BINARY' | 'FRACTIONAL' | 'LABELMAP';
  referencedSeriesUIDs: string[];
  segments: SegmentRead[];
}

export interface WriteSegmentationArgs {
  path: string;
  /** With a FrameOfReferenceUID. */
  identity: DicomIdentity;
  /** ContentLabel: upper case, digits, spaces and underscores. Default SEGMENTATION. */
  label?: string;
  description?: string;
  /** Default BINARY: voxels covered by a half or more. FRACTIONAL: occupancy in 255ths. */
  type?: 'BINARY' | 'FRACTIONAL';
  /** At least one voxel among them; masks of one grid. */
  segments: ReadonlyArray<{
    label: string;
    mask: Handle<'CoverageMask'>;
    /** Default AUTOMATIC. */
    algorithmType?: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';
    algorithmName?: string;
    /** Default 91723000, SCT, Anatomical Structure. */
    category?: DicomCode;
    /** What it shows; default 85756007, SCT, Tissue. */
    property?: DicomCode;
    color?: Triple;
  }>;
  referencedSeriesUID?: string;
  /** Of the images that were segmented: with their positions, or as the grid's planes in their order. */
  referencedSOPInstanceUIDs?: readonly string[];
  /** ImagePositionPatient of each, one after another. */
  referencedImagePositions?: readonly number[];
  /** Of these images; default CT Image Storage. */
  referencedSOPClassUID?: string;
  options?: DicomWriteOptions;
}

export interface WriteRegistrationArgs {
  path: string;
  /** Its FrameOfReferenceUID is the frame that all items are registered to. */
  identity: DicomIdentity;
  /** ContentLabel: upper case, digits, spaces and underscores. Default REGISTRATION. */
  label?: string;
  description?: string;
  /** At least one; all with a field, or all without. */
  items: ReadonlyArray<{
    /** The frame that is registered. */
    FrameOfReferenceUID: string;
    /** Of the matrices; default RIGID. */
    type?: 'RIGID' | 'RIGID_SCALE' | 'AFFINE';
    /** Row-major 4 x 4, from the item's frame into the registration's. Default the identity. */
    matrix?: readonly number[];
    /**
     * Displacements in mm at the nodes of a grid in the registration's frame: x, y, z of each, i fastest. The other way
     * about than `matrix`: a position p of the registration's frame lies at post(pre(p) + field(p)) in the item's.
     */
    field?: { grid: GridInput; vectors: Float32Array };
    preMatrix?: readonly number[];
    postMatrix?: readonly number[];
  }>;
  options?: DicomWriteOptions;
}

export interface RegistrationSummary {
  /** Its FrameOfReferenceUID is the frame that all items are registered to. */
  header: HeaderRecord;
  items: Array<{
    /** The frame that is registered; empty when the file names images only. */
    FrameOfReferenceUID: string;
    /** How many matrices were applied one after another. */
    matrices: number;
    deformable: boolean;
    /** Row-major 4 x 4, from the item's frame into the registration's; absent for a deformation. */
    matrix?: number[];
    grid?: { size: Triple; spacing: Triple; origin: Triple };
  }>;
  findings: Finding[]; // registration.not_rigid
}

export interface RtDoseSummary {
  header: HeaderRecord;
  maximumGy: number;
  findings: Finding[];
  /** The DVHs that the planning system stored, when there are any. */
  dvhs: Array<{
    ReferencedROINumbers: number[];
    DVHType?: string;
    DoseUnits?: string;
    DVHVolumeUnits?: string;
    DVHDoseScaling?: number;
    DVHMinimumDose?: number;
    DVHMaximumDose?: number;
    DVHMeanDose?: number;
    bins: number;
  }>;
}

export interface GridInput {
  size: Triple; // i fastest
  spacing: Triple;
  origin: Triple; // LPS mm, centre of the first voxel
  direction?: number[]; // 9, row-major, columns are the axes; identity when absent
}

/** Who a written object belongs to. UIDs come from the caller, so that the same input gives the same bytes. */
export interface DicomIdentity {
  PatientID: string;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  FrameOfReferenceUID: string;
  SOPInstanceUID?: string; // one object; a series appends ".1", ".2", ... to SeriesInstanceUID when SOPInstanceUIDs is absent
  SOPInstanceUIDs?: string[];
  StudyDate?: string; // YYYYMMDD; also the date of the object itself
  StudyTime?: string;
  StudyDescription?: string;
  SeriesDescription?: string;
  SeriesNumber?: number;
  PatientSex?: string;
}

/** Deviations that other systems' files have; for making test files. */
export interface DicomWriteOptions {
  transferSyntax?: 'explicit' | 'implicit' | 'big-endian' | 'deflated';
  meta?: boolean; // false: neither preamble nor file meta information
  modality?: string; // another Modality than the object's
  undefinedLength?: boolean; // sequences and items of undefined length
}

export interface WriteImageSeriesArgs {
  /** Of one value per voxel; other types than int16 and uint16 are rounded to whole numbers. */
  volume: Handle<'Volume'>;
  folder: string;
  /** Default CT. */
  modality?: 'CT' | 'MR' | 'PT';
  /** Of the file names; default the modality. */
  prefix?: string;
  identity: DicomIdentity;
  /** Of each slice along the normal; default evenly spaced. */
  positionsMm?: number[];
  tiltDegrees?: number;
  /** What makes standardised uptake values of a PET series in Bq/ml, corrected to StudyTime. */
  injection?: {
    weightKg: number;
    doseBq: number;
    /** Default that of F-18, 6586.2 s. */
    halfLifeS?: number;
    /** HHMMSS, on StudyDate. */
    time: string;
  };
  options?: DicomWriteOptions;
}

export interface RoiInput {
  number: number;
  name: string;
  type?: string; // RTROIInterpretedType
  color?: Triple;
  algorithm?: string; // ROIGenerationAlgorithm
  contours: number[][]; // x, y, z of each point, LPS mm
  kind?: 'CLOSED_PLANAR' | 'OPEN_PLANAR' | 'OPEN_NONPLANAR' | 'POINT' | 'CLOSEDPLANAR_XOR';
}

export interface RtPlanInput {
  label: string;
  name?: string;
  intent?: string;
  approval?: string;
  fractions: number;
  prescriptions: Array<{ doseGy: number; roiNumber?: number; type?: string; description?: string }>;
  beams: Array<{
    number: number;
    name: string;
    doseGyPerFraction?: number;
    meterset?: number;
    machine?: string;
    radiation?: string;
    isocenter?: Triple;
  }>;
}

export interface FormatDescription {
  name: string;
  extensions: string[];
  reads: boolean;
  writes: boolean;
  /** How voxels can be packed, the default first; none where there is no choice. */
  codecs: string[];
}

/** After scaling, of the voxels that are finite numbers. */
export interface VolumeStatistics {
  min: number;
  max: number;
  mean: number;
  /** Square root of the mean squared distance from the mean. */
  deviation: number;
  /** Finite voxels; all fields are 0 when there are none. */
  count: number;
  /** Of the percents that were asked for, linearly between the two nearest values; empty without finite voxels. */
  percentiles: number[];
}

/** Bins of equal width from `low` to `high`; the last one holds `high` too. */
export interface VolumeHistogram {
  low: number;
  high: number;
  counts: number[];
}
