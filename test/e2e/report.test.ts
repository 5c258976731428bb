import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cohortPage } from '../../lib/report/cohort-page.js';
import { coursePage } from '../../lib/report/course-page.js';
import { bareCourse, HOSTILE_NAME, sampleCohort, sampleCourse } from '../unit/report/sample.js';

const CHROMIUM = process.env.ISOVOX_CHROMIUM ?? '/usr/bin/chromium';
const isInstalled = existsSync(CHROMIUM);
if (!isInstalled) {
  console.log(`Skipped: the report in a browser, because ${CHROMIUM} is not there (apt-get install chromium)`);
}

describe.skipIf(!isInstalled)('the report in a browser', { timeout: 300_000 }, () => {
  let browser: Browser;
  let folder: string;
  let problems: string[];
  let requests: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isovox-report-'));
    await writeFile(join(folder, 'course.html'), coursePage(sampleCourse()));
    await writeFile(join(folder, 'bare.html'), coursePage(bareCourse()));
    await writeFile(join(folder, 'cohort.html'), cohortPage(sampleCohort()));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    if (process.env.ISOVOX_KEEP_SCREENSHOTS) console.log(`Screenshots: ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  });

  let page: Page | undefined;
  afterEach(async () => {
    await page?.screenshot({
      path: join(folder, `${expect.getState().currentTestName?.replace(/\W+/g, '-')}.png`),
      fullPage: true,
    });
    await page?.context().close();
    page = undefined;
  });

  /** Opens a page and listens to everything it complains about or asks for. */
  async function open(name: string, options: BrowserContextOptions = {}): Promise<Page> {
    problems = [];
    requests = [];
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    page = await context.newPage();
    page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(request.url());
    });
    await page.goto(pathToFileURL(join(folder, name)).href);
    return page;
  }

  function expectQuiet(name: string): void {
    expect(problems).toEqual([]);
    expect(requests).toEqual([pathToFileURL(join(folder, name)).href]);
  }

  const column = (on: Page, table: string, index: number) =>
    on.locator(`#${table} tbody tr > :nth-child(${index})`).allInnerTexts();

  it('draws the live chart, asks for nothing and complains about nothing', async () => {
    const on = await open('course.html');
    await on.locator('html[data-chart=live]').waitFor({ state: 'attached' });
    expect(await on.locator('.chart-live canvas').count()).toBe(1);
    expect(await on.locator('.chart-static').isVisible()).toBe(false);
    expect(await on.locator('h1').textContent()).toContain('LUNG-014');
    expectQuiet('course.html');
  });

  it('reads every structure at the dose under the pointer, and names the nearest curve', async () => {
    const on = await open('course.html');
    await on.locator('html[data-chart=live]').waitFor({ state: 'attached' });
    const box = await on.locator('.chart-live canvas').boundingBox();
    if (!box) throw new Error('The chart has no box');
    // Axis from 54 px to 18 px before the right edge, 0 to 70 Gy: 40 Gy, where the target is at 100 %.
    await on.mouse.move(box.x + 54 + ((box.width - 72) * 40) / 70, box.y + 30);
    expect(await on.locator('#at-dose').textContent()).toMatch(/at (39|40)\.\d Gy/);
    expect(await on.locator('[data-at="7"]').textContent()).toBe('100.0 %');
    expect(await on.locator('.chart-tip').textContent()).toMatch(/CTV|PTV_60/);
    await on.getByText('Absolute', { exact: true }).click();
    await on.mouse.move(box.x + 54 + ((box.width - 72) * 20) / 70, box.y + 100);
    expect(await on.locator('[data-at="7"]').textContent()).toBe('113 cm³');
    expectQuiet('course.html');
  });

  it('sorts and filters the metrics', async () => {
    const on = await open('course.html');
    const before = await column(on, 'metrics-table', 1);
    const mean = on.locator('#metrics-table thead button', { hasText: 'Dmean' });
    await mean.click();
    const index =
      1 + (await on.locator('#metrics-table thead th').allInnerTexts()).findIndex((text) => text.includes('Dmean'));
    const ascending = (await column(on, 'metrics-table', index)).map(Number);
    expect(ascending).toEqual([...ascending].sort((a, b) => a - b));
    await mean.click();
    const descending = (await column(on, 'metrics-table', index)).map(Number);
    expect(descending).toEqual([...ascending].reverse());
    expect(await column(on, 'metrics-table', 1)).not.toEqual(before);
    await on.getByLabel('Filter structures').fill('lung');
    expect(await on.locator('#metrics-table tbody tr:visible').count()).toBe(2);
    expect(await on.locator('.filter output').textContent()).toBe('2 of 8');
    expectQuiet('course.html');
  });

  it('switches structures, isodose lines and slices', async () => {
    const on = await open('course.html');
    const visible = (selector: string) => on.locator(`#panels ${selector}:visible`).count();
    const outlines = await visible('.outline');
    expect(outlines).toBeGreaterThan(10);
    await on.locator('[data-roi-toggle="7"]').uncheck();
    expect(await visible('.outline[data-roi="7"]')).toBe(0);
    await on.getByRole('button', { name: 'Targets' }).click();
    expect(await visible('.outline:not([data-roi="6"]):not([data-roi="7"])')).toBe(0);
    expect(await visible('.outline')).toBeGreaterThan(0);
    await on.locator('[data-layer=outlines]').uncheck();
    expect(await visible('.outline')).toBe(0);
    expect(await visible('.iso[data-level="0"]')).toBeGreaterThan(0);
    await on.locator('[data-level-toggle="0"]').uncheck();
    expect(await visible('.iso[data-level="0"]')).toBe(0);
    expect(await visible('.iso[data-level="1"]')).toBeGreaterThan(0);
    const line = on.locator('.cut').first();
    const before = await line.getAttribute('y1');
    await on.locator('#scrub').focus();
    await on.keyboard.press('End');
    expect(await on.locator('#axial-title').textContent()).toBe('Axial, z 90.0 mm');
    expect(await on.locator('[data-slice]:visible').getAttribute('data-slice')).toBe('6');
    expect(await line.getAttribute('y1')).not.toBe(before);
    expectQuiet('course.html');
  });

  it('shows hostile names as text', async () => {
    const on = await open('course.html');
    const shown = await on.locator('[data-roi-row="5"] bdi').textContent();
    expect(shown).toContain("<script>alert('x')</script>");
    expect(shown).toContain('‹U+202E›');
    expect(shown).not.toContain('\u202e');
    expect(await on.content()).not.toContain(HOSTILE_NAME);
    expectQuiet('course.html');
  });

  it('is complete without scripts', async () => {
    const on = await open('course.html', { javaScriptEnabled: false });
    expect(await on.locator('.chart-static svg path').count()).toBeGreaterThan(8);
    expect(await on.locator('.chart-static').isVisible()).toBe(true);
    expect(await on.locator('#panels svg:visible').count()).toBe(3);
    expect(await on.locator('.needs-script:visible').count()).toBe(0);
    expectQuiet('course.html');
  });

  it('prints the still chart on white, whatever the scheme', async () => {
    const on = await open('course.html', { colorScheme: 'dark' });
    await on.locator('html[data-chart=live]').waitFor({ state: 'attached' });
    const dark = await on.evaluate('getComputedStyle(document.body).backgroundColor');
    await on.emulateMedia({ media: 'print' });
    expect(await on.locator('.chart-static').isVisible()).toBe(true);
    expect(await on.locator('.chart-live').isVisible()).toBe(false);
    expect(dark).not.toBe('rgb(255, 255, 255)');
    expect(await on.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expectQuiet('course.html');
  });

  it('says why there are no curves and no pictures', async () => {
    const on = await open('bare.html');
    expect(await on.locator('#curves').textContent()).toContain('No dose belongs to this course.');
    expect(await on.locator('#images').textContent()).toContain('Neither images nor a dose');
    expectQuiet('bare.html');
  });

  it('shows the cohort: sorted by outcome, filtered, with distributions', async () => {
    const on = await open('cohort.html');
    await on.locator('#courses-table thead button', { hasText: 'QC' }).click();
    const outcomes = await column(on, 'courses-table', 3);
    expect(outcomes.slice(0, 2)).toEqual(['Fail', 'Fail']);
    expect(outcomes.at(-1)).toBe('Pass');
    await on.getByLabel('Filter courses').fill('LUNG-013');
    expect(await on.locator('#courses-table tbody tr:visible').count()).toBe(1);
    expect(await on.locator('#courses-table tbody tr:visible a').getAttribute('href')).toBe(
      '../LUNG-13/2024-03/report.html',
    );
    await on.locator('select[data-switches=distribution]').selectOption('Volume (cm³)');
    expect(await on.locator('#distributions svg:visible').getAttribute('aria-label')).toBe('Volume per structure');
    expectQuiet('cohort.html');
  });
});
