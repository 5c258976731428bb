/** isovox view in a real browser: pictures by software WebGL, lines where they belong, nothing asked of the network. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { writePhantom } from '../../lib/phantom/patient.js';
import { temporaryFolder } from '../fixtures/index.js';

const CHROMIUM = process.env.ISOVOX_CHROMIUM ?? '/usr/bin/chromium';
const isInstalled = existsSync(CHROMIUM);
if (!isInstalled) {
  console.log(`Skipped: the viewer in a browser, because ${CHROMIUM} is not there (apt-get install chromium)`);
}

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const folder = temporaryFolder();
const screenshots = process.env.ISOVOX_KEEP_SCREENSHOTS ?? folder;

describe.skipIf(!isInstalled)('the viewer in a browser', { timeout: 300_000 }, () => {
  let browser: Browser;
  let viewer: ChildProcess;
  let url: string;
  const problems: string[] = [];
  let desktop: Page;

  beforeAll(async () => {
    const dicomRoot = join(folder, 'phantom');
    mkdirSync(dicomRoot);
    await writePhantom(dicomRoot);
    const outdir = join(folder, 'out');
    const stages = ['--stages', 'organize,dvh,qc,report'];
    const run = spawn(process.execPath, [
      main,
      'run',
      '--dicom-root',
      dicomRoot,
      '--outdir',
      outdir,
      ...stages,
      '--quiet',
    ]);
    expect((await once(run, 'exit'))[0]).toBe(0);
    viewer = spawn(process.execPath, [main, 'view', outdir, '--json', '--quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(viewer.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    ({ url } = JSON.parse(line.toString()));
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
    });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    if (viewer?.exitCode !== null) return;
    viewer.kill('SIGINT');
    // Ctrl-C is how it ends, and is no failure.
    expect((await once(viewer, 'exit'))[0]).toBe(0);
  });

  /** Opens the course and waits until every voxel has come and lines are drawn. */
  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !/^(data|blob):/.test(asked)) problems.push(`asked for ${asked}`);
    });
    await page.goto(url);
    await page.getByRole('link', { name: '2024-01' }).click();
    await page.locator('html[data-viewer=complete]').waitFor({ state: 'attached', timeout: 240_000 });
    await vi.waitFor(async () => expect(await lit(page, 'lines')).toBeGreaterThan(500), { timeout: 60_000 });
    return page;
  }

  /** Pixels of a canvas that are not black or clear. */
  function lit(on: Page, id: string): Promise<number> {
    return on.evaluate(`(() => {
      const source = document.getElementById('${id}');
      const copy = document.createElement('canvas');
      [copy.width, copy.height] = [source.width, source.height];
      const context = copy.getContext('2d');
      context.drawImage(source, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] > 60) count++;
      return count;
    })()`);
  }

  const shoot = (on: Page, name: string, fullPage = false) =>
    on.screenshot({ path: join(screenshots, `viewer-${name}.png`), fullPage });

  // One page for all that is done on a wide screen: to open it takes longest.
  beforeAll(async () => {
    desktop = await open();
    await desktop.locator('html[data-chart=live]').waitFor({ state: 'attached' });
  }, 300_000);

  beforeEach(async () => {
    await desktop.getByRole('button', { name: 'All' }).click();
    await desktop.locator('#show-isodoses').check();
  });

  it('shows image, dose, structures and curves, and reads the place under the crosshair', async () => {
    const on = desktop;
    // It looks at the middle of the target first. The phantom's dose is 40 Gy there and grows by 0.3 Gy/mm along y.
    const readAt = async () => {
      const number = (text: string | null) => Number((text ?? '').replace('−', '-'));
      const [, y] = ((await on.locator('#at-mm').textContent()) ?? '').split(', ');
      const dose = (await on.locator('#at-gy').textContent()) ?? '';
      return { y: number(y ?? null), gy: number(dose.split(' ')[0] ?? null) };
    };
    const middle = await readAt();
    expect(Math.abs(middle.y)).toBeLessThan(2);
    expect(Math.abs(middle.gy - (40 + 0.3 * middle.y))).toBeLessThan(0.01);
    expect(await on.locator('#at-value').textContent()).toMatch(/^\d+ HU$/);
    expect(await on.locator('#at-mm').textContent()).toMatch(/^−?[01]\.\d, −?[01]\.\d, −?[01]\.\d mm$/);
    const box = await on.locator('#gl').boundingBox();
    if (!box) throw new Error('The pictures have no box');
    await on.mouse.click(box.x + box.width * 0.2, box.y + box.height * 0.62);
    await expect.poll(async () => (await readAt()).y).toBeGreaterThan(10);
    const below = await readAt();
    expect(Math.abs(below.gy - (40 + 0.3 * below.y))).toBeLessThan(0.01);
    await on.getByRole('button', { name: 'Reset view' }).click();
    // A screen of one colour would pack into much less.
    expect((await shoot(on, 'light')).byteLength).toBeGreaterThan(40_000);
    expect(problems).toEqual([]);
  });

  it('structures, lines and slices are switched', async () => {
    const on = desktop;
    const before = await lit(on, 'lines');
    await on.getByRole('button', { name: 'None' }).click();
    await expect.poll(() => lit(on, 'lines')).toBeLessThan(before);
    const isodosesOnly = await lit(on, 'lines');
    await on.locator('#show-isodoses').uncheck();
    await expect.poll(() => lit(on, 'lines')).toBeLessThan(isodosesOnly);
    await on.getByRole('button', { name: 'All' }).click();
    await on.getByText('Axial', { exact: true }).first().click();
    const z = await on.locator('#at-mm').textContent();
    await on.locator('#gl').focus();
    await on.keyboard.press('ArrowUp');
    await expect.poll(() => on.locator('#at-mm').textContent()).not.toBe(z);
    await on.getByText('All', { exact: true }).first().click();
    expect(problems).toEqual([]);
  });

  it('a click on the chart shows that dose on the pictures', async () => {
    const on = desktop;
    await on.locator('#show-isodoses').uncheck();
    await on.getByRole('button', { name: 'None' }).click();
    const before = await lit(on, 'lines');
    const box = await on.locator('.chart-live canvas').boundingBox();
    if (!box) throw new Error('The chart has no box');
    await on.mouse.move(box.x + box.width * 0.6, box.y + 60);
    await on.mouse.click(box.x + box.width * 0.6, box.y + 60);
    await expect.poll(() => on.locator('.levels .probe').textContent()).toMatch(/White line: [34]\d\.\d Gy/);
    await expect.poll(() => lit(on, 'lines'), { timeout: 60_000 }).toBeGreaterThan(before);
    await on.getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => lit(on, 'lines')).toBeLessThanOrEqual(before);
    expect(problems).toEqual([]);
  });

  it('in the dark, on a phone: one plane, nothing wider than the screen', async () => {
    const on = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', deviceScaleFactor: 2 });
    expect(await on.locator('input[name=planes][value=axial]').isChecked()).toBe(true);
    expect(await on.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await on.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(19, 24, 27)');
    await shoot(on, 'phone', true);
    expect(problems).toEqual([]);
  });
});
