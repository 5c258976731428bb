/** Cuts through the patient: a grey picture with structures and isodose lines drawn over it, one SVG each. */

import type { ImagesData, PanelData, PanelLine, RoiData } from './data.js';
import { html, type Markup, raw } from './html.js';
import { thin } from './lines.js';
import { fixed } from './number.js';
import { pngUri } from './png.js';

/** Lines are written in tenths of a millimetre from the corner of the picture. */
const UNITS_PER_MM = 10;
const LINE_TOLERANCE_MM = 0.2;

const ORIENTATION: Record<PanelData['plane'], { left: string; right: string; top: string; bottom: string }> = {
  axial: { left: 'R', right: 'L', top: 'A', bottom: 'P' },
  coronal: { left: 'R', right: 'L', top: 'S', bottom: 'I' },
  sagittal: { left: 'A', right: 'P', top: 'S', bottom: 'I' },
};

/** Heads are up: the vertical axis of coronal and sagittal cuts points up the page. */
function isFlipped(panel: PanelData): boolean {
  return panel.plane !== 'axial';
}

function pathOf(line: PanelLine, panel: PanelData): string {
  const count = line.length >> 1;
  const height = panel.height * panel.pixelMm;
  const point = (index: number): [number, number] => {
    const u = (line[2 * index] ?? 0) - panel.u0 + panel.pixelMm / 2;
    const v = (line[2 * index + 1] ?? 0) - panel.v0 + panel.pixelMm / 2;
    return [Math.round(u * UNITS_PER_MM), Math.round((isFlipped(panel) ? height - v : v) * UNITS_PER_MM)];
  };
  const closed = count > 2 && line[0] === line[2 * count - 2] && line[1] === line[2 * count - 1];
  // A closed line is thinned in two halves: its ends are one point, and say nothing about its direction.
  const half = closed ? count >> 1 : count - 1;
  const spans = closed
    ? [
        [0, half],
        [half, count - 1],
      ]
    : [[0, count - 1]];
  const kept = spans.flatMap(([first = 0, last = 0], part) => {
    const indices = thin(last - first + 1, (index) => point(first + index), LINE_TOLERANCE_MM * UNITS_PER_MM);
    return indices.slice(part === 0 ? 0 : 1).map((index) => first + index);
  });
  let [x, y] = [0, 0];
  let text = '';
  (closed ? kept.slice(0, -1) : kept).forEach((index, order) => {
    const [px, py] = point(index);
    if (order > 0 && px === x && py === y) return;
    text += order === 0 ? `M${px} ${py}` : `${order === 1 ? 'l' : ' '}${px - x} ${py - y}`;
    [x, y] = [px, py];
  });
  return closed ? `${text}z` : text;
}

function paths(lines: readonly PanelLine[], panel: PanelData): string {
  return lines
    .filter((line) => line.length >= 4)
    .map((line) => pathOf(line, panel))
    .join('');
}

function pixelsTopDown(panel: PanelData): Uint8Array {
  if (!isFlipped(panel)) return panel.gray;
  const flipped = new Uint8Array(panel.gray.length);
  for (let row = 0; row < panel.height; row++) {
    flipped.set(
      panel.gray.subarray(row * panel.width, (row + 1) * panel.width),
      (panel.height - 1 - row) * panel.width,
    );
  }
  return flipped;
}

const AXIS: Record<PanelData['plane'], string> = { axial: 'z', coronal: 'y', sagittal: 'x' };

/** `Axial, z −12.5 mm`. */
export function panelTitle(panel: PanelData): string {
  const name = panel.plane[0]?.toUpperCase() + panel.plane.slice(1);
  return `${name}, ${AXIS[panel.plane]} ${fixed(panel.positionMm, 1)} mm`;
}

function describe(panel: PanelData, rois: readonly RoiData[]): string {
  const names = panel.outlines.filter(({ lines }) => lines.length > 0).map(({ roi }) => rois[roi]?.name ?? '');
  const shown = names.length === 0 ? 'no structure' : names.join(', ');
  return `${panelTitle(panel)}. Structures crossed: ${shown}. Isodose lines: ${panel.isodoses.filter(({ lines }) => lines.length > 0).length}.`;
}

/** Where a cut at `positionMm` of the other planes crosses this one, as a line that the page can move. */
function crossing(panel: PanelData, positionMm: number | undefined): Markup | undefined {
  if (positionMm === undefined || panel.plane === 'axial') return undefined;
  const y = Math.round((panel.v0 + (panel.height - 0.5) * panel.pixelMm - positionMm) * UNITS_PER_MM);
  return html`<line class="cut" x1="0" x2="${panel.width * panel.pixelMm * UNITS_PER_MM}" y1="${y}" y2="${y}"/>`;
}

/** One cut. `axialMm` marks the level of the axial cut that is shown. */
export function panelSvg(panel: PanelData, rois: readonly RoiData[], axialMm?: number): Markup {
  const width = Math.round(panel.width * panel.pixelMm * UNITS_PER_MM);
  const height = Math.round(panel.height * panel.pixelMm * UNITS_PER_MM);
  const { left, right, top, bottom } = ORIENTATION[panel.plane];
  const letter = (x: number, y: number, text: string) =>
    html`<text class="side" x="${Math.round(x)}" y="${Math.round(y)}">${text}</text>`;
  const inset = Math.max(width, height) * 0.028;
  const label = describe(panel, rois);
  return html`<svg class="panel" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" data-v-top="${panel.v0 + (panel.height - 0.5) * panel.pixelMm}" font-size="${Math.round(Math.max(width, height) * 0.034)}">
<image href="${raw(pngUri(pixelsTopDown(panel), panel.width, panel.height, panel.palette))}" width="${width}" height="${height}" preserveAspectRatio="none"/>
<g class="isodoses">${panel.isodoses.map(({ level, lines }) => lines.length > 0 && html`<path class="iso" data-level="${level}" d="${raw(paths(lines, panel))}"/>`)}</g>
<g class="outlines">${panel.outlines.map(({ roi, lines }) => lines.length > 0 && html`<path class="outline" data-roi="${roi}" d="${raw(paths(lines, panel))}"/>`)}</g>
${crossing(panel, axialMm)}
${letter(inset, height / 2, left)}${letter(width - inset, height / 2, right)}${letter(width / 2, inset, top)}${letter(width / 2, height - inset, bottom)}
</svg>`;
}

/** `95 % · 74.10 Gy`. */
export function levelLabel(level: ImagesData['levels'][number]): string {
  const dose = `${fixed(level.gy, 1)} Gy`;
  return level.percent === undefined ? dose : `${level.percent} % · ${dose}`;
}

/** From cold to hot over the levels, in the order a planner reads them; the same in light and dark, the picture is grey. */
const WARMTH = ['#4f8fe8', '#3fc1d8', '#54c66f', '#f0d43c', '#f59a36', '#f2564d', '#e64fb5'];

export function levelColor(index: number, count: number): string {
  const at = count <= 1 ? WARMTH.length - 2 : Math.round((index * (WARMTH.length - 2)) / (count - 1));
  return WARMTH[at] ?? '#ffffff';
}
