/** Tables that can be read by a screen reader, sorted and filtered by the page's script, and printed. */

import { type Content, html, type Markup } from './html.js';

export interface DataColumn<RowType> {
  readonly label: string;
  /** Said when the pointer rests on the header. */
  readonly title?: string;
  readonly unit?: string;
  readonly numeric?: boolean;
  /** `tight`: never wrapped; `wide`: takes the room that is left. */
  readonly layout?: 'tight' | 'wide';
  readonly content: (row: RowType) => Content;
  /** What is sorted by; the shown text when absent. */
  readonly sortBy?: (row: RowType) => number | string | null | undefined;
}

export interface DataTable<RowType> {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly DataColumn<RowType>[];
  readonly rows: readonly RowType[];
  /** A box that narrows the rows down by their text. */
  readonly filter?: string;
  /** Shown when there are no rows. */
  readonly empty: string;
  /** The first column heads its row and stays in view. */
  readonly rowHeaders?: boolean;
}

function classOf<RowType>({ numeric, layout }: DataColumn<RowType>): Content {
  const name = numeric ? 'num' : layout;
  return name !== undefined && html` class="${name}"`;
}

function cell<RowType>(column: DataColumn<RowType>, row: RowType, heads: boolean): Markup {
  const key = column.sortBy?.(row);
  const sort = key !== undefined && key !== null && html` data-sort="${String(key)}"`;
  const numeric = classOf(column);
  return heads
    ? html`<th scope="row"${numeric}${sort}>${column.content(row)}</th>`
    : html`<td${numeric}${sort}>${column.content(row)}</td>`;
}

export function dataTable<RowType>(table: DataTable<RowType>): Markup {
  if (table.rows.length === 0) return html`<p class="empty">${table.empty}</p>`;
  const header = (column: DataColumn<RowType>) => {
    const { label, unit, title } = column;
    return html`<th scope="col"${classOf(column)}${title && html` title="${title}"`}><span>${label}${unit && html` <small>${unit}</small>`}</span></th>`;
  };
  return html`${
    table.filter &&
    html`<p class="filter needs-script" hidden><label>${table.filter} <input type="search" data-filters="${table.id}" autocomplete="off" spellcheck="false"></label> <output></output></p>`
  }<div class="scroll" tabindex="0" role="region" aria-label="${table.caption}"><table id="${table.id}" data-sortable>
<caption>${table.caption}</caption>
<thead><tr>${table.columns.map(header)}</tr></thead>
<tbody>${table.rows.map((row) => html`<tr>${table.columns.map((column, index) => cell(column, row, index === 0 && table.rowHeaders === true))}</tr>\n`)}</tbody>
</table></div>`;
}
