/**
 * A volume of any known format. A file or a folder of DICOM slices is decoded when it is opened; of a Zarr store only the
 * metadata are read then, and of its voxels the chunks that are asked for.
 */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { invalidArgument } from '../errors.js';
import { makeVolume } from '../native/dicom.js';
import type { Finding, GridInput, SuvType, VolumeHistogram, VolumeStatistics } from '../native/dicom-types.js';
import {
  convertVolume,
  cropVolume,
  readVolume,
  resampleOnto,
  volumeHistogram,
  volumeStatistics,
  writeVolume,
} from '../native/formats.js';
import { describeStore, openStore, readRegion } from '../native/store.js';
import { describeVolume, dispose, viewVolume } from '../native/volume.js';
import type { Context } from '../runtime/context.js';
import { isS3 } from '../runtime/s3.js';
import type { Handle, VolumeDescription, VoxelArray } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type Box, boxShape, type Ranges, rangesAbout, wholeRanges } from './box.js';

export interface OpenOptions {
  readonly ctx?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A PET series as standardised uptake values, in place of what is stored. */
  readonly suv?: SuvType;
}

export type Interpolation = 'nearest' | 'linear' | 'cubic';

/** The volume with other spacings in millimetres, 0 to keep one, or at the voxels of another volume. */
export type ResampleOptions =
  | { readonly spacing: readonly [number, number, number]; readonly interpolation?: Interpolation }
  | { readonly like: Volume; readonly interpolation?: Interpolation; readonly outside?: number };

export interface SaveOptions {
  /** One of those that `describeFormats` names for the format. */
  readonly codec?: string;
  readonly level?: number;
  /** Of a Zarr store: voxels of a chunk, or how slices are to be read. */
  readonly chunks?: readonly [number, number, number];
  readonly tile?: 'axial' | 'sagittal' | 'coronal' | 'isotropic';
  readonly sharding?: boolean;
}

type Backing = { readonly stored: Handle<'StoredVolume'> } | { readonly whole: Handle<'Volume'> };

export class Volume {
  readonly #backing: Backing;
  readonly #description: VolumeDescription;
  readonly #task: SubmitOptions;
  #loaded: Promise<Handle<'Volume'>> | undefined;

  private constructor(
    backing: Backing,
    task: SubmitOptions,
    /** `nifti`, `dicom`, `zarr` and so on; empty when it was made. */
    readonly format: string,
    /** What the reader had to say. */
    readonly findings: readonly Finding[],
  ) {
    this.#backing = backing;
    this.#task = task;
    this.#description = 'stored' in backing ? describeStore(backing.stored) : describeVolume(backing.whole);
  }

  /** A file, a folder, or `s3://bucket/key`. Throws ERR_NOT_FOUND, ERR_UNSUPPORTED, ERR_CORRUPT_DATA, ERR_GEOMETRY, ERR_IO. */
  static async open(uri: string, { ctx, signal, suv }: OpenOptions = {}): Promise<Volume> {
    const task = { context: ctx, signal };
    if (await isStore(uri)) {
      const stored = await openStore({ path: uri.replace(/(?<=.)\/+$/, '') }, task);
      return new Volume({ stored }, { context: ctx }, 'zarr', []);
    }
    const { volume, format, findings } = await readVolume({ path: uri, ...(suv ? { suv } : {}) }, task);
    return new Volume({ whole: volume }, { context: ctx }, format, findings);
  }

  /** From an array, x fastest, which is copied; LPS millimetres. */
  static async fromArray(
    data: VoxelArray,
    grid: GridInput,
    { dtype, ...options }: OpenOptions & { readonly dtype?: string } = {},
  ): Promise<Volume> {
    const task = { context: options.ctx, signal: options.signal };
    const whole = await makeVolume({ grid, dtype: (dtype ?? dtypeOf(data)) as never, data: data as never }, task);
    return new Volume({ whole }, { context: options.ctx }, '', []);
  }

  /** What another native function gave. The volume is its owner from now on. */
  static of(volume: Handle<'Volume'>, { ctx }: Pick<OpenOptions, 'ctx'> = {}): Volume {
    return new Volume({ whole: volume }, { context: ctx }, '', []);
  }

