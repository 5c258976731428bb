import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cohortPage } from '../../../lib/report/cohort-page.js';
import { contrast, DARK_PAPER, LIGHT_PAPER, legible, type Rgb } from '../../../lib/report/color.js';
import { coursePage } from '../../../lib/report/course-page.js';
import { distributionsOf } from '../../../lib/report/distributions.js';
import { chartOption, chartSvg, doseAxisEnd, drawnCurves } from '../../../lib/report/dvh-chart.js';
import { escapeHtml, html, jsonData, raw, visible } from '../../../lib/report/html.js';
import { thin } from '../../../lib/report/lines.js';
import { brief, fixed } from '../../../lib/report/number.js';
import { panelSvg } from '../../../lib/report/panels.js';
import { png } from '../../../lib/report/png.js';
import { quantile, ticks } from '../../../lib/report/strip-plot.js';
import { HOSTILE_NAME, sampleCohort, sampleCourse, sampleTable } from './sample.js';

describe('html', () => {
  it('escapes what is not markup, in text and in attributes', () => {
    const name = `"><img src=x onerror='a()'>&`;
    expect(html`<b title="${name}">${name}</b>`.text).toBe(
      '<b title="&quot;&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;">&quot;&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;</b>',
    );
  });

  it('keeps markup, joins arrays and drops what is absent', () => {
    expect(html`${raw('<i>')}${[html`<b>`, '<', 1]}${null}${undefined}${false}${0}`.text).toBe('<i><b>&lt;10');
  });

  it('shows what hides or reorders text', () => {
    expect(visible('a\u001b[31m\u202eb\u200b\u0000')).toBe('a␛[31m‹U+202E›b‹U+200B›␀');
    expect(visible('tab\tline\n')).toBe('tab\tline\n');
    expect(escapeHtml('\ud800')).toBe('\ufffd');
  });

  it('keeps data from ending their element', () => {
    expect(jsonData({ a: '</script><!--' }).text).toBe('{"a":"\\u003c/script>\\u003c!--"}');
  });
});

