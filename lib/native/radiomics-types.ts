// What the radiomics rows of the native core take and give. The generated surface names these types.
import type { Handle } from '../runtime/surface.js';
import type { FilterArgs } from './filter-types.js';

export type InterpolationName = 'nearest' | 'linear' | 'cubic';

/** How matrices of slices and directions become one value; zone and neighbourhood families take `2D_avg` as their 2D,
 * `2_5D_comb` as their 2.5D and `3D_comb` as their 3D. */
export type AggregationName = '2D_avg' | '2D_comb' | '2_5D_avg' | '2_5D_comb' | '3D_avg' | '3D_comb';

export type FamilyName =
  | 'morphology'
  | 'local_intensity'
  | 'statistics'
  | 'histogram'
  | 'ivh'
  | 'glcm'
  | 'glrlm'
  | 'glszm'
  | 'gldzm'
  | 'ngtdm'
  | 'ngldm';

/** `fbs`: bins of `width` from `min`, or from the lower end of the re-segmentation range, or from the lowest intensity.
 * `fbn`: `bins` of them between the extremes. `none`: whole intensities as they are. */
export interface DiscretiseArgs {
  method: 'fbs' | 'fbn' | 'none';
  width?: number;
  bins?: number;
  min?: number;
}

/** Image processing in the order of IBSI 1 chapter 2, then what to compute. */
export interface RadiomicsSettings {
  /** A spacing of 0 keeps that axis. */
  resample?: {
    spacingMm: [number, number, number];
    /** Default `linear`. */
    imageInterpolation?: InterpolationName;
    /** Default `linear`, cut at one half. */
    maskInterpolation?: InterpolationName;
    /** Intensities to whole numbers afterwards, as CT has them. */
    round?: boolean;
  };
  resegment?: { least?: number; most?: number; outliersSigma?: number };
  /** Features are those of the response map; re-segmentation still looks at the image. */
  filter?: FilterArgs;
  discretise?: DiscretiseArgs;
  ivh?: DiscretiseArgs;
  /** All when absent. */
  aggregations?: AggregationName[];
  /** All when absent. */
  families?: FamilyName[];
  /** Chebyshev distance of co-occurrence, NGTDM and NGLDM neighbours; default 1. */
  distance?: number;
  /** NGLDM: how far levels may differ and still depend on each other; default 0. */
  coarseness?: number;
  /** More grey levels than this give a finding instead of textures; default 4096. */
  maxLevels?: number;
}

/** What happens to a mask that is not on the image's grid. */
export interface MaskPlacementArgs {
  /** Default `refuse`, an `ERR_GEOMETRY`; `resample`: the nearest of its voxels counts, and a finding says so. */
  maskGrid?: 'refuse' | 'resample';
  /** How far corners of the two grids may lie apart, in parts of the least spacing; default 0.01. */
  geometryTolerance?: number;
}

export interface ExtractFeaturesArgs extends MaskPlacementArgs {
  image: Handle<'Volume'>;
  /** On the image's grid, unless `maskGrid` allows another. */
  mask: Handle<'Volume'>;
  /** Voxels equal to this are the structure; those above 0 when absent. */
  label?: number;
  settings?: RadiomicsSettings;
  /** First rows on what image processing did, family `diagnostics`; interpolates the whole image. */
  diagnostics?: boolean;
}

export type PyradiomicsClass = 'shape' | 'shape2D' | 'firstorder' | 'glcm' | 'glrlm' | 'glszm' | 'gldm' | 'ngtdm';

export type PyradiomicsImageName =
  | 'Original'
  | 'LoG'
  | 'Wavelet'
  | 'Square'
  | 'SquareRoot'
  | 'Logarithm'
  | 'Exponential'
  | 'Gradient'
  | 'LBP2D'
  | 'LBP3D';

/** An image that features are taken from, with what its type takes; defaults are PyRadiomics'. */
export interface PyradiomicsImage {
  type: PyradiomicsImageName;
  /** Instead of the extraction's. */
  binWidth?: number;
  binCount?: number;
  /** LoG: widths in millimetres, an image for each. */
  sigma?: number[];
  wavelet?: string;
  startLevel?: number;
  level?: number;
  gradientUseSpacing?: boolean;
  lbp2DSamples?: number;
  lbp2DRadius?: number;
  lbp2DMethod?: 'default' | 'ror' | 'uniform' | 'var';
  lbp3DLevels?: number;
  lbp3DIcosphereRadius?: number;
  lbp3DIcosphereSubdivision?: number;
}

