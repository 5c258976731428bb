/** One volume of a cohort, read box by box. */

import { describeStore, openStore, readRegion } from '../native/store.js';
import type { StoreDescription } from '../native/store-types.js';
import { viewVolume } from '../native/volume.js';
import type { Handle } from '../runtime/surface.js';
import type { SubmitOptions } from '../runtime/task.js';
import { type Box, boxShape, type Ranges, rangesAbout, wholeRanges } from '../volume/box.js';
import { Volume } from '../volume/volume.js';
import type { VolumeRow } from './manifest.js';
import type { Place } from './place.js';

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
  /** Of all voxels in memory. */
  get bytes(): number {
    const { dtype, size, frames, components } = this.row;
    const bits = Number(/\d+$/.exec(dtype)?.[0] ?? 8);
    return (bits / 8) * size[0] * size[1] * size[2] * frames * components;
  }
  /** Of the OME-Zarr image, for other programs. */
  get path(): string {
    return this.place.at(this.row.path);
  }

  async describe(options?: SubmitOptions): Promise<StoreDescription> {
    return describeStore(await this.open(options));
  }

  /** The voxels of a box; an axis without a range is read whole. */
  async read(ranges: Ranges = {}, options?: SubmitOptions): Promise<Box> {
    const all = wholeRanges(ranges, this.row.size, this.row.frames);
    const volume = await readRegion(
      { store: await this.open(options), x: [...all.x], y: [...all.y], z: [...all.z], t: [...all.t] },
      { context: this.place.context, ...options },
    );
    return { data: viewVolume(volume), shape: boxShape(all), volume };
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
    return this.read(rangesAbout(centre, size, this.row.size), options);
  }

  /** The same as a volume by itself: statistics, resampling, other formats. */
  toVolume(options: { readonly signal?: AbortSignal } = {}): Promise<Volume> {
    return Volume.open(this.path, { ctx: this.place.context, ...options });
  }

  /** The store itself, opened once: for native functions that read it. */
  open(options?: SubmitOptions): Promise<Handle<'StoredVolume'>> {
    this.#store ??= openStore({ path: this.path }, { context: this.place.context, ...options });
    return this.#store;
  }
}
