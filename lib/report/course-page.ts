/** The page of one course. */

import type { CheckData, ConstraintData, CourseReportData, LinkData } from './data.js';
import { type DataColumn, dataTable } from './data-table.js';
import { documentOf } from './document.js';
import { bdi, html, type Markup } from './html.js';
import { metricColumns } from './metric-columns.js';
import { brief, gray, plural } from './number.js';
import { panelSvg, panelTitle } from './panels.js';
import { badge, checkTitle, factList, findingList, keyValues, STATUS_ORDER, sectionNav } from './parts.js';
import { colorRules, curvesCard, levelList, roiCard } from './structure-cards.js';

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
${levelList(images.levels)}
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
  const { markup: curves, chart } = curvesCard({
    rois: data.rois,
    rxGy: data.dose.rxGy,
    absent: data.curvesAbsent,
  });
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
${data.rois.length > 0 ? html`<div class="bench"><div class="views">${views}</div>${roiCard(data.rois)}</div>` : views}
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
    extraStyle: colorRules(data.rois, 'levels' in data.images ? data.images.levels : []),
    body,
    data: { chart, targets },
    charts: chart !== undefined,
  });
}