/** PyRadiomics' settings under its names, with its defaults. */
export interface PyradiomicsSettings {
  binWidth?: number;
  /** Instead of binWidth. */
  binCount?: number;
  normalize?: boolean;
  normalizeScale?: number;
  removeOutliers?: number;
  /** 0 keeps an axis. */
  resampledPixelSpacing?: [number, number, number];
  interpolator?: InterpolationName;
  /** The lower end, or both. */
  resegmentRange?: number[];
  resegmentMode?: 'absolute' | 'relative' | 'sigma';
  voxelArrayShift?: number;
  /** Chebyshev distances of pairs and neighbours; default 1. */
  distances?: number[];
  gldmA?: number;
  /** Textures slice by slice. */
  force2D?: boolean;
  /** Across which axis: 0, 1, 2 is the third, second, first of the image. Default 0. */
  force2Ddimension?: 0 | 1 | 2;
  /** One matrix of all angles, each weighted by its length. */
  weightingNorm?: 'no_weighting' | 'manhattan' | 'euclidean' | 'infinity';
  /** Co-occurrence counts a pair both ways; default true. */
  symmetricalGLCM?: boolean;
  /** Structures must have more voxels than this. */
  minimumROISize?: number;
  minimumROIDimensions?: number;
  /** Voxels around the structure that derived images see after resampling; default 5. */
  padDistance?: number;
  /** The same without resampling. */
  preCrop?: boolean;
  /** Shape is that of the re-segmented structure. */
  resegmentShape?: boolean;
  /** Default: the original. */
  images?: PyradiomicsImage[];
  /** When absent all but shape2D, which is of a structure in one slice with force2D. */
  classes?: PyradiomicsClass[];
}

export interface ExtractPyradiomicsArgs extends MaskPlacementArgs {
  image: Handle<'Volume'>;
  mask: Handle<'Volume'>;
  /** Default 1. */
  label?: number;
  settings?: PyradiomicsSettings;
  /** Also what PyRadiomics tells of image and mask beside the features. */
  diagnostics?: boolean;
}

/** Value of a column `diagnostics_...`. */
export type DiagnosticValue = string | number | number[];

export interface ExtractPyradiomicsRows extends ExtractFeaturesResult {
  diagnostics?: [name: string, value: number | number[]][];
}

export interface ExtractPyradiomicsResult extends ExtractFeaturesResult {
  /** Columns in PyRadiomics' order, `diagnostics_Image-original_Hash` and so on, when asked for. */
  diagnostics?: [name: string, value: DiagnosticValue][];
}

export interface PyradiomicsMapsArgs extends Omit<ExtractPyradiomicsArgs, 'diagnostics'> {
  /** How far around a voxel its features look, in voxels; default 1. */
  kernelRadius?: number;
  /** Default true: only voxels of the structure count. */
  maskedKernel?: boolean;
  /** Of voxels outside the structure; default 0. */
  initValue?: number;
  /** Such as `glcm_Contrast`; all of the classes when absent. Shape has no maps. */
  features?: string[];
}

export interface PyradiomicsMapsResult {
  /** float64 on the grid of the structure's box and the kernel's radius around it; NaN where a feature is not defined. */
  maps: { name: string; volume: Handle<'Volume'> }[];
  findings: RadiomicsFinding[];
}

export interface FeatureValue {
  /** The IBSI reference tag, `cm_joint_max_3D_comb`. */
  name: string;
  /** Null where the feature is not defined; `finding` says why. */
  value: number | null;
  unit: string;
  ibsiId: string;
  family: string;
  /** Empty, or a code such as `feature.undefined`, `roi.empty`. */
  finding: string;
}

export interface RadiomicsFinding {
  code: string;
  severity: 'info' | 'warn' | 'fail';
  message: string;
}

export interface ExtractFeaturesResult {
  features: FeatureValue[];
  findings: RadiomicsFinding[];
}

export interface FeatureDescription {
  name: string;
  title: string;
  /** `intensity` stands for the image's own unit. */
  unit: string;
  ibsiId: string;
  family: string;
  familyTitle: string;
  familyIbsiId: string;
  /** Null for families without aggregations. */
  aggregation: AggregationName | null;
}

export interface PerturbationArgs {
  /** Standard deviation of Gaussian noise added to the image, in its unit. */
  noise?: number;
  /** Shift of the outline along i, j, k. */
  shiftMm?: [number, number, number];
  /** 0 is the given outline; every other number another random offset of 50 to 100 % of `offsetMm`, in or out. */
  contour?: number;
  offsetMm?: number;
  /** Relative change of volume: 0.15 grows by 15 %. */
  volume?: number;
  /** Of image and outline, about the k axis. */
  rotationDeg?: number;
}

export interface PerturbedFeaturesArgs extends MaskPlacementArgs {
  image: Handle<'Volume'>;
  mask: Handle<'Volume'>;
  label?: number;
  perturbations: PerturbationArgs[];
  /** Default 42. */
  seed?: number;
  /** The dialect of PyRadiomics; otherwise `settings` of IBSI. */
  pyradiomics?: PyradiomicsSettings;
  settings?: RadiomicsSettings;
}

export interface PerturbedFeaturesResult {
  names: string[];
  /** perturbations x names; NaN where a feature is not defined. */
  values: Float64Array;
  /** Of each perturbation the code of what made it fail, or empty. */
  failed: string[];
}

/** Null where not defined: correlation needs two subjects, variation values above 0. */
export interface FeatureAgreement {
  icc: number | null;
  iccLow: number | null;
  iccHigh: number | null;
  covPct: number | null;
  covQ1Pct: number | null;
  covQ3Pct: number | null;
  qcd: number | null;
}
