/** The page of a whole run. */

import type { CohortCourse, CohortReportData, FailureData } from './data.js';
import { type DataColumn, dataTable } from './data-table.js';
import { documentOf } from './document.js';
import { bdi, html, type Markup } from './html.js';
import { fixed, plural } from './number.js';
import { badge, checkTitle, countsBar, factList, keyValues, STATUS_ORDER, STATUS_WORD, sectionNav } from './parts.js';
import { robustnessCard } from './robustness-card.js';
import { stripPlot } from './strip-plot.js';

/** A relative address, percent-encoded already; what could name a scheme or a host is no link. */
function safeHref(href: string): string | undefined {
  return /^(?!\/)[\w.~%!$&'()*+,;=@/-]+$/.test(href) ? href : undefined;
}

function coursesCard({ courses }: CohortReportData): Markup {
  const link = ({ href, courseId }: CohortCourse) => {
    const address = href === undefined ? undefined : safeHref(href);
    return address === undefined ? bdi(courseId) : html`<a href="${address}">${bdi(courseId)}</a>`;
  };
  const columns: DataColumn<CohortCourse>[] = [
    { label: 'Patient', content: ({ patientId }) => bdi(patientId) },
    { label: 'Course', layout: 'tight', content: link },
    { label: 'QC', content: ({ qc }) => badge(qc), sortBy: ({ qc }) => STATUS_ORDER.indexOf(qc) },
    { label: 'Dose', layout: 'tight', content: ({ doseClass }) => doseClass },
    {
      label: 'Prescription',
      unit: 'Gy',
      numeric: true,
      content: ({ rxGy }) => fixed(rxGy, 2),
      sortBy: ({ rxGy }) => rxGy,
    },
    {
      label: 'Maximum',
      unit: 'Gy',
      numeric: true,
      content: ({ maximumGy }) => fixed(maximumGy, 2),
      sortBy: ({ maximumGy }) => maximumGy,
    },
    { label: 'Structures', numeric: true, content: ({ rois }) => rois },
    { label: 'Warnings', numeric: true, content: ({ warnings }) => warnings },
    { label: 'Failures', numeric: true, content: ({ failures }) => failures },
    { label: 'Remark', content: ({ remark }) => remark !== undefined && bdi(remark) },
  ];
  return html`<section class="card" id="courses"><header><h2>Courses</h2><span class="small muted">${plural(courses.length, 'course')}</span></header>
${dataTable({ id: 'courses-table', caption: 'Courses', columns, rows: courses, filter: 'Filter courses', empty: 'No course was found.', rowHeaders: true })}</section>`;
}

function qcCard({ checks }: CohortReportData): Markup {
  type CheckRow = CohortReportData['checks'][number];
  const shown = STATUS_ORDER.filter((status) => checks.some(({ counts }) => (counts[status] ?? 0) > 0));
  const columns: DataColumn<CheckRow>[] = [
    { label: 'Check', layout: 'tight', content: ({ name }) => bdi(checkTitle(name)) },
    ...shown.map(
      (status): DataColumn<CheckRow> => ({
        label: STATUS_WORD[status],
        numeric: true,
        content: ({ counts }) => counts[status] ?? 0,
      }),
    ),
    { label: 'Courses', layout: 'wide', content: ({ counts }) => countsBar(counts) },
  ];
  return html`<section class="card" id="qc"><header><h2>Quality control</h2></header>
${dataTable({ id: 'qc-table', caption: 'Courses per outcome of every check', columns, rows: checks, empty: 'No quality check has been run.', rowHeaders: true })}</section>`;
}

function distributionsCard(data: CohortReportData): Markup {
  const distributions = data.distributions.filter(({ groups }) => groups.length > 0);
  if (distributions.length === 0) {
    return html`<section class="card" id="distributions"><header><h2>Distributions</h2></header><p class="empty">No structure was measured, so there is nothing to compare.</p></section>`;
  }
  const choice = html`<div class="tools needs-script" hidden><label>Show <select data-switches="distribution">${distributions.map(({ metric, title }) => html`<option value="${metric}">${title}</option>`)}</select></label></div>`;
  const plot = (distribution: (typeof distributions)[number], index: number) =>
    html`<div data-group="distribution" data-value="${distribution.metric}"${index > 0 && html` hidden`}>${stripPlot(distribution)}</div>`;
  return html`<section class="card" id="distributions"><header><h2>Distributions</h2>${distributions.length > 1 && choice}</header>
${distributions.map(plot)}<p class="small muted">A dot is a course, the line the median, the box the middle half. Structures are grouped by name.</p></section>`;
}

function failuresCard({ failures }: CohortReportData): Markup {
  const columns: DataColumn<FailureData>[] = [
    { label: 'Where', content: ({ path }) => html`<span class="uid">${bdi(path)}</span>` },
    { label: 'Stage', content: ({ stage }) => stage },
    { label: 'ROI', content: ({ roi }) => bdi(roi) },
    { label: 'Code', content: ({ code }) => html`<code>${code}</code>` },
    { label: 'Reason', layout: 'wide', content: ({ reason }) => bdi(reason) },
  ];
  return html`<section class="card" id="failures"><header><h2>Failures and refused files</h2><span class="small muted">${plural(failures.length, 'row')}, also in failures.csv</span></header>
${dataTable({ id: 'failures-table', caption: 'Failures and refused files', columns, rows: failures, filter: 'Filter failures', empty: 'Nothing failed, and no file was refused.' })}</section>`;
}

/** The page of a run as a self-contained HTML document. The same data give the same bytes. */
export function cohortPage(data: CohortReportData): string {
  const worst = STATUS_ORDER.find((status) => data.courses.some(({ qc }) => qc === status)) ?? 'SKIPPED';
  const sections = [
    { id: 'courses', title: 'Courses' },
    { id: 'qc', title: 'Quality' },
    { id: 'distributions', title: 'Distributions' },
    ...(data.robustness ? [{ id: 'robustness', title: 'Robustness' }] : []),
    { id: 'failures', title: 'Failures' },
    { id: 'configuration', title: 'Configuration' },
  ];
  const body = html`<header class="top"><div class="wrap">
<p class="kicker"><span>Cohort report</span></p>
<div class="title"><h1>${bdi(data.title)}</h1>${data.courses.length > 0 && badge(worst, { big: true, prefix: 'Worst course: ' })}</div>
${factList(data.facts)}
</div></header>
${sectionNav(sections)}
<main class="wrap">
${coursesCard(data)}${qcCard(data)}${distributionsCard(data)}${data.robustness && robustnessCard(data.robustness)}${failuresCard(data)}
<section class="card" id="configuration"><header><h2>Configuration and provenance</h2></header>${keyValues(data.provenance)}<pre>${data.configuration}</pre></section>
</main>
<footer class="wrap">Made by Isovox. Not a medical device: for research, not for treatment decisions.</footer>`;
  return documentOf({ title: data.title, body, data: {} });
}
