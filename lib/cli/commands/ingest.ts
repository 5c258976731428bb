/** isovox ingest: images into a cohort. */

import { Cohort } from '../../cohort/index.js';
import { getConfig } from '../../config/resolve.js';
import { invalidArgument } from '../../errors.js';
import type { GapsOption } from '../../native/dicom-types.js';
import { Context } from '../../runtime/context.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { callProgress } from './common.js';

export interface IngestCommandOptions extends CommonOptions {
  readonly images: readonly string[];
  readonly store: string;
  readonly validateAlignment?: boolean;
  readonly gaps?: GapsOption;
}

export async function ingest(options: IngestCommandOptions): Promise<number> {
  const images: Record<string, string | [string, string][]> = {};
  for (const text of options.images) {
    const at = text.indexOf('=');
    if (at < 1) throw invalidArgument('--images', 'NAME=GLOB', text);
    images[text.slice(0, at)] = text.slice(at + 1);
  }
  const config = getConfig();
  const maxWorkers = options.workers ?? config.read.maxWorkers;
  const context = new Context({ ...config, read: { ...config.read, maxWorkers } });
  return interruptible(async (signal) => {
    const begun = performance.now();
    const progress = await callProgress('ingest', options);
    const { cohort, report } = await Cohort.ingest(options.store, images, {
      context,
      signal,
      validateAlignment: options.validateAlignment ?? false,
      ...(options.gaps === undefined ? {} : { gaps: options.gaps }),
      onProgress: progress.update,
    }).finally(progress.end);
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ store: options.store, volumes: cohort.length, ...report })}\n`);
    } else {
      for (const { path, code, message } of report.findings) process.stderr.write(`${path}: ${message} (${code})\n`);
      for (const { path, code, reason } of report.failed) process.stderr.write(`${path}: ${code}: ${reason}\n`);
      if (!options.quiet) {
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        process.stderr.write(
          `${report.added} volumes added, ${report.kept} were there, ${report.failed.length} failed, in ${seconds} s\n`,
        );
      }
    }
    return report.failed.length > 0 ? EXIT.someFailed : EXIT.done;
  });
}
