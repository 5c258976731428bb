// What the imaging and dose rows of the native core take and give. The generated surface names these types.
// Positions are LPS millimetres, doses gray, volumes cubic centimetres.
import type { Handle } from '../runtime/surface.js';
import type { RegistrationSummary } from './dicom-types.js';

/** Something a reader of the row should know; it never stops a task. */
export interface RoiFinding {
  /** `roi.empty`, `roi.degenerate`, `roi.gap`, `dose.partial_coverage`, ... */
  code: string;
  severity: 'info' | 'warn' | 'fail';
  message: string;
}

/** A lattice of voxels. `direction` is row-major 3x3, its columns are the axes; identity when absent. */
export interface GridArgs {
  size: [number, number, number];
  spacing: [number, number, number];
  origin: [number, number, number];
  direction?: number[];
}

/** Voxel indices, half open: begin <= index < end. */
export interface IndexBoxResult {
  begin: [number, number, number];
  end: [number, number, number];
}

/** How contours become a solid. */
export interface SolidArgs {
  /** Between planes: `shape` morphs one contour into the next, `slab` extends each plane to the midpoints. Default `shape`. */
  interpolation?: 'shape' | 'slab';
  /** Beyond the last planes: `shape` tapers where the contours shrink to nothing within one spacing and is flat at half
   * a spacing otherwise; `half` is always flat; `none` ends at the plane. Default `shape`. */
  endCaps?: 'shape' | 'half' | 'none';
  /** Thickness of a structure drawn on one plane only; 1 mm when absent and nothing tells. */
  sliceThicknessMm?: number;
}

export interface VoxeliseArgs extends SolidArgs {
  rois: Handle<'RoiSet'>;
  index: number;
  /** Exactly one of grid, volume. */
  grid?: GridArgs;
  volume?: Handle<'Volume'>;
  /** `section`: the area covered on each voxel's middle plane; `slab`: averaged through its thickness. Default `section`. */
  coverage?: 'section' | 'slab';
}

export interface VoxeliseResult {
  mask: Handle<'CoverageMask'>;
  box: IndexBoxResult;
  /** Sum of the coverage times the voxel volume. */
  volumeCc: number;
  findings: RoiFinding[];
}

export interface MaskContoursArgs {
  /** Voxels covered by at least half are the structure. */
  masks: { mask: Handle<'CoverageMask'>; number: number; name: string }[];
  /** No point that is left out lies further from its contour; 0, the default, keeps every corner of the voxels. */
  toleranceMm?: number;
  /** A hole as a loop of its own (default), or joined to its outline by a seam. */
  holes?: 'loops' | 'keyhole';
}

/** Outlines run counter-clockwise along the grid's first two axes, holes clockwise. */
export interface MaskContoursResult {
  /** As `writeRtStruct` takes it. */
  rois: Handle<'RoiSet'>;
  contours: number;
  points: number;
}

export type PatientPlane = 'axial' | 'coronal' | 'sagittal';

/** One of volume, dose. Coordinates (u, v): axial (x, y), coronal (x, z), sagittal (y, z). */
export interface ExtractSliceArgs {
  volume?: Handle<'Volume'>;
  dose?: Handle<'DoseGrid'>;
  plane: PatientPlane;
  positionMm: number;
  /** [u0, u1, v0, v1] in millimetres; the whole grid when absent. */
  extent?: [number, number, number, number];
  pixelMm: number;
}

/** Pixel (i, j) has its centre at (u0 + i * pixelMm, v0 + j * pixelMm); NaN outside the grid. */
export interface SliceResult {
  width: number;
  height: number;
  values: Float32Array;
  u0: number;
  v0: number;
  pixelMm: number;
}

/** u, v alternating. */
export type Polyline = Float64Array;

export interface IsolinesArgs extends SliceResult {
  levels: number[];
}

export interface IsolineResult {
  level: number;
  lines: Polyline[];
}

/** Exactly one of (rois and index) and mask. */
export interface OutlineArgs extends SolidArgs {
  rois?: Handle<'RoiSet'>;
  index?: number;
  mask?: Handle<'CoverageMask'>;
  plane: PatientPlane;
  positionMm: number;
  /** Resolution of outlines that cross the contour planes; 1 when absent. */
  pixelMm?: number;
}

export interface DvhOptions extends SolidArgs {
  /** Parts of a structure outside the dose grid: left out, counted as 0 Gy, or given the nearest dose. Default `exclude`. */
  outside?: 'exclude' | 'zero' | 'clamp';
  /** Refine until the curve is known to this fraction of the volume (default 0.001) after a shift along the dose of at
   * most doseToleranceGy (default 0.05). */
  volumeTolerance?: number;
  doseToleranceGy?: number;
  /** Most samples per structure (default 2e7). */
  maxSamples?: number;
}

export interface ComputeDvhArgs {
  rois: Handle<'RoiSet'>;
  dose: Handle<'DoseGrid'>;
  /** Positions in the set; all when absent. */
  indices?: number[];
  options?: DvhOptions;
}

export interface DvhResult {
  index: number;
  number: number;
  name: string;
  /** Of the whole structure, inside the dose grid or not. */
  volumeCc: number;
  /** Part of the volume inside the dose grid, 0..1. */
  coveredFraction: number;
  /** Null when nothing is covered. */
  minGy: number | null;
  maxGy: number | null;
  meanGy: number | null;
  medianGy: number | null;
  /** Shifted along the dose by at most doseGy, the curve lies within volumeCc of its limit for ever finer sampling of
   * the same solid; an estimate from the last halving of the cells. */
  errorBound: { volumeCc: number; doseGy: number };
  /** Dose samples taken for the final curve. */
  samples: number;
  findings: RoiFinding[];
  dvh: Handle<'Dvh'>;
}