  /** Along x, y, z, and t where there are several frames. */
  get shape(): readonly number[] {
    const { grid, frames } = this.#description;
    return frames > 1 ? [...grid.size, frames] : grid.size;
  }
  get dtype(): string {
    return this.#description.dtype;
  }
  /** 1, or those of a voxel: 2 of complex numbers, 3 of RGB. */
  get components(): number {
    return this.#description.components;
  }
  /** Millimetres. */
  get spacing(): readonly [number, number, number] {
    return this.#description.grid.spacing;
  }
  /** Of the centre of the first voxel, LPS millimetres. */
  get origin(): readonly [number, number, number] {
    return this.#description.grid.origin;
  }
  /** Row-major 3 x 3; its columns are the axes of the voxels in LPS. */
  get direction(): readonly number[] {
    return this.#description.grid.direction;
  }
  /** Row-major 4 x 4 from voxels to RAS millimetres, as NIfTI has it. */
  get affine(): readonly number[] {
    return this.#description.grid.affine;
  }
  /** `LPS`, `RAS`: where each axis goes. */
  get orientation(): string {
    return this.#description.grid.orientation;
  }
  /** Physical value = slope * stored + intercept. */
  get slope(): number {
    return this.#description.slope;
  }
  get intercept(): number {
    return this.#description.intercept;
  }
  /** `HU`, `Gy`, `SUVbw`; empty when unknown. */
  get unit(): string {
    return this.#description.unit;
  }
  get metadata(): Readonly<Record<string, string>> {
    return this.#description.metadata;
  }

