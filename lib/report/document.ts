/** The frame of every page: one file, nothing fetched, nothing run that was not written here. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { packageRoot } from '../runtime/package-root.js';
import { type Content, html, jsonData, type Markup, raw } from './html.js';
import { STYLE } from './style.js';

interface Assets {
  /** The page's own script. */
  readonly script: string;
  readonly scriptHash: string;
  /** ECharts, deflated, in base64: the script unpacks it and runs it as an inline script of its own hash. */
  readonly charts: string;
  readonly chartsHash: string;
}

let assets: Assets | undefined;

function sha256(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

function loadAssets(): Assets {
  if (assets) return assets;
  const script = readFileSync(join(packageRoot, 'lib', 'report', 'client', 'page.js'), 'utf8');
  const charts = readFileSync(createRequire(import.meta.url).resolve('echarts/dist/echarts.common.min.js'), 'utf8');
  assets = {
    script,
    scriptHash: sha256(script),
    charts: deflateSync(Buffer.from(charts, 'utf8'), { level: 9 }).toString('base64'),
    chartsHash: sha256(charts),
  };
  return assets;
}

export interface PageParts {
  readonly title: string;
  /** Rules that depend on the data: colours of structures. Only what this program wrote itself. */
  readonly extraStyle?: string;
  readonly body: Content;
  /** What the script works on. */
  readonly data?: unknown;
  /** Brings ECharts along. */
  readonly charts?: boolean;
}

/** A whole HTML document. The same parts give the same bytes. */
export function documentOf({ title, extraStyle = '', body, data, charts = false }: PageParts): string {
  const style = STYLE + extraStyle;
  const { script, scriptHash, charts: packed, chartsHash } = loadAssets();
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src ${sha256(style)}`,
    `script-src ${scriptHash}${charts ? ` ${chartsHash}` : ''}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page: Markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
${body}
${data !== undefined && html`<script type="application/json" id="page-data">${jsonData(data)}</script>`}
${charts && html`<script type="text/plain" id="charts-packed">${raw(packed)}</script>`}
<script>${raw(script)}</script>
</body>
</html>
`;
  return page.text;
}