/** Voxel counting: every voxel of the mask counts with its coverage and the dose at its centre. */
export interface DvhFromMaskArgs {
  mask?: Handle<'CoverageMask'>;
  /** Instead of mask: voxels of a volume equal to `label`, or above 0 when label is absent. */
  volume?: Handle<'Volume'>;
  label?: number;
  dose: Handle<'DoseGrid'>;
  outside?: 'exclude' | 'zero' | 'clamp';
  name?: string;
}

export interface DvhCurve {
  doseGy: Float64Array;
  /** Volume that receives at least doseGy. */
  volumeCc: Float64Array;
}

/** D95, D2cc, V20Gy, V20Gycc, V95%Rx, V95%Rxcc, Dmean, HI, gEUD(8), EQD2mean, ... ; see metricCatalogue. */
export interface DoseMetricsArgs {
  dvh: Handle<'Dvh'>;
  names: string[];
  rxGy?: number;
  alphaBetaGy?: number;
  fractions?: number;
}

export interface DoseMetricsResult {
  /** By the names asked for; null where undefined. */
  values: Record<string, number | null>;
  /** Why a value is null, in words. */
  reasons: Record<string, string>;
}

export interface MetricDescription {
  /** As a pattern: `D<x>%`, `V<x>Gy`. */
  name: string;
  unit: string;
  definition: string;
  source: string;
  /** What the metric needs besides the curve: `rxGy`, `alphaBetaGy`, `fractions`. */
  needs: string[];
}

export interface ConformityArgs {
  /** The target. */
  target: Handle<'Dvh'>;
  /** The whole body, for the volumes at and around the prescription; or the dose grid itself. */
  body?: Handle<'Dvh'>;
  dose?: Handle<'DoseGrid'>;
  rxGy: number;
}

/** Null where undefined. */
export interface ConformityResult {
  targetVolumeCc: number;
  prescriptionVolumeCc: number;
  targetCoveredCc: number;
  rtog: number | null;
  paddick: number | null;
  lomaxSalt: number | null;
  lomaxHealthyTissue: number | null;
  gradientIndex: number | null;
}

export interface ResponseArgs {
  dvh: Handle<'Dvh'>;
  model: 'lkb' | 'poisson';
  /** lkb: td50Gy, m, n; poisson: d50Gy, gamma50. */
  parameters: Record<string, number>;
  /** With both, doses are first converted to 2 Gy fractions. */
  alphaBetaGy?: number;
  fractions?: number;
}

export interface SumDosesArgs {
  doses: Handle<'DoseGrid'>[];
  weights?: number[];
}

export interface SumDosesResult {
  dose: Handle<'DoseGrid'>;
  /** Which of `doses` gave the lattice. */
  reference: number;
  /** Part of each dose's box that lies inside the reference's, 0..1. */
  overlap: number[];
  findings: RoiFinding[];
}

export interface GammaArgs {
  reference: Handle<'DoseGrid'>;
  evaluated: Handle<'DoseGrid'>;
  dosePercent: number;
  distanceMm: number;
  /** Percent of the reference maximum (default, `false`) or of the local dose. */
  local?: boolean;
  /** Voxels below this percentage of the reference maximum are left out; default 10. */
  cutoffPercent?: number;
  /** Gamma is not looked for beyond this value; default 2. */
  maxGamma?: number;
}

export interface GammaResult {
  /** float32 on the reference's grid; NaN below the cutoff. */
  gamma: Handle<'Volume'>;
  /** Part of the voxels above the cutoff with gamma at most 1, 0..1. */
  passRate: number;
  meanGamma: number;
  maxGamma: number;
  /** Above the cutoff. */
  evaluatedVoxels: number;
  findings: RoiFinding[];
}

/** Millimetres to each side of the patient; positive grows, negative shrinks. */
export interface PatientMargins {
  readonly left?: number;
  readonly right?: number;
  readonly anterior?: number;
  readonly posterior?: number;
  readonly superior?: number;
  readonly inferior?: number;
}

export type MaskResult = Omit<VoxeliseResult, 'findings'>;

export interface DoseDifferenceArgs {
  reference: Handle<'DoseGrid'>;
  evaluated: Handle<'DoseGrid'>;
  /** Voxels of the reference below this dose are left out of the statistics. Default 0. */
  cutoffGy?: number;
  /** For withinTolerance. Default 0. */
  toleranceGy?: number;
}

export interface DoseDifferenceResult {
  /** float32 gray on the reference's grid: evaluated - reference; NaN where the evaluated dose has no value. */
  difference: Handle<'Volume'>;
  /** How many voxels the statistics are of. */
  voxels: number;
  meanGy: number;
  rmsGy: number;
  minGy: number;
  maxGy: number;
  /** Part of the voxels, 0..1, that differ by at most toleranceGy. */
  withinTolerance: number;
  findings: RoiFinding[];
}

export interface WarpDoseArgs {
  dose: Handle<'DoseGrid'>;
  /** Path of a Spatial Registration or Deformable Spatial Registration. */
  registration: string;
  /** FrameOfReferenceUID of the dose; may be absent when the file registers one other frame only. */
  fromFrame?: string;
  /** FrameOfReferenceUID of the result; default: the frame that the file registers to. */
  toFrame?: string;
  /** Exactly one of reference, volume, grid: the voxels of the result, in `toFrame`. */
  reference?: Handle<'DoseGrid'>;
  volume?: Handle<'Volume'>;
  grid?: GridArgs;
}

export interface WarpDoseResult {
  /** Trilinear; 0 outside the dose and where a deformation is not defined. */
  dose: Handle<'DoseGrid'>;
  /** Part of the voxels, 0..1, that lie inside the dose. */
  inside: number;
  registration: RegistrationSummary;
  findings: RoiFinding[];
}
