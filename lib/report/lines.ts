/** Lines made of fewer points than they came with. */

/**
 * Positions of the points that keep a line within `tolerance` of itself (Douglas and Peucker); both ends stay.
 * `at` gives the coordinates of a point.
 */
export function thin(count: number, at: (index: number) => readonly [number, number], tolerance: number): number[] {
  if (count <= 2) return Array.from({ length: count }, (_, index) => index);
  const keep = new Uint8Array(count);
  keep[0] = keep[count - 1] = 1;
  const open: [number, number][] = [[0, count - 1]];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    const [first, last] = span;
    const [ax, ay] = at(first);
    const [bx, by] = at(last);
    const [dx, dy] = [bx - ax, by - ay];
    const length = Math.hypot(dx, dy);
    let far = -1;
    let most = tolerance;
    for (let index = first + 1; index < last; index++) {
      const [x, y] = at(index);
      const distance = length === 0 ? Math.hypot(x - ax, y - ay) : Math.abs((x - ax) * dy - (y - ay) * dx) / length;
      if (distance > most) {
        most = distance;
        far = index;
      }
    }
    if (far < 0) continue;
    keep[far] = 1;
    open.push([first, far], [far, last]);
  }
  return Array.from(keep.keys()).filter((index) => keep[index] === 1);
}
