/** Structure colours that can be seen: as they were drawn, moved away from the background where they would vanish in it. */

export type Rgb = readonly [number, number, number];

/** For structures without a ROIDisplayColor, in this order. */
const PALETTE: readonly Rgb[] = [
  [214, 86, 70],
  [58, 125, 184],
  [76, 153, 92],
  [222, 147, 47],
  [141, 104, 178],
  [47, 160, 160],
  [196, 91, 141],
  [145, 112, 74],
  [120, 150, 50],
  [110, 120, 140],
];

export const LIGHT_PAPER: Rgb = [255, 255, 255];
export const DARK_PAPER: Rgb = [27, 32, 36];
/** Graphics need 3:1 against what is behind them (WCAG 1.4.11). */
const CONTRAST = 3;

function luminance(color: Rgb): number {
  const [r, g, b] = color.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** `color` mixed with black or white, no more than is needed to stand out from `paper`. */
export function legible(color: Rgb, paper: Rgb): Rgb {
  const end = luminance(paper) > 0.4 ? 0 : 255;
  for (let step = 0; step <= 20; step++) {
    const mixed = color.map((channel) => Math.round(channel + ((end - channel) * step) / 20)) as [
      number,
      number,
      number,
    ];
    if (contrast(mixed, paper) >= CONTRAST) return mixed;
  }
  return [end, end, end];
}

/** The colour a structure came with, or one of ours. */
export function roiColor(color: Rgb | undefined, index: number): Rgb {
  const usable = color?.length === 3 && color.every((channel) => channel >= 0 && channel <= 255);
  return usable ? (color.map(Math.round) as unknown as Rgb) : (PALETTE[index % PALETTE.length] as Rgb);
}

export function hex(color: Rgb): string {
  return `#${color.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
