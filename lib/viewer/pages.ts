/** The pages: the list of courses, and the screen of one. Scripts and styles come as files of the same server. */

import type { DataColumn } from '../report/data-table.js';
import { dataTable } from '../report/data-table.js';
import { bdi, type Content, html, jsonData, type Markup, raw } from '../report/html.js';
import { fixed, plural } from '../report/number.js';
import { levelColor } from '../report/panels.js';
import { badge, STATUS_ORDER } from '../report/parts.js';
import { colorRules, curvesCard, levelList, outlineColors, roiCard } from '../report/structure-cards.js';
import { STYLE } from '../report/style.js';
import type { CourseEntry } from './courses.js';
import { bytesPerVoxel } from './nifti-header.js';
import { CT_WINDOWS, type Layer, type Scene } from './scene.js';
import { VIEWER_STYLE } from './style.js';

interface Frame {
  readonly title: string;
  /** Relative to the page. */
  readonly root: string;
  readonly styles: readonly string[];
  readonly scripts?: Content;
  readonly body: Content;
}

function frame({ title, root, styles, scripts, body }: Frame): string {
  const page: Markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
<link rel="stylesheet" href="${root}assets/style.css">
${styles.map((href) => html`<link rel="stylesheet" href="${href}">`)}
</head>
<body class="viewer">
${body}
${scripts}
</body>
</html>
`;
  return page.text;
}

export const STYLE_SHEET = STYLE + VIEWER_STYLE;

/** The courses of the folder, each a link. */
export function listPage(courses: readonly CourseEntry[]): string {
  const position = new Map(courses.map((course, index) => [course, index]));
  const columns: DataColumn<CourseEntry>[] = [
    { label: 'Patient', content: ({ patientId }) => bdi(patientId) },
    {
      label: 'Course',
      layout: 'tight',
      content: (course) => html`<a href="view/${position.get(course) ?? 0}/">${bdi(course.courseId)}</a>`,
    },
    { label: 'QC', content: ({ qc }) => badge(qc), sortBy: ({ qc }) => STATUS_ORDER.indexOf(qc) },
    { label: 'Image', content: ({ modality, slices }) => modality && `${modality}, ${plural(slices ?? 0, 'slice')}` },
    {
      label: 'Prescription',
      unit: 'Gy',
      numeric: true,
      content: ({ rxGy }) => fixed(rxGy, 2),
      sortBy: ({ rxGy }) => rxGy,
    },
    { label: 'Structures', numeric: true, content: ({ structures }) => structures },
  ];
  return frame({
    title: 'Isovox viewer',
    root: '',
    styles: [],
    scripts: html`<script src="assets/page.js"></script>`,
    body: html`<header class="top"><div class="wrap"><p class="kicker"><span>Isovox viewer</span></p><div class="title"><h1>${plural(courses.length, 'course')}</h1></div></div></header>
<main class="wrap single"><section class="card courses-list">
${dataTable({ id: 'courses-table', caption: 'Courses', columns, rows: courses, filter: 'Filter courses', empty: 'No course was found.', rowHeaders: true })}</section></main>`,
  });
}

/** Slabs of about so many bytes: the first is on the screen while the others are on their way. */
const SLAB_BYTES = 4 << 20;

function layerData(layer: Layer | undefined): unknown {
  if (!layer) return undefined;
  const { grid, dtype, bytes, header, name, unit, range, window, floor } = layer;
  const sliceBytes = grid.size[0] * grid.size[1] * bytesPerVoxel(dtype);
  return {
    name,
    unit,
    dtype,
    bytes: bytes.byteLength,
    header: header.toString('base64'),
    slices: grid.size[2],
    sliceBytes,
    slabSlices: Math.max(1, Math.floor(SLAB_BYTES / sliceBytes)),
    grid: { size: grid.size, spacing: grid.spacing, origin: grid.origin, direction: grid.direction },
    range,
    window,
    floor,
  };
}

function controls(scene: Scene): Markup {
  const { image, dose, levels } = scene;
  const plane = (value: string, label: string) =>
    html`<label><input type="radio" name="planes" value="${value}"${value === 'all' && html` checked`}>${label}</label>`;
  const windows = image?.unit === 'HU' ? CT_WINDOWS : [];
  return html`<div class="bar" role="toolbar" aria-label="View">
<fieldset class="segmented" aria-label="Planes">${plane('all', 'All')}${plane('axial', 'Axial')}${plane('coronal', 'Coronal')}${plane('sagittal', 'Sagittal')}</fieldset>
${image && html`<label>Window <select id="window">${windows.map(({ name, range }) => html`<option value="${range.join(',')}">${name}</option>`)}<option value="${image.range.join(',')}">Whole range</option></select></label>`}
${scene.rois.length > 0 && html`<label><input type="checkbox" id="show-outlines" checked>Structures</label>`}
${levels.length > 0 && html`<label><input type="checkbox" id="show-isodoses" checked>Isodose lines</label>`}
${dose && image && html`<label><input type="checkbox" id="show-wash" checked>Colour wash</label><input type="range" id="wash" min="0" max="100" value="35" aria-label="Strength of the colour wash">`}
<span class="grow"></span>
<button type="button" class="plain" id="reset">Reset view</button>
</div>`;
}

export interface ScenePageOptions {
  /** `../../` to the list; empty when there is none. */
  readonly hasList: boolean;
  /** Relative address of the course's report. */
  readonly reportHref?: string;
}

export function scenePage(scene: Scene, { hasList, reportHref }: ScenePageOptions): string {
  const { rois, levels, image, dose, doseNote } = scene;
  const isPatient = rois.length > 0 || levels.length > 0;
  const { markup: curves, chart } = curvesCard({
    rois,
    rxGy: scene.rxGy,
    hint: 'The dashed line is the dose under the crosshair. Click the chart to see that dose as a line on the pictures.',
  });
  const targets = rois.flatMap((roi, index) => (roi.isTarget ? [index] : []));
  const data = {
    image: layerData(image),
    dose: layerData(dose),
    rois: rois.map(({ name }, index) => ({ name, color: outlineColors(rois)[index] })),
    levels: levels.map(({ gy }, index) => ({ gy, color: levelColor(index, levels.length) })),
    rxGy: scene.rxGy,
    centre: scene.centre,
  };
  return frame({
    title: scene.title,
    root: '../../',
    styles: ['colors.css'],
    scripts: html`<script type="application/json" id="page-data">${jsonData({ chart, targets })}</script>
<script type="application/json" id="scene-data">${jsonData(data)}</script>
${chart !== undefined && html`<script src="../../assets/echarts.js"></script>`}
<script src="../../assets/page.js"></script>
<script type="module" src="../../assets/viewer.js"></script>`,
    body: html`<header class="top"><div class="wrap"><p class="kicker">${hasList && html`<a href="../../">Courses</a><span aria-hidden="true">/</span>`}<span>${scene.kicker}</span></p>
<div class="title"><h1>${bdi(scene.title)}</h1><div class="links">${reportHref !== undefined && html`<a href="${reportHref}">Report</a>`}${scene.qc && badge(scene.qc, { prefix: 'QC: ' })}</div></div></div></header>
<main class="wrap${!isPatient && ' single'}">
<section class="stage" aria-label="Pictures">
${controls(scene)}
<div class="screen"><canvas id="gl" tabindex="0" aria-label="Cuts through the patient. Arrow up and down change the slice."></canvas><canvas class="lines" id="lines" aria-hidden="true"></canvas><div class="loading"><i></i></div><div class="message" role="status"${(image ?? dose) !== undefined && html` hidden`}>${(image ?? dose) === undefined && 'This course has neither an image nor a dose.'}</div></div>
<div class="readout" aria-live="off"><span><span class="muted">Position</span><b id="at-mm">–</b></span>${image && html`<span><span class="muted">${image.name}</span><b id="at-value">–</b></span>`}${dose && html`<span><span class="muted">Dose</span><b id="at-gy">–</b></span>`}${doseNote !== undefined && html`<span class="muted">${doseNote}</span>`}<label class="slider"><span class="muted" id="slice-name">Axial</span><input type="range" id="slice" min="0" max="1000" value="500" aria-label="Slice"></label></div>
${levelList(levels)}
</section>
${isPatient && html`<div class="side">${rois.length > 0 && roiCard(rois)}${curves}</div>`}
</main>`,
  });
}

/** Colours of the structures and isodose lines of a course. */
export function sceneStyle(scene: Scene): string {
  return colorRules(scene.rois, scene.levels);
}

/** What a person sees whose address was not right. */
export function refusalPage(reason: string): string {
  return html`<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Isovox viewer</title><p>${raw('')}${reason}.</p>`
    .text;
}