  /** The voxels of a box. */
  async read(ranges: Ranges = {}, options: SubmitOptions = {}): Promise<Box> {
    const { grid, frames } = this.#description;
    const all = wholeRanges(ranges, grid.size, frames);
    const shape = boxShape(all);
    const args = { x: [...all.x], y: [...all.y], z: [...all.z], t: [...all.t] } as Record<
      'x' | 'y' | 'z' | 't',
      [number, number]
    >;
    const task = { ...this.#task, ...options };
    const isWhole = Object.keys(ranges).length === 0;
    const volume = isWhole
      ? await this.handle(options)
      : 'stored' in this.#backing
        ? await readRegion({ store: this.#backing.stored, ...args }, task)
        : await cropVolume({ volume: this.#backing.whole, ...args }, task);
    return { data: viewVolume(volume), shape, volume };
  }

  axial(z: number, { t, ...options }: SubmitOptions & { readonly t?: number } = {}): Promise<Box> {
    return this.read({ z: [z, z + 1], ...frame(t) }, options);
  }
  sagittal(x: number, { t, ...options }: SubmitOptions & { readonly t?: number } = {}): Promise<Box> {
    return this.read({ x: [x, x + 1], ...frame(t) }, options);
  }
  coronal(y: number, { t, ...options }: SubmitOptions & { readonly t?: number } = {}): Promise<Box> {
    return this.read({ y: [y, y + 1], ...frame(t) }, options);
  }

  /** The box of `size` voxels about the voxel `centre`; it must lie within the volume. */
  async patch(
    centre: readonly [number, number, number],
    size: readonly [number, number, number],
    options?: SubmitOptions,
  ): Promise<Box> {
    return this.read(rangesAbout(centre, size, this.#description.grid.size), options);
  }

  /** All voxels, as stored: a view of native memory. */
  async toTypedArray(options?: SubmitOptions): Promise<VoxelArray> {
    return viewVolume(await this.handle(options));
  }

  /** Extremes, mean, spread and percentiles (0 to 100) after scaling. */
  async getStatistics(percentiles: readonly number[] = [], options: SubmitOptions = {}): Promise<VolumeStatistics> {
    const volume = await this.handle(options);
    return volumeStatistics({ volume, percentiles: [...percentiles] }, { ...this.#task, ...options });
  }

  /** Bins of equal width, from the smallest value to the largest unless `range` is given. */
  async computeHistogram(
    bins = 256,
    { range, ...options }: SubmitOptions & { readonly range?: readonly [number, number] } = {},
  ): Promise<VolumeHistogram> {
    const volume = await this.handle(options);
    return volumeHistogram(
      { volume, bins, ...(range ? { range: [range[0], range[1]] } : {}) },
      { ...this.#task, ...options },
    );
  }

  /** A new volume. `outside` is the physical value beyond this one's edge; labels want `nearest`. */
  async resample(how: ResampleOptions, options: SubmitOptions = {}): Promise<Volume> {
    const task = { ...this.#task, ...options };
    const volume = await this.handle(options);
    const interpolation = how.interpolation ?? 'linear';
    if ('spacing' in how) {
      const [x, y, z] = how.spacing;
      return this.#made(await convertVolume({ volume, spacing: [x, y, z], interpolation }, task));
    }
    const like = await how.like.handle(options);
    return this.#made(await resampleOnto({ volume, like, interpolation, outside: how.outside ?? 0 }, task));
  }

  /** A new volume with axes permuted and flipped: `LPS`, `RAS`. Nothing is interpolated. */
  async reorient(orientation: string, options: SubmitOptions = {}): Promise<Volume> {
    const volume = await this.handle(options);
    return this.#made(await convertVolume({ volume, orientation }, { ...this.#task, ...options }));
  }

  /** A new volume of physical values as another type. Throws ERR_INVALID_ARGUMENT when one does not fit. */
  async astype(dtype: string, options: SubmitOptions = {}): Promise<Volume> {
    const volume = await this.handle(options);
    return this.#made(await convertVolume({ volume, dtype }, { ...this.#task, ...options }));
  }

  /** `.nii`, or `.nii.gz` which is packed. */
  async toNifti(path: string, options: SubmitOptions = {}): Promise<void> {
    if (!/\.nii(\.gz)?$/i.test(path)) throw invalidArgument('path', 'a name that ends in .nii or .nii.gz', path);
    await this.save(path, {}, options);
  }

  /** In the format of the name: `.nii.gz`, `.nrrd`, `.mha`, `.zarr`, `.npy`; a folder or `s3://bucket/key` too. */
  async save(uri: string, { chunks, ...how }: SaveOptions = {}, options: SubmitOptions = {}): Promise<void> {
    const volume = await this.handle(options);
    const [x, y, z] = chunks ?? [];
    const shape = x === undefined || y === undefined || z === undefined ? {} : { chunks: [x, y, z] as const };
    await writeVolume(
      { volume, path: uri, ...how, ...(shape.chunks ? { chunks: [...shape.chunks] } : {}) },
      { ...this.#task, ...options },
    );
  }

  /** For native functions: the decoded volume, which this object owns. A store is read whole, once. */
  handle(options: SubmitOptions = {}): Promise<Handle<'Volume'>> {
    const backing = this.#backing;
    if ('whole' in backing) return Promise.resolve(backing.whole);
    this.#loaded ??= readRegion({ store: backing.stored }, { ...this.#task, ...options }).catch((thrown: unknown) => {
      this.#loaded = undefined;
      throw thrown;
    });
    return this.#loaded;
  }

  /** Frees the memory now; views that were taken stay valid. */
  dispose(): void {
    dispose('stored' in this.#backing ? this.#backing.stored : this.#backing.whole);
    void this.#loaded?.then(dispose, () => undefined);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #made(whole: Handle<'Volume'>): Volume {
    return new Volume({ whole }, this.#task, '', []);
  }
}

const frame = (t: number | undefined) => (t === undefined ? {} : { t: [t, t + 1] as const });

async function isStore(uri: string): Promise<boolean> {
  if (isS3(uri)) return /\.zarr\/*$/.test(uri);
  return (await stat(join(uri, 'zarr.json')).catch(() => undefined)) !== undefined;
}

/** `int16` of an Int16Array. */
function dtypeOf(data: VoxelArray): string {
  return data.constructor.name
    .replace(/Array$/, '')
    .replace(/^Big/, '')
    .toLowerCase();
}
