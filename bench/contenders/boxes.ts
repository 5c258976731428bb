/** What the store contenders read of a volume, drawn like zarr_read.py draws it: a linear congruential generator, seed 7. */

export type Range = readonly [begin: number, end: number];
export interface Box {
  readonly x: Range;
  readonly y: Range;
  readonly z: Range;
}

function generator(): (below: number) => number {
  let state = 7;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Corners of 64 boxes of 64 cubed. */
export function boxes(size: readonly number[]): [number, number, number][] {
  const draw = generator();
  return Array.from({ length: 64 }, () => [
    draw((size[0] ?? 0) - 63),
    draw((size[1] ?? 0) - 63),
    draw((size[2] ?? 0) - 63),
  ]);
}

/** `all`: the whole volume; `roi`: 64 boxes of 64 cubed; `axial`, `coronal`, `sagittal`: 16 slices. */
export function wantedOf(what: string, size: readonly number[]): Box[] {
  const [nx = 0, ny = 0, nz = 0] = size;
  const whole: Box = { x: [0, nx], y: [0, ny], z: [0, nz] };
  if (what === 'all') return [whole];
  if (what === 'roi') return boxes(size).map(([x, y, z]) => ({ x: [x, x + 64], y: [y, y + 64], z: [z, z + 64] }));
  const axis = what === 'axial' ? 'z' : what === 'coronal' ? 'y' : 'x';
  const draw = generator();
  return Array.from({ length: 16 }, () => {
    const at = draw(whole[axis][1]);
    return { ...whole, [axis]: [at, at + 1] };
  });
}
