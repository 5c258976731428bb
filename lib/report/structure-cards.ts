/** What a page says of the structures: their colours, the card with their curves, the list that switches them. */

import { DARK_PAPER, hex, LIGHT_PAPER, legible, roiColor } from './color.js';
import type { ImagesData, RoiData } from './data.js';
import { chartOption, chartSvg, doseAxisEnd, drawnCurves } from './dvh-chart.js';
import { bdi, html, type Markup } from './html.js';
import { brief, fixed } from './number.js';
import { levelColor, levelLabel } from './panels.js';
import { schemes } from './style.js';

/** Outlines lie on a dark picture whatever the reader's scheme. */
const PICTURE = [24, 24, 24] as const;

/** The colour of each structure's outline on a picture. */
export function outlineColors(rois: readonly RoiData[]): string[] {
  return rois.map((roi, index) => hex(legible(roiColor(roi.color, index), PICTURE)));
}

/** Colours of structures and isodose lines: as rules, because the page's policy refuses style attributes. */
export function colorRules(rois: readonly RoiData[], levels: ImagesData['levels']): string {
  const colors = rois.map((roi, index) => roiColor(roi.color, index));
  const outlines = outlineColors(rois);
  const properties = (paper: typeof LIGHT_PAPER) =>
    colors.map((color, index) => `--roi-${index}:${hex(legible(color, paper))};`).join('');
  const own = colors.map(
    (color, index) =>
      `.swatch.r${index}{background:${hex(color)}}.outline[data-roi="${index}"]{stroke:${outlines[index]}}`,
  );
  const isodoses = levels.map((_, index) => {
    const color = levelColor(index, levels.length);
    return `.iso[data-level="${index}"]{stroke:${color}}.key[data-level="${index}"]{fill:${color}}`;
  });
  return schemes(properties(LIGHT_PAPER), properties(DARK_PAPER)) + own.join('\n') + isodoses.join('\n');
}

const CHART_HINT = 'Point at the chart to read every structure at that dose; drag the bar below the axis to zoom.';

export interface CurvesOf {
  readonly rois: readonly RoiData[];
  readonly rxGy?: number | undefined;
  /** Why there is no curve, when there is none. */
  readonly absent?: string | undefined;
  readonly hint?: string;
}

export function curvesCard({ rois, rxGy, absent, hint = CHART_HINT }: CurvesOf): { markup: Markup; chart?: unknown } {
  const curves = drawnCurves(rois);
  if (curves.length === 0) {
    const reason = absent ?? 'No structure of this course has a dose-volume curve.';
    return {
      markup: html`<section class="card" id="curves"><header><h2>Dose–volume curves</h2></header><p class="empty">${reason}</p></section>`,
    };
  }
  const option = chartOption(curves, doseAxisEnd(rois, rxGy), rxGy);
  const markup = html`<section class="card" id="curves">
<header><h2>Dose–volume curves</h2><div class="tools needs-script" hidden>
<fieldset class="segmented" aria-label="Volume axis"><label><input type="radio" name="volume" value="relative" checked>Relative</label><label><input type="radio" name="volume" value="absolute">Absolute</label></fieldset>
<button type="button" class="plain" id="chart-reset">Whole range</button></div></header>
<div class="chart"><div class="chart-static">${chartSvg(option)}</div><div class="chart-live" hidden role="img" aria-label="Dose-volume curves; the same numbers are in the table of metrics"></div><div class="chart-tip" hidden></div></div>
<p class="small muted needs-script" hidden>${hint}</p>
</section>`;
  return { markup, chart: { option, totals: Object.fromEntries(curves.map(({ roi, totalCc }) => [roi, totalCc])) } };
}

/** One list for curves and images: what is switched off here is hidden in both. */
export function roiCard(rois: readonly RoiData[]): Markup {
  const row = (roi: RoiData, index: number) => html`<tr data-roi-row="${index}">
<th scope="row"><label class="roi-name"><input type="checkbox" class="needs-script" hidden data-roi-toggle="${index}" checked><span class="swatch r${index}"></span>${bdi(roi.name)}</label></th>
<td class="num">${brief(roi.volumeCc)}</td><td class="num">${fixed(roi.meanGy, 1)}</td><td class="num needs-script" hidden data-at="${index}"></td></tr>`;
  return html`<aside class="card rois" aria-label="Structures">
<header><h2>Structures</h2><div class="tools needs-script" hidden><button type="button" class="plain" data-show="all">All</button><button type="button" class="plain" data-show="targets">Targets</button><button type="button" class="plain" data-show="none">None</button></div></header>
<div class="list" tabindex="0" role="region" aria-label="List of structures"><table><caption>Structures with their volume and mean dose</caption>
<thead><tr><th scope="col">Name</th><th scope="col" class="num">cm³</th><th scope="col" class="num">Mean Gy</th><th scope="col" class="num needs-script" hidden><span id="at-dose">at –</span></th></tr></thead>
<tbody>${rois.map(row)}</tbody></table></div></aside>`;
}

/** The isodose lines, each with its colour and a switch. */
export function levelList(levels: ImagesData['levels']): Markup | undefined {
  if (levels.length === 0) return undefined;
  const level = (entry: ImagesData['levels'][number], index: number) =>
    html`<li><label><input type="checkbox" class="needs-script" hidden data-level-toggle="${index}" checked><svg viewBox="0 0 20 5" preserveAspectRatio="none" aria-hidden="true"><rect class="key" data-level="${index}" width="20" height="5"/></svg>${levelLabel(entry)}</label></li>`;
  return html`<ul class="levels" aria-label="Isodose lines">${levels.map(level)}</ul>`;
}
