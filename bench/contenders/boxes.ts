/** The same 64 corners of boxes of 64 cubed that zarr.py draws: a linear congruential generator, seed 7. */
export function boxes(size: readonly number[]): [number, number, number][] {
  let state = 7;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  return Array.from({ length: 64 }, () => [
    draw((size[0] ?? 0) - 63),
    draw((size[1] ?? 0) - 63),
    draw((size[2] ?? 0) - 63),
  ]);
}
