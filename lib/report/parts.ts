/** Pieces that both kinds of page are made of. */

import type { CheckStatus, Fact, FindingData } from './data.js';
import { bdi, html, type Markup } from './html.js';

export const STATUS_WORD: Record<CheckStatus, string> = {
  PASS: 'Pass',
  WARNING: 'Warning',
  FAIL: 'Fail',
  ERROR: 'Error',
  SKIPPED: 'Not checked',
};

/** From what needs action to what does not. */
export const STATUS_ORDER: readonly CheckStatus[] = ['ERROR', 'FAIL', 'WARNING', 'PASS', 'SKIPPED'];

const CHECK_TITLE: Record<string, string> = {
  ct_validation: 'Planning image',
  rp_validation: 'Plan',
  rd_validation: 'Dose',
};

/** `structure_cropping` as a reader says it; the technical name stays in the tables. */
export function checkTitle(name: string): string {
  const words = name.replaceAll('_', ' ');
  return CHECK_TITLE[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

export function badge(status: CheckStatus, options: { big?: boolean; prefix?: string } = {}): Markup {
  const { big = false, prefix = '' } = options;
  return html`<span class="badge ${status.toLowerCase()}${big && ' big'}">${prefix}${STATUS_WORD[status]}</span>`;
}

/** Parts of a whole as a bar. */
export function countsBar(counts: Partial<Record<CheckStatus, number>>): Markup {
  const total = STATUS_ORDER.reduce((sum, status) => sum + (counts[status] ?? 0), 0) || 1;
  let x = 0;
  const parts = STATUS_ORDER.map((status) => {
    const width = (100 * (counts[status] ?? 0)) / total;
    const part =
      width > 0 &&
      html`<rect class="fill-${status.toLowerCase()}" x="${Number(x.toFixed(2))}" width="${Number(width.toFixed(2))}" height="6"/>`;
    x += width;
    return part;
  });
  return html`<svg class="counts" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`;
}

export function factList(facts: readonly Fact[]): Markup {
  const entry = ({ label, value, note }: Fact) =>
    html`<div><dt>${label}</dt><dd>${bdi(value)}${note && html`<small>${bdi(note)}</small>`}</dd></div>`;
  return html`<dl class="facts">${facts.map(entry)}</dl>`;
}

/** Label and value in two columns, for what is looked up rather than read. */
export function keyValues(facts: readonly Fact[], { code = true }: { code?: boolean } = {}): Markup {
  const entry = ({ label, value, note }: Fact) =>
    html`<dt>${bdi(label)}</dt><dd>${code ? html`<code>${bdi(value)}</code>` : bdi(value)}${note && html`<small>${bdi(note)}</small>`}</dd>`;
  return html`<dl class="kv">${facts.map(entry)}</dl>`;
}

const SEVERITY: Record<FindingData['severity'], { word: string; rank: number }> = {
  fail: { word: 'Fail', rank: 0 },
  warn: { word: 'Warning', rank: 1 },
  info: { word: 'Note', rank: 2 },
};

/** Worst first, otherwise in the order they were found. */
export function findingList(findings: readonly FindingData[]): Markup | undefined {
  if (findings.length === 0) return undefined;
  const ordered = [...findings].sort((a, b) => SEVERITY[a.severity].rank - SEVERITY[b.severity].rank);
  const entry = ({ severity, message, subject, code }: FindingData) =>
    html`<li><span class="sev ${severity}">${SEVERITY[severity].word}</span><span>${subject && html`<strong>${bdi(subject)}</strong> `}${bdi(message)} <code class="muted">${code}</code></span></li>`;
  return html`<ul class="findings">${ordered.map(entry)}</ul>`;
}

export interface SectionLink {
  readonly id: string;
  readonly title: string;
}

export function sectionNav(sections: readonly SectionLink[]): Markup {
  return html`<nav class="sections" aria-label="Sections"><div class="wrap">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</div></nav>`;
}
