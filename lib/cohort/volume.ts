/** One volume of a cohort, read box by box. */

import { invalidArgument } from '../errors.js';
import { describeStore, openStore, readRegion } from '../native/store.js';
import type { StoreDescription } from '../native/store-types.js';
import { viewVolume } from '../native/volume.js';
import type { Handle, VoxelArray } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import type { VolumeRow } from './manifest.js';
import type { Place } from './place.js';

export type Range = readonly [begin: number, end: number];

/** Voxels with their shape, x fastest. */
export interface Box {
  readonly data: VoxelArray;
  /** Along x, y, z, t. */
  readonly shape: readonly [number, number, number, number];
  readonly volume: Handle<'Volume'>;
}

export class CohortVolume {
  #store: Promise<Handle<'StoredVolume'>> | undefined;

  constructor(
    private readonly place: Place,
    /** What the cohort's tables say of it. */
    readonly row: VolumeRow,
  ) {}

  get obsId(): string {
    return this.row.obs_id;
  }
  get subjectId(): string {
    return this.row.subject_id;
  }
  get shape(): readonly number[] {
    return this.row.frames > 1 ? [...this.row.size, this.row.frames] : this.row.size;
  }
  get dtype(): string {
    return this.row.dtype;
  }
  /** Of the OME-Zarr image, for other programs. */
  get path(): string {
    return this.place.at(this.row.path);
  }

  async describe(options?: SubmitOptions): Promise<StoreDescription> {
    return describeStore(await this.open(options));
  }

  /** The voxels of a box; an axis without a range is read whole. */
  async read(ranges: { x?: Range; y?: Range; z?: Range; t?: Range } = {}, options?: SubmitOptions): Promise<Box> {
    const { size, frames } = this.row;
    const whole = { x: [0, size[0]], y: [0, size[1]], z: [0, size[2]], t: [0, frames] } as const;
    const { x, y, z, t } = { ...whole, ...ranges };
    const volume = await readRegion(
      { store: await this.open(options), x: [...x], y: [...y], z: [...z], t: [...t] },
      { context: this.place.context, ...options },
    );
    return { data: viewVolume(volume), shape: [x[1] - x[0], y[1] - y[0], z[1] - z[0], t[1] - t[0]], volume };
  }

  axial(z: number, options?: SubmitOptions): Promise<Box> {
    return this.read({ z: [z, z + 1] }, options);
  }
  sagittal(x: number, options?: SubmitOptions): Promise<Box> {
    return this.read({ x: [x, x + 1] }, options);
  }
  coronal(y: number, options?: SubmitOptions): Promise<Box> {
    return this.read({ y: [y, y + 1] }, options);
  }

  /** The box of `size` voxels about the voxel `centre`; it must lie within the volume. */
  async patch(
    centre: readonly [number, number, number],
    size: readonly [number, number, number],
    options?: SubmitOptions,
  ): Promise<Box> {
    const [x, y, z] = centre.map((c, a): Range => {
      const n = size[a] ?? 0;
      const begin = c - Math.floor(n / 2);
      const there = this.row.size[a] ?? 0;
      if (!Number.isInteger(c) || begin < 0 || begin + n > there) {
        throw invalidArgument(`centre[${a}]`, `a patch within 0 to ${there}`, `${begin} to ${begin + n}`);
      }
      return [begin, begin + n];
    }) as [Range, Range, Range];
    return this.read({ x, y, z }, options);
  }

  /** The store itself, opened once: for native functions that read it. */
  open(options?: SubmitOptions): Promise<Handle<'StoredVolume'>> {
    this.#store ??= openStore({ path: this.path }, { context: this.place.context, ...options });
    return this.#store;
  }
}
