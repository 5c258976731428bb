/** A case as a picture: bars of medians with the spread, on a logarithmic axis; ours in colour. */

import type { CustomSeriesRenderItemAPI } from 'echarts';
import { BarChart, CustomChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import type { ResultRow } from './results.js';

use([BarChart, CustomChart, GridComponent, SVGRenderer]);

const WIDTH = 860;
const ROW = 30;
const FRAME = 64;
/** Read on white and on black alike: the pictures have no background. */
const INK = '#7d8891';
const OURS = '#1f8aab';
const OTHERS = '#a9b3ba';

/** `18.0`, `1.2 s`. */
export function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms >= 100 ? 0 : 1)} ms`;
}

/** An SVG; undefined when nothing was measured. The same rows give the same bytes. */
export function casePlot(title: string, rows: readonly ResultRow[]): string | undefined {
  const measured = rows.filter(
    (row): row is ResultRow & { median: number } => row.median !== undefined && row.median > 0,
  );
  if (measured.length === 0) return undefined;
  const shown = [...measured].reverse();
  const lows = shown.map(({ min, median }) => Math.min(min || median, median));
  const highs = shown.map(({ max, median }) => Math.max(max ?? median, median));
  const axisMin = 10 ** Math.floor(Math.log10(Math.min(...lows) * 0.8));
  const axisMax = 10 ** Math.ceil(Math.log10(Math.max(...highs) * 1.02));
  const height = FRAME + ROW * shown.length;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: 'system-ui, sans-serif', color: INK },
      grid: { left: 250, right: 132, top: 14, bottom: 44, outerBoundsMode: 'none' },
      xAxis: {
        type: 'log',
        min: axisMin,
        max: axisMax,
        name: 'milliseconds',
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: { color: INK },
        axisLabel: { color: INK },
        splitLine: { lineStyle: { color: INK, opacity: 0.25 } },
      },
      yAxis: {
        type: 'category',
        data: shown.map(({ contender }) => contender),
        axisLabel: { color: INK, width: 232, overflow: 'truncate', fontSize: 12 },
        axisLine: { lineStyle: { color: INK } },
        axisTick: { show: false },
      },
      series: [
        {
          type: 'bar',
          barWidth: 16,
          data: shown.map(({ median, contender, peakMb }) => ({
            value: median,
            itemStyle: { color: contender.startsWith('isovox') ? OURS : OTHERS, borderRadius: [0, 2, 2, 0] },
            label: {
              show: true,
              position: [WIDTH, 0],
              formatter: `${duration(median)}${peakMb ? `, ${peakMb} MiB` : ''}`,
            },
          })),
          label: { color: INK, fontSize: 12 },
          labelLayout: { x: WIDTH - 124, align: 'left' },
        },
        {
          type: 'custom',
          data: shown.map((_, index) => [index, lows[index], highs[index]]),
          renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => {
            const [x1 = 0, y = 0] = api.coord([api.value(1), api.value(0)]);
            const [x2 = 0] = api.coord([api.value(2), api.value(0)]);
            const line = (a: number, b: number, c: number, d: number) => ({
              type: 'line' as const,
              shape: { x1: a, y1: b, x2: c, y2: d },
              style: { stroke: INK, lineWidth: 1.4 },
            });
            return {
              type: 'group' as const,
              children: [line(x1, y, x2, y), line(x1, y - 4, x1, y + 4), line(x2, y - 4, x2, y + 4)],
            };
          },
          encode: { x: [1, 2], y: 0 },
        },
      ],
    });
    return chart
      .renderToSVGString()
      .replace(/ (?:ecmeta_\w+)="[^"]*"/g, '')
      .replace(/zr\d+-c(\d+)/g, 'clip-$1')
      .replace(/zr\d+-cls-(\d+)/g, 'look-$1')
      .replace('<svg ', `<svg role="img" aria-label="${title.replace(/[<>&"]/g, '')}" `);
  } finally {
    chart.dispose();
  }
}
