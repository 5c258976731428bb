// What the filter rows of the native core take. The generated surface names these types.

/** Beyond the edge of an image: zeros, the outermost sample, the other end, or the image mirrored at its edge. */
export type BoundaryName = 'zero' | 'nearest' | 'periodic' | 'mirror';

export type PoolingName = 'average' | 'max' | 'min';

interface Common {
  /** Every slice by itself; default is the volume. */
  slices?: boolean;
  /** Default `mirror`. */
  boundary?: BoundaryName;
}

interface Rotating extends Common {
  /** Responses under all right-angle rotations are pooled into one; default false. */
  rotationInvariant?: boolean;
  /** Default `average`. */
  pooling?: PoolingName;
}

interface Riesz {
  /** Orders along i, j, k; their sum is 1 to 4. */
  riesz?: [number, number, number];
  /** The Riesz transform turned at every voxel to the axes of the structure tensor, smoothed by this sigma. */
  steerMm?: number;
}

export interface MeanFilterArgs extends Common {
  type: 'mean' | 'median';
  /** Voxels along each axis, odd; default 3. */
  support?: number;
}

export interface GaussianFilterArgs extends Common {
  type: 'gaussian';
  sigmaMm: number;
  /** Sigmas at which the kernel ends; default 4. */
  truncate?: number;
}

export interface LogFilterArgs extends Common, Riesz {
  type: 'log';
  sigmaMm: number;
  truncate?: number;
}

export interface LawsFilterArgs extends Rotating {
  type: 'laws';
  /** One of L3 E3 S3 L5 E5 S5 W5 R5 for each axis: `E5L5S5`, or `L5S5` with slices. */
  kernels: string;
  /** Makes an energy map: absolute responses averaged to this distance in voxels. */
  energyDistance?: number;
}

export interface GaborFilterArgs extends Rotating {
  type: 'gabor';
  sigmaMm: number;
  lambdaMm: number;
  /** Sigma along the wave over sigma across it; default 1. */
  gamma?: number;
  /** Angles whose responses are pooled, clockwise in the plane; default 0. */
  thetaDeg?: number[];
  /** Default `modulus`. */
  response?: 'modulus' | 'real' | 'imaginary' | 'phase';
}

export interface WaveletFilterArgs extends Rotating {
  type: 'wavelet';
  /** haar, db1 to db20, sym2 to sym20, coif1 to coif5, bior, rbio, dmey. */
  wavelet: string;
  /** L or H for each axis: `LHL`, or `LH` with slices. */
  decomposition: string;
  /** Undecimated decomposition level; 1, the finest, by default. */
  level?: number;
}

export interface RadialFilterArgs extends Common, Riesz {
  type: 'nonseparable';
  /** Default `simoncelli`. */
  wavelet?: 'simoncelli' | 'shannon';
  level?: number;
}

export type FilterArgs =
  | MeanFilterArgs
  | GaussianFilterArgs
  | LogFilterArgs
  | LawsFilterArgs
  | GaborFilterArgs
  | WaveletFilterArgs
  | RadialFilterArgs;