describe('pages', () => {
  const course = coursePage(sampleCourse());
  const cohort = cohortPage(sampleCohort());

  it.each([
    ['course', course, () => coursePage(sampleCourse())],
    ['cohort', cohort, () => cohortPage(sampleCohort())],
  ])('%s: the same data give the same bytes', (_, first, again) => {
    expect(again()).toBe(first);
  });

  it.each([
    ['course', course],
    ['cohort', cohort],
  ])('%s: refers to nothing outside, runs nothing but its own, and holds no hostile name', (_, page) => {
    expect(page).not.toContain(HOSTILE_NAME);
    expect(page).not.toContain('<script>alert');
    const markup = page.replace(/<script(?! type="application\/json")[^>]*>.*?<\/script>/gs, '');
    expect(markup).not.toMatch(/(?:src|href)="(?!data:|#|\.\.\/)/);
    expect(markup).not.toMatch(/url\((?!#)|@import|https?:/);
    expect(markup).not.toMatch(/<[^>]+ (?:style|on\w+)=/);
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-/);
  });

  it('stays small', () => {
    expect(course.length).toBeLessThan(1_000_000);
    expect(cohort.length).toBeLessThan(100_000);
  });

  it('makes no link out of an address that leaves the folder of results', () => {
    const data = sampleCohort();
    const [first, ...rest] = data.courses;
    const page = cohortPage({
      ...data,
      courses: [{ ...(first as (typeof rest)[0]), href: 'javascript:alert(1)//' }, ...rest],
    });
    expect(page).not.toContain('href="javascript:');
  });
});

describe('dose-volume chart', () => {
  it('draws every curve within a thousandth, on far fewer points, without a style attribute or a counter', () => {
    const { rois } = sampleCourse();
    const curves = drawnCurves(rois);
    expect(curves).toHaveLength(8);
    for (const { roi, points, totalCc } of curves) {
      expect(points.length).toBeLessThan(300);
      const { doseGy = [], volumeCc = [] } = rois[roi]?.curve ?? {};
      for (const [dose, percent] of points) {
        const at = doseGy.indexOf(dose);
        expect(percent).toBeCloseTo((100 * (volumeCc[at] ?? 0)) / totalCc, 2);
      }
    }
    const option = chartOption(curves, doseAxisEnd(rois, 60), 60);
    const svg = chartSvg(option).text;
    expect(chartSvg(option).text).toBe(svg);
    expect(svg).not.toMatch(/style|zr\d|class="zr/);
    expect(svg).toContain('stroke="var(--roi-7)"');
  });

  it('leaves out structures without a curve', () => {
    expect(drawnCurves([{ number: 1, name: 'empty' }])).toEqual([]);
    expect(doseAxisEnd([], undefined)).toBe(1);
    expect(doseAxisEnd([], 60)).toBe(65);
  });
});

describe('thin', () => {
  it('keeps ends and corners, and drops what lies between', () => {
    const points = [
      [0, 0],
      [1, 0.01],
      [2, 0],
      [2, 1],
      [2, 2],
    ] as const;
    expect(thin(points.length, (index) => points[index] as [number, number], 0.1)).toEqual([0, 2, 4]);
  });
});

describe('panels', () => {
  const data = sampleCourse();
  const images = data.images;
  if (!('axial' in images)) throw new Error('The sample has images');

  it('puts heads up: the first row of a coronal picture is its highest', () => {
    const coronal = {
      plane: 'coronal' as const,
      positionMm: 0,
      width: 1,
      height: 2,
      u0: 0,
      v0: 0,
      pixelMm: 1,
      gray: Uint8Array.of(10, 200),
      isodoses: [],
      outlines: [{ roi: 0, lines: [[0, 0, 0, 1]] }],
    };
    const svg = panelSvg(coronal, data.rois).text;
    const png = Buffer.from(/base64,([^"]+)/.exec(svg)?.[1] ?? '', 'base64');
    expect(decode(png)).toEqual([200, 10]);
    expect(svg).toContain('d="M5 15l0 -10"');
  });

  it('starts every line where it is, not where the last one ended', () => {
    const axial = {
      plane: 'axial' as const,
      positionMm: 0,
      width: 10,
      height: 10,
      u0: 0.5,
      v0: 0.5,
      pixelMm: 1,
      gray: new Uint8Array(100),
      isodoses: [],
      outlines: [
        {
          roi: 0,
          lines: [
            [1, 1, 3, 1],
            [5, 5, 5, 8],
          ],
        },
      ],
    };
    expect(panelSvg(axial, data.rois).text).toContain('d="M10 10l20 0M50 50l0 30"');
  });

  it('closes closed lines and names what is seen', () => {
    const [first] = images.axial;
    if (!first) throw new Error('The sample has axial slices');
    const svg = panelSvg(first, data.rois).text;
    expect(svg.match(/class="outline"[^>]*z"/g)?.length).toBeGreaterThan(2);
    expect(svg).toMatch(/aria-label="Axial, z −60.0 mm. Structures crossed: BODY/);
  });
});

/** The pixels of a grey PNG written with the Paeth filter. */
function decode(png: Buffer): number[] {
  expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const at = png.indexOf('IDAT');
  const lines = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  const pixels: number[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const left = column > 0 ? (pixels.at(-1) ?? 0) : 0;
      const up = row > 0 ? (pixels[(row - 1) * width + column] ?? 0) : 0;
      const corner = row > 0 && column > 0 ? (pixels[(row - 1) * width + column - 1] ?? 0) : 0;
      const guess = left + up - corner;
      const order = [left, up, corner].map((value, rank) => ({ value, rank, far: Math.abs(guess - value) }));
      order.sort((a, b) => a.far - b.far || a.rank - b.rank);
      pixels.push(((lines[row * (width + 1) + 1 + column] ?? 0) + (order[0]?.value ?? 0)) & 255);
    }
  }
  return pixels;
}

describe('png', () => {
  it('is decoded to the same pixels', () => {
    const pixels = Uint8Array.from({ length: 35 }, (_, index) => (index * 71) % 256);
    expect(decode(png(pixels, 7, 5))).toEqual([...pixels]);
  });
});

describe('legible', () => {
  it.each<Rgb>([
    [255, 255, 0],
    [255, 255, 255],
    [0, 0, 0],
    [0, 255, 0],
    [0, 0, 128],
  ])('%i %i %i stands out from light and dark', (...color) => {
    for (const paper of [LIGHT_PAPER, DARK_PAPER])
      expect(contrast(legible(color, paper), paper)).toBeGreaterThanOrEqual(3);
  });

  it('leaves a colour that stands out as it is', () => {
    expect(legible([200, 0, 0], LIGHT_PAPER)).toEqual([200, 0, 0]);
  });
});

describe('numbers', () => {
  it.each([
    [fixed(-12.345, 1), '−12.3'],
    [fixed(-0.001, 1), '0.0'],
    [fixed(1234567.8, 0), '1\u202f234\u202f568'],
    [fixed(Number.NaN, 1), '–'],
    [brief(0.01234), '0.012'],
    [brief(1234.5), '1235'],
    [brief(undefined), '–'],
  ])('%s is %s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});

describe('distributions', () => {
  it('groups structures by name, letter case aside, the most common first', () => {
    const { columns } = sampleTable([]);
    const row = (course_id: string, ROI_Name: string, DmeanGy: number | null) => ({
      patient_id: 'P',
      course_id,
      ROI_Name,
      DmeanGy,
    });
    const table = {
      name: 'dvh_metrics',
      title: '',
      columns,
      rows: [row('1', 'Cord', 9), row('1', 'PTV', 60), row('2', 'ptv ', 61), row('2', 'Eye', null)],
    };
    expect(distributionsOf(table)).toEqual([
      {
        metric: 'DmeanGy',
        title: 'Mean dose',
        unit: 'Gy',
        groups: [
          {
            roi: 'PTV',
            values: [
              { label: 'P · 1', value: 60 },
              { label: 'P · 2', value: 61 },
            ],
          },
          { roi: 'Cord', values: [{ label: 'P · 1', value: 9 }] },
        ],
      },
    ]);
  });

  it('has quartiles and round ticks', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([7], 0.25)).toBe(7);
    expect(ticks(0, 63)).toEqual([0, 20, 40, 60]);
    expect(ticks(0, 0.9)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  });
});
