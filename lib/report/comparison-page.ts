/** The page of two doses beside each other: a map on three cuts, how often each value occurs, and the numbers. */

import type { Rgb } from './color.js';
import type { Fact, FindingData, ImagesData, PanelData } from './data.js';
import { documentOf } from './document.js';
import { html, type Markup } from './html.js';
import { fixed } from './number.js';
import { levelLabel, panelSvg, panelTitle } from './panels.js';
import { factList, findingList } from './parts.js';
import { ticks } from './strip-plot.js';
import { colorRules } from './structure-cards.js';

export interface ScaleData {
  /** Below the middle is good and above it is not, or both sides are alike. */
  readonly kind: 'pass-fail' | 'difference';
  /** `Gamma index`, `Evaluated − reference`. */
  readonly title: string;
  /** '' without one. */
  readonly unit: string;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export interface ComparisonData {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly scale: ScaleData;
  /** Each with a palette; isodose lines are those of the reference. */
  readonly panels: readonly [axial: PanelData, coronal: PanelData, sagittal: PanelData];
  readonly levels: ImagesData['levels'];
  /** Why this position. */
  readonly centre: string;
  /** Voxels in bins of one width from `scale.low` to `scale.high`; what lies beyond is in the outermost. */
  readonly counts: readonly number[];
  readonly findings: readonly FindingData[];
}

function mix(a: Rgb, b: Rgb, part: number): Rgb {
  return a.map((from, n) => Math.round(from + part * ((b[n] ?? 0) - from))) as unknown as Rgb;
}

/** 255 colours in two halves, after one for voxels without a value. */
function halves(below: readonly [Rgb, Rgb], above: readonly [Rgb, Rgb]): readonly Rgb[] {
  const HALF = 127;
  const colors = Array.from({ length: 255 }, (_, n) =>
    n <= HALF ? mix(below[0], below[1], n / HALF) : mix(above[0], above[1], (n - HALF) / (254 - HALF)),
  );
  return [[0, 0, 0], ...colors];
}

/** Dark where nothing differs, so that lines and letters stand out. */
const DIFFERENCE: readonly Rgb[] = halves(
  [
    [92, 170, 255],
    [24, 28, 33],
  ],
  [
    [24, 28, 33],
    [255, 104, 72],
  ],
);
/** Blue for what passes, and a step to yellow for what does not. */
const PASS_FAIL: readonly Rgb[] = halves(
  [
    [20, 44, 84],
    [126, 186, 232],
  ],
  [
    [250, 206, 84],
    [226, 44, 36],
  ],
);

/** Position 0 is for voxels without a value. */
export const scaleColors = ({ kind }: ScaleData): readonly Rgb[] => (kind === 'pass-fail' ? PASS_FAIL : DIFFERENCE);

/** 0..1 along the colours. */
export function alongScale({ low, middle, high }: ScaleData, value: number): number {
  const part =
    value < middle
      ? (0.5 * (value - low)) / (middle - low || 1)
      : 0.5 + (0.5 * (value - middle)) / (high - middle || 1);
  return Math.min(1, Math.max(0, part));
}

const WIDTH = 640;
const HEIGHT = 170;
const LEFT = 12;
const BAR = 10;

/** Bars over the colours that they have in the map. */
function histogram({ scale, counts }: ComparisonData): Markup {
  const { title, unit, low, high } = scale;
  const most = Math.max(1, ...counts);
  const colors = scaleColors(scale);
  const x = (value: number): number => LEFT + ((value - low) / (high - low)) * (WIDTH - 2 * LEFT);
  const step = (WIDTH - 2 * LEFT) / counts.length;
  const bars = counts.map((count, n) => {
    const height = (count / most) * (HEIGHT - 20);
    const [from, to] = [n, n + 1].map((edge) => low + (edge * (high - low)) / counts.length);
    return html`<rect class="bar" x="${fixed(LEFT + n * step, 2)}" y="${fixed(HEIGHT - height, 2)}" width="${fixed(Math.max(0.5, step - 1), 2)}" height="${fixed(height, 2)}"><title>${fixed(from, 2)} to ${fixed(to, 2)}${unit !== '' && ` ${unit}`}: ${count} voxels</title></rect>`;
  });
  const pieces = Array.from({ length: 64 }, (_, n) => {
    const value = low + ((n + 0.5) / 64) * (high - low);
    const color = colors[1 + Math.round(254 * alongScale(scale, value))] ?? [0, 0, 0];
    return html`<rect x="${fixed(LEFT + (n * (WIDTH - 2 * LEFT)) / 64, 2)}" y="${HEIGHT + 4}" width="${fixed((WIDTH - 2 * LEFT) / 64 + 0.4, 2)}" height="${BAR}" fill="rgb(${color.join(' ')})"/>`;
  });
  const digits = high - low < 2 ? 2 : 1;
  const marks = ticks(low, high).map(
    (value) =>
      html`<text class="tick" x="${fixed(x(value), 1)}" y="${HEIGHT + BAR + 20}" text-anchor="middle">${fixed(value, digits)}</text>`,
  );
  return html`<svg class="strip histogram" viewBox="0 0 ${WIDTH} ${HEIGHT + BAR + 46}" role="img" aria-label="How many voxels have each value: ${title}">
${bars}${pieces}${marks}<text class="tick" x="${WIDTH / 2}" y="${HEIGHT + BAR + 40}" text-anchor="middle">${title}${unit !== '' && ` (${unit})`}: how many voxels</text></svg>`;
}

export function comparisonPage(data: ComparisonData): string {
  const { title, facts, panels, levels, centre, findings } = data;
  const [axial, coronal, sagittal] = panels;
  const figure = (panel: PanelData, level?: number): Markup =>
    html`<figure>${panelSvg(panel, [], level)}<figcaption>${panelTitle(panel)}</figcaption></figure>`;
  const key = levels.map(
    (level, index) =>
      html`<li><svg viewBox="0 0 20 5" preserveAspectRatio="none" aria-hidden="true"><rect class="key" data-level="${index}" width="20" height="5"/></svg>${levelLabel(level)}</li>`,
  );
  const body = html`<header class="top"><div class="wrap"><div class="kicker">Isovox</div><div class="title"><h1>${title}</h1></div>${factList(facts)}</div></header>
<main class="wrap">
<section class="card"><header><h2>Map</h2><span class="muted">${centre}</span></header>
<div class="panels"><div class="main">${figure(axial)}</div><div class="side-by">${figure(coronal, axial.positionMm)}${figure(sagittal, axial.positionMm)}</div></div>
${key.length > 0 && html`<ul class="levels">${key}</ul><p class="small muted">Isodose lines of the reference, in percent of its maximum.</p>`}</section>
<section class="card"><header><h2>Values</h2></header>${histogram(data)}</section>
${findings.length > 0 && html`<section class="card"><header><h2>Findings</h2></header>${findingList(findings)}</section>`}
</main>`;
  const extraStyle = `${colorRules([], levels)}.histogram .bar{fill:var(--accent);fill-opacity:.75}`;
  return documentOf({ title, body, extraStyle });
}
