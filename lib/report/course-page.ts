/** The page of one course. */

import { DARK_PAPER, hex, LIGHT_PAPER, legible, roiColor } from './color.js';
import type { CheckData, ConstraintData, CourseReportData, ImagesData, LinkData, RoiData } from './data.js';
import { type DataColumn, dataTable } from './data-table.js';
import { documentOf } from './document.js';
import { chartOption, chartSvg, doseAxisEnd, drawnCurves } from './dvh-chart.js';
import { bdi, html, type Markup } from './html.js';
import { metricColumns } from './metric-columns.js';
import { brief, fixed, gray, plural } from './number.js';
import { levelColor, levelLabel, panelSvg, panelTitle } from './panels.js';
import { badge, checkTitle, factList, findingList, keyValues, STATUS_ORDER, sectionNav } from './parts.js';
import { schemes } from './style.js';

/** Outlines lie on a dark picture whatever the reader's scheme. */
const PICTURE = [24, 24, 24] as const;

/** Colours of structures and isodose lines: as rules, because the page's policy refuses style attributes. */
function colorRules(rois: readonly RoiData[], images: CourseReportData['images']): string {
  const colors = rois.map((roi, index) => roiColor(roi.color, index));
  const properties = (paper: typeof LIGHT_PAPER) =>
    colors.map((color, index) => `--roi-${index}:${hex(legible(color, paper))};`).join('');
  const own = colors.map(
    (color, index) =>
      `.swatch.r${index}{background:${hex(color)}}.outline[data-roi="${index}"]{stroke:${hex(legible(color, PICTURE))}}`,
  );
  const levels = 'levels' in images ? images.levels : [];
  const isodoses = levels.map((_, index) => {
    const color = levelColor(index, levels.length);
    return `.iso[data-level="${index}"]{stroke:${color}}.key[data-level="${index}"]{fill:${color}}`;
  });
  return schemes(properties(LIGHT_PAPER), properties(DARK_PAPER)) + own.join('\n') + isodoses.join('\n');
}

function curvesCard(data: CourseReportData): { markup: Markup; chart?: unknown } {
  const curves = drawnCurves(data.rois);
  if (curves.length === 0) {
    const reason = data.curvesAbsent ?? 'No structure of this course has a dose-volume curve.';
    return {
      markup: html`<section class="card" id="curves"><header><h2>Dose–volume curves</h2></header><p class="empty">${reason}</p></section>`,
    };
  }
  const option = chartOption(curves, doseAxisEnd(data.rois, data.dose.rxGy), data.dose.rxGy);
  const markup = html`<section class="card" id="curves">
<header><h2>Dose–volume curves</h2><div class="tools needs-script" hidden>
<fieldset class="segmented" aria-label="Volume axis"><label><input type="radio" name="volume" value="relative" checked>Relative</label><label><input type="radio" name="volume" value="absolute">Absolute</label></fieldset>
<button type="button" class="plain" id="chart-reset">Whole range</button></div></header>
<div class="chart"><div class="chart-static">${chartSvg(option)}</div><div class="chart-live" hidden role="img" aria-label="Dose-volume curves; the same numbers are in the table of metrics"></div><div class="chart-tip" hidden></div></div>
<p class="small muted needs-script" hidden>Point at the chart to read every structure at that dose; drag the bar below the axis to zoom.</p>
</section>`;
  return { markup, chart: { option, totals: Object.fromEntries(curves.map(({ roi, totalCc }) => [roi, totalCc])) } };
}

/** One list for curves and images: what is switched off here is hidden in both. */
function roiCard(data: CourseReportData): Markup {
  const row = (roi: RoiData, index: number) => html`<tr data-roi-row="${index}">
<th scope="row"><label class="roi-name"><input type="checkbox" class="needs-script" hidden data-roi-toggle="${index}" checked><span class="swatch r${index}"></span>${bdi(roi.name)}</label></th>
<td class="num">${brief(roi.volumeCc)}</td><td class="num">${fixed(roi.meanGy, 1)}</td><td class="num needs-script" hidden data-at="${index}"></td></tr>`;
  return html`<aside class="card rois" aria-label="Structures">
<header><h2>Structures</h2><div class="tools needs-script" hidden><button type="button" class="plain" data-show="all">All</button><button type="button" class="plain" data-show="targets">Targets</button><button type="button" class="plain" data-show="none">None</button></div></header>
<div class="list" tabindex="0" role="region" aria-label="List of structures"><table><caption>Structures with their volume and mean dose</caption>
<thead><tr><th scope="col">Name</th><th scope="col" class="num">cm³</th><th scope="col" class="num">Mean Gy</th><th scope="col" class="num needs-script" hidden><span id="at-dose">at –</span></th></tr></thead>
<tbody>${data.rois.map(row)}</tbody></table></div></aside>`;
}

