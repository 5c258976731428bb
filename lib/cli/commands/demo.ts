/** isovox demo: a phantom patient through the main job, its numbers beside the closed form. */

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { writePhantom } from '../../phantom/patient.js';
import { expectedDose } from '../../phantom/shapes.js';
import { loadRunConfig } from '../../rt/load-config.js';
import { readJson } from '../../rt/read-json.js';
import { runPipeline } from '../../rt/run.js';
import type { Row } from '../../table/table.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import { createLog } from '../log.js';
import { openInBrowser } from '../open-browser.js';
import type { CommonOptions } from '../options.js';

/** What the demo promises: within 1 %, or 0.1 Gy, of the closed form. */
const RELATIVE = 0.01;
const ABSOLUTE_GY = 0.1;

export async function demo(options: CommonOptions & { outdir: string; open: boolean }): Promise<number> {
  const log = await createLog({ json: options.jsonLogs, quiet: options.quiet, verbose: options.verbose });
  return interruptible(async (signal) => {
    const dicomRoot = join(options.outdir, 'phantom');
    const outdir = join(options.outdir, 'results');
    await mkdir(dicomRoot, { recursive: true });
    const phantom = await writePhantom(dicomRoot, {}, { signal });
    log.info(`phantom patient written to ${dicomRoot}`);
    const summary = await runPipeline({
      dicomRoot,
      outdir,
      config: await loadRunConfig(undefined),
      signal,
      log,
      ...(options.workers === undefined ? {} : { workers: options.workers }),
    });
    log.close();
    const [result] = summary.results;
    const rows = (result && (await readJson<Row[]>(join(result.folder, 'dvh_metrics.json')))) ?? [];
    const compared = phantom.shapes.map((shape) => {
      const expected = expectedDose(shape, phantom.dose);
      const row = rows.find((one) => one.ROI_Name === shape.name) ?? {};
      const pair = (column: string, value: number) => ({
        column,
        expected: value,
        measured: Number(row[column] ?? Number.NaN),
      });
      return {
        roi: shape.name,
        values: [
          pair('Volume (cm³)', expected.volumeCc),
          pair('DmeanGy', expected.meanGy),
          pair('D98Gy', expected.dx(98)),
          pair('D50Gy', expected.dx(50)),
          pair('D2Gy', expected.dx(2)),
        ],
      };
    });
    const wrong = compared.flatMap(({ roi, values }) =>
      values
        .filter(({ column, expected, measured }) => {
          const limit = Math.max(RELATIVE * expected, column.startsWith('Volume') ? 0 : ABSOLUTE_GY);
          return !(Math.abs(measured - expected) <= limit);
        })
        .map(({ column }) => `${roi} ${column}`),
    );
    const reportUrl = pathToFileURL(summary.tables.report).href;
    if (options.json) process.stdout.write(`${JSON.stringify({ compared, wrong, report: summary.tables.report })}\n`);
    else printTable(compared, wrong, reportUrl, summary.tables.folder);
    if (options.open && !options.json && process.stdout.isTTY) await openInBrowser(reportUrl);
    return wrong.length === 0 && summary.failures.length === 0 ? EXIT.done : EXIT.someFailed;
  });
}

interface Compared {
  readonly roi: string;
  readonly values: ReadonlyArray<{ column: string; expected: number; measured: number }>;
}

function printTable(compared: readonly Compared[], wrong: readonly string[], report: string, folder: string): void {
  const cells = compared.map(({ roi, values }) => [
    roi,
    ...values.map(({ expected, measured }) => `${measured.toFixed(2)} (${expected.toFixed(2)})`),
  ]);
  const head = ['structure', ...(compared[0]?.values.map(({ column }) => column.replace('Gy', ' Gy')) ?? [])];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  process.stdout.write(`\nmeasured (closed form)\n${line(head)}\n${cells.map(line).join('\n')}\n\n`);
  process.stdout.write(
    wrong.length === 0
      ? `All within ${RELATIVE * 100} % or ${ABSOLUTE_GY} Gy of the closed form.\n`
      : `Off by more than ${RELATIVE * 100} % and ${ABSOLUTE_GY} Gy: ${wrong.join(', ')}\n`,
  );
  process.stdout.write(
    `tables: ${folder}\nreport: ${report}\nlook at it slice by slice: isovox view ${dirname(folder)}\n`,
  );
}
