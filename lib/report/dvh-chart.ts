/** Dose-volume curves: one ECharts option for the still picture made here and the live one made in the browser. */

import { LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { RoiData } from './data.js';
import { type Markup, raw } from './html.js';
import { thin } from './lines.js';

use([LineChart, GridComponent, MarkLineComponent, SVGRenderer]);

/** A curve as it is drawn: dose in Gy, volume in percent of the structure, and what 100 % is. */
export interface DrawnCurve {
  readonly roi: number;
  readonly totalCc: number;
  readonly points: readonly (readonly [number, number])[];
}

/** Points closer than this to the line through their neighbours are left out: part of the width and the height. */
const TOLERANCE = 0.0004;

function drawn(roi: RoiData, index: number, maxGy: number): DrawnCurve | undefined {
  const { curve } = roi;
  if (!curve || curve.doseGy.length < 2) return undefined;
  const totalCc = roi.volumeCc && roi.volumeCc > 0 ? roi.volumeCc : (curve.volumeCc[0] ?? 0);
  if (!(totalCc > 0)) return undefined;
  // A curve that is asked for every bin up to the grid's maximum ends in a row of zeros.
  let count = curve.volumeCc.findIndex((volume) => !(volume > 0)) + 1;
  if (count === 0) count = curve.doseGy.length;
  const at = (position: number) =>
    [(curve.doseGy[position] ?? 0) / maxGy, (curve.volumeCc[position] ?? 0) / totalCc] as const;
  const points = thin(count, at, TOLERANCE).map(
    (position) =>
      [
        Number((curve.doseGy[position] ?? 0).toFixed(3)),
        Number(((100 * (curve.volumeCc[position] ?? 0)) / totalCc).toFixed(3)),
      ] as const,
  );
  const [firstGy, firstPercent] = points[0] ?? [0, 100];
  return { roi: index, totalCc, points: firstGy > 0 ? [[0, firstPercent], ...points] : points };
}

/** The highest dose of any curve. */
function highestGy(rois: readonly RoiData[]): number {
  let highest = 0;
  for (const { curve } of rois) {
    curve?.doseGy.forEach((dose, index) => {
      if ((curve.volumeCc[index] ?? 0) > 0 && dose > highest) highest = dose;
    });
  }
  return highest;
}

export function drawnCurves(rois: readonly RoiData[]): DrawnCurve[] {
  const maxGy = highestGy(rois) || 1;
  return rois.map((roi, index) => drawn(roi, index, maxGy)).filter((curve) => curve !== undefined);
}

/** The end of the dose axis: a little beyond the last dose, on a round number. */
export function doseAxisEnd(rois: readonly RoiData[], rxGy: number | undefined): number {
  const end = Math.max(highestGy(rois), rxGy ?? 0) * 1.03;
  if (!(end > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(end)) / 2;
  return Number((Math.ceil(end / step) * step).toPrecision(12));
}

const axis = (name: string, gap: number) => ({
  type: 'value' as const,
  name,
  nameLocation: 'middle' as const,
  nameGap: gap,
  nameTextStyle: { color: 'var(--muted)', fontSize: 12 },
  axisLine: { show: true, lineStyle: { color: 'var(--rule)' } },
  axisTick: { show: true, lineStyle: { color: 'var(--rule)' } },
  axisLabel: { color: 'var(--muted)', fontSize: 11.5 },
  splitLine: { lineStyle: { color: 'var(--hair)' } },
});

/** Plain data. Colours are the page's custom properties; the browser puts their values in. */
export function chartOption(curves: readonly DrawnCurve[], axisEnd: number, rxGy: number | undefined) {
  const marker = rxGy !== undefined && {
    silent: true,
    symbol: 'none',
    lineStyle: { color: 'var(--muted)', type: 'dashed' as const, width: 1 },
    label: {
      formatter: `Prescription ${rxGy} Gy`,
      // Near the end of the axis the text would run out of a narrow chart.
      align: rxGy > axisEnd * 0.75 ? ('right' as const) : ('center' as const),
      color: 'var(--muted)',
      fontSize: 11.5,
      textBorderWidth: 0,
    },
    data: [{ xAxis: rxGy }],
  };
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: 'inherit' },
    grid: { left: 54, right: 18, top: 26, bottom: 46, outerBoundsMode: 'none' as const },
    xAxis: { ...axis('Dose (Gy)', 28), min: 0, max: axisEnd },
    yAxis: { ...axis('Volume (%)', 38), min: 0, max: 100 },
    series: curves.map(({ roi, points }, order) => ({
      id: `roi-${roi}`,
      type: 'line' as const,
      showSymbol: false,
      data: points.map(([dose, percent]) => [dose, percent]),
      lineStyle: { color: `var(--roi-${roi})`, width: 1.75 },
      itemStyle: { color: `var(--roi-${roi})` },
      ...(order === 0 && marker ? { markLine: marker } : {}),
    })),
  };
}

/** Presentation attributes in place of style attributes, which the page's policy refuses; no counters of the library. */
function tidy(svg: string): string {
  return svg
    .replace(/<style\s*>.*?<\/style>/gs, '')
    .replace(/ (?:class|pointer-events|xml:space|ecmeta_\w+|xmlns(?::xlink)?|version|baseProfile)="[^"]*"/g, '')
    .replace(/ style="([^"]*)"/g, (_, css: string) =>
      css
        .split(';')
        .filter((rule) => rule.includes(':'))
        .map((rule) => {
          const colon = rule.indexOf(':');
          return ` ${rule.slice(0, colon).trim()}="${rule.slice(colon + 1).trim()}"`;
        })
        .join(''),
    )
    .replace(/zr\d+-c(\d+)/g, 'dvh-clip-$1')
    .replace(/^<svg width="\d+" height="\d+"/, '<svg class="chart-svg" role="img" aria-label="Dose-volume curves"')
    .replace(/\n+/g, '\n');
}

/** The still picture: what is printed, and what is seen without scripts. */
export function chartSvg(option: ReturnType<typeof chartOption>, width = 820, height = 440): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return raw(tidy(chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}