function imageControls(images: ImagesData): Markup {
  const level = (entry: ImagesData['levels'][number], index: number) =>
    html`<li><label><input type="checkbox" class="needs-script" hidden data-level-toggle="${index}" checked><svg viewBox="0 0 20 5" preserveAspectRatio="none" aria-hidden="true"><rect class="key" data-level="${index}" width="20" height="5"/></svg>${levelLabel(entry)}</label></li>`;
  return html`${images.levels.length > 0 && html`<ul class="levels" aria-label="Isodose lines">${images.levels.map(level)}</ul>`}`;
}

function imagesCard(data: CourseReportData): Markup {
  const { images, rois } = data;
  if (!('axial' in images)) {
    return html`<section class="card" id="images"><header><h2>Images</h2></header><p class="empty">${images.absent}</p></section>`;
  }
  const shown = images.axial[images.start];
  const sides = [images.coronal, images.sagittal].filter((panel) => panel !== undefined);
  const axial = images.axial.map(
    (panel, index) =>
      html`<div data-slice="${index}" data-position="${panel.positionMm}" data-title="${panelTitle(panel)}"${index !== images.start && html` hidden`}>${panelSvg(panel, rois)}</div>`,
  );
  return html`<section class="card" id="images">
<header><h2>Images</h2><div class="tools needs-script" hidden><label><input type="checkbox" data-layer="outlines" checked> Structures</label><label><input type="checkbox" data-layer="isodoses" checked> Isodose lines</label></div></header>
<div class="panels${sides.length === 0 && ' single'}" id="panels">
<div class="main"><figure>${axial}<figcaption id="axial-title">${shown && panelTitle(shown)}</figcaption></figure>${images.axial.length > 1 && html`<div class="scrub needs-script" hidden><input type="range" min="0" max="${images.axial.length - 1}" step="1" value="${images.start}" id="scrub" aria-label="Axial slice"><output for="scrub">${images.start + 1} / ${images.axial.length}</output></div>`}</div>
${sides.length > 0 && html`<div class="side-by">${sides.map((panel) => html`<figure>${panelSvg(panel, rois, shown?.positionMm)}<figcaption>${panelTitle(panel)}</figcaption></figure>`)}</div>`}
</div>
${imageControls(images)}
<p class="small muted">${images.centre}. Background: ${images.background}.</p>
</section>`;
}

function checksCard(data: CourseReportData): Markup {
  const columns: DataColumn<CheckData>[] = [
    { label: 'Check', layout: 'tight', content: ({ name }) => bdi(checkTitle(name)) },
    { label: 'Result', content: ({ status }) => badge(status), sortBy: ({ status }) => STATUS_ORDER.indexOf(status) },
    { label: 'Reason and findings', content: (check) => html`${bdi(check.reason)}${findingList(check.findings)}` },
  ];
  return html`<section class="card" id="qc"><header><h2>Quality control</h2>${badge(data.qc.overall)}</header>
${dataTable({ id: 'qc-table', caption: 'Quality checks', columns, rows: data.qc.checks, empty: 'No quality check has been run for this course.', rowHeaders: true })}
${data.findings.length > 0 && html`<h3>Findings of the other stages</h3>${findingList(data.findings)}`}</section>`;
}

function uid(text: string): Markup {
  return html`<span class="uid">${bdi(text)}</span>`;
}

function linksCard(data: CourseReportData): Markup {
  const columns: DataColumn<LinkData>[] = [
    { label: 'Link', layout: 'tight', content: ({ kind }) => kind },
    { label: 'From', content: ({ from }) => uid(from) },
    { label: 'To', content: ({ to }) => uid(to) },
    { label: 'Why', content: ({ reason, rule }) => html`${bdi(reason)} <code class="muted">${bdi(rule)}</code>` },
  ];
  const { doseClass, reason, rxGy, rxSource } = data.dose;
  const decision = [
    { label: 'Dose evaluated', value: doseClass, note: reason },
    { label: 'Prescription', value: gray(rxGy), note: rxSource ? `Origin: ${rxSource}` : undefined },
  ];
  return html`<section class="card" id="links"><header><h2>Dose decision and links</h2></header>
${keyValues(decision, { code: false })}
${dataTable({ id: 'links-table', caption: 'Links between the objects of this course', columns, rows: data.links, empty: 'No object of this course refers to another.' })}</section>`;
}

