/** How much features vary under perturbations: labels per structure, and dots of every feature. */

import type { CheckStatus, RobustnessData } from './data.js';
import { type DataColumn, dataTable } from './data-table.js';
import { bdi, html, type Markup } from './html.js';
import { plural } from './number.js';
import { countsBar } from './parts.js';
import { stripPlot } from './strip-plot.js';

type Structure = RobustnessData['structures'][number];

/** Colours that a reader knows from the checks. */
const STATUS: Readonly<Record<keyof Structure['counts'], CheckStatus>> = {
  robust: 'PASS',
  acceptable: 'WARNING',
  poor: 'FAIL',
  not_evaluable: 'SKIPPED',
};

const bar = ({ counts }: Structure): Markup =>
  countsBar(Object.fromEntries(Object.entries(STATUS).map(([label, status]) => [status, counts[label as 'robust']])));

export function robustnessCard({ structures, figures }: RobustnessData): Markup {
  const count = (label: string, key: keyof Structure['counts']): DataColumn<Structure> => ({
    label,
    numeric: true,
    content: ({ counts }) => counts[key],
  });
  const columns: DataColumn<Structure>[] = [
    { label: 'Structure', content: ({ name }) => bdi(name) },
    { label: 'Subjects', numeric: true, content: ({ subjects }) => subjects },
    count('Robust', 'robust'),
    count('Acceptable', 'acceptable'),
    count('Poor', 'poor'),
    count('Not evaluable', 'not_evaluable'),
    { label: 'Features', layout: 'wide', content: bar },
  ];
  const choice = html`<div class="tools needs-script" hidden><label>Show <select data-switches="robustness">${figures.map(({ metric, title }) => html`<option value="${metric}">${title}</option>`)}</select></label></div>`;
  const plot = (figure: (typeof figures)[number], index: number) =>
    html`<div data-group="robustness" data-value="${figure.metric}"${index > 0 && html` hidden`}>${stripPlot(figure)}</div>`;
  return html`<section class="card" id="robustness"><header><h2>Robustness of features</h2><span class="small muted">${plural(structures.length, 'structure')}, also in robustness_summary.csv</span>${figures.length > 1 && choice}</header>
${figures.map(plot)}<p class="small muted">A dot is a feature. Robust: the lower end of the interval of the ICC is at least 0.90 and features vary by at most 10 %; acceptable: 0.75 and 20 %. One subject has no ICC.</p>
${dataTable({ id: 'robustness-table', caption: 'Features of each label per structure', columns, rows: structures, empty: 'No structure was perturbed.', rowHeaders: true })}</section>`;
}
