/** A dot for every course, a box from the first to the third quartile and a line at the median: one row per structure. */

import type { DistributionData } from './data.js';
import { html, type Markup, visible } from './html.js';
import { fixed, unitLabel } from './number.js';

const LEFT = 190;
const WIDTH = 820;
const ROW = 26;
const TOP = 8;
const BOTTOM = 34;
const NAME_CHARACTERS = 28;

/** Linear between the two nearest values. */
export function quantile(sorted: readonly number[], fraction: number): number {
  const at = (sorted.length - 1) * fraction;
  const low = Math.floor(at);
  const [a = Number.NaN, b = a] = [sorted[low], sorted[low + 1]];
  return a + (b - a) * (at - low);
}

/** Round steps that divide a range into about five. */
export function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function shorten(name: string): string {
  const characters = [...visible(name)];
  return characters.length <= NAME_CHARACTERS
    ? characters.join('')
    : `${characters.slice(0, NAME_CHARACTERS - 1).join('')}…`;
}

export function stripPlot({ title, unit: tableUnit, groups }: DistributionData): Markup {
  const unit = unitLabel(tableUnit);
  const every = groups.flatMap(({ values }) => values.map(({ value }) => value)).filter(Number.isFinite);
  const low = Math.min(0, ...every);
  const high = Math.max(...every, low + 1e-9) * 1.02;
  const x = (value: number) => Number((LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - 14)).toFixed(1));
  const bottom = TOP + groups.length * ROW;
  const decimals = high - low < 2 ? 2 : high - low < 10 ? 1 : 0;
  const row = ({ roi, values }: DistributionData['groups'][number], index: number) => {
    const y = TOP + (index + 0.5) * ROW;
    const sorted = values
      .map(({ value }) => value)
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    if (sorted.length === 0) return undefined;
    const [first, median, third] = [0.25, 0.5, 0.75].map((fraction) => quantile(sorted, fraction)) as [
      number,
      number,
      number,
    ];
    // Dots of one row step up and down in turn, so that equal values stay apart; no chance is involved.
    const dot = ({ label, value }: (typeof values)[number], order: number) =>
      Number.isFinite(value) &&
      html`<circle cx="${x(value)}" cy="${y + (((order * 2) % 5) - 2) * 2}" r="3.2"><title>${label}: ${fixed(value, 2)} ${unit}</title></circle>`;
    return html`<text x="${LEFT - 12}" y="${y}" text-anchor="end" dominant-baseline="central">${shorten(roi)}<title>${roi}</title></text>
${sorted.length > 2 && html`<rect class="box" x="${x(first)}" y="${y - 8}" width="${Math.max(1, x(third) - x(first))}" height="16" rx="3"/>`}
<line class="median" x1="${x(median)}" x2="${x(median)}" y1="${y - 8}" y2="${y + 8}"/>${values.map(dot)}`;
  };
  const tick = (value: number) =>
    html`<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${TOP}" y2="${bottom}"/><text class="tick" x="${x(value)}" y="${bottom + 14}" text-anchor="middle">${fixed(value, decimals)}</text>`;
  return html`<svg class="strip" viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" role="img" aria-label="${title} per structure">
${ticks(low, high).map(tick)}${groups.map(row)}
<text class="tick" x="${(LEFT + WIDTH) / 2}" y="${bottom + 30}" text-anchor="middle">${title}${unit !== '' && ` (${unit})`}</text></svg>`;
}