function metricsCard(data: CourseReportData): Markup {
  const columns = metricColumns(data.metrics);
  const hidden = data.metrics.columns.length;
  return html`<section class="card metrics" id="metrics"><header><h2>Dose–volume metrics</h2><span class="small muted">${plural(data.metrics.rows.length, 'structure')}; all ${hidden} columns are in dvh_metrics</span></header>
${dataTable({ id: 'metrics-table', caption: 'Dose-volume metrics per structure', columns, rows: data.metrics.rows, filter: 'Filter structures', empty: data.curvesAbsent ?? 'No structure of this course was measured.', rowHeaders: true })}</section>`;
}

const RESULT_STATUS = { pass: 'PASS', fail: 'FAIL', unknown: 'SKIPPED' } as const;

function constraintsCard(constraints: readonly ConstraintData[]): Markup {
  const columns: DataColumn<ConstraintData>[] = [
    { label: 'Structure', layout: 'tight', content: ({ roi }) => bdi(roi) },
    { label: 'Limit', layout: 'tight', content: ({ limit }) => limit },
    {
      label: 'Value',
      numeric: true,
      content: ({ value }) => (value === undefined ? '–' : brief(value)),
      sortBy: ({ value }) => value ?? null,
    },
    {
      label: 'Result',
      content: ({ result }) => badge(RESULT_STATUS[result]),
      sortBy: ({ result }) => STATUS_ORDER.indexOf(RESULT_STATUS[result]),
    },
    { label: 'Endpoint', content: ({ endpoint }) => bdi(endpoint) },
    { label: 'Sheet', content: ({ sheet }) => bdi(sheet) },
  ];
  const failed = constraints.filter(({ result }) => result === 'fail').length;
  return html`<section class="card" id="constraints"><header><h2>Constraints</h2><span class="small muted">${plural(failed, 'limit')} not kept of ${constraints.length}</span></header>
${dataTable({ id: 'constraints-table', caption: 'Dose constraints', columns, rows: constraints, filter: 'Filter constraints', empty: 'No constraint names a structure of this course.', rowHeaders: true })}</section>`;
}

/** The page of one course as a self-contained HTML document. The same data give the same bytes. */
export function coursePage(data: CourseReportData): string {
  const { markup: curves, chart } = curvesCard(data);
  const sections = [
    { id: 'curves', title: 'Curves' },
    { id: 'images', title: 'Images' },
    { id: 'metrics', title: 'Metrics' },
    ...(data.constraints ? [{ id: 'constraints', title: 'Constraints' }] : []),
    { id: 'qc', title: 'Quality' },
    { id: 'links', title: 'Dose and links' },
    { id: 'provenance', title: 'Provenance' },
  ];
  const views = html`${curves}${imagesCard(data)}`;
  const body = html`<header class="top"><div class="wrap">
<p class="kicker">${data.cohortHref !== undefined && html`<a href="${data.cohortHref}">Cohort</a><span aria-hidden="true">/</span>`}<span>Course report</span></p>
<div class="title"><h1>${bdi(data.patientId)} · ${bdi(data.courseId)}</h1>${badge(data.qc.overall, { big: true, prefix: 'QC: ' })}</div>
${factList(data.facts)}
</div></header>
${sectionNav(sections)}
<main class="wrap">
${data.rois.length > 0 ? html`<div class="bench"><div class="views">${views}</div>${roiCard(data)}</div>` : views}
${metricsCard(data)}
${data.constraints && constraintsCard(data.constraints)}
${checksCard(data)}
${linksCard(data)}
<section class="card" id="provenance"><header><h2>Provenance</h2></header>${keyValues(data.provenance)}</section>
</main>
<footer class="wrap">Made by Isovox. Not a medical device: for research, not for treatment decisions.</footer>`;
  const targets = data.rois.flatMap((roi, index) => (roi.isTarget ? [index] : []));
  return documentOf({
    title: `${data.patientId} · ${data.courseId}`,
    extraStyle: colorRules(data.rois, data.images),
    body,
    data: { chart, targets },
    charts: chart !== undefined,
  });
}
