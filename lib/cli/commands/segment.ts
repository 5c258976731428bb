/** isovox segment: labels of an image, by a model folder. */

import { Segmenter } from '../../inference/segmenter.js';
import { readVolume, writeVolume } from '../../native/formats.js';
import { maskFromVolume } from '../../native/masks.js';
import { countingProgress } from '../../rt/log.js';
import { addon } from '../../runtime/addon.js';
import { EXIT } from '../exit.js';
import type { CommonOptions } from '../options.js';
import { commandContext, logged } from './common.js';

export interface SegmentCommandOptions extends CommonOptions {
  readonly model: string;
  readonly image: string[];
  readonly device?: string;
  readonly out: string;
}

export async function segment(options: SegmentCommandOptions): Promise<number> {
  return logged(options, async (log, signal) => {
    const task = { context: commandContext(options), signal };
    const { device } = options;
    const segmenter = await Segmenter.load(options.model, { ...task, ...(device === undefined ? {} : { device }) });
    const { manifest } = segmenter;
    log.info(`${manifest.name}: licence ${manifest.licence}, on ${segmenter.provider}`);
    const images = [];
    for (const path of options.image) images.push((await readVolume({ path }, task)).volume);
    const { labels, notes, tiles, provider } = await segmenter.segment(images, {
      ...task,
      onProgress: countingProgress(log, 'tiles'),
    });
    for (const note of notes) log.warn(note);
    await writeVolume({ volume: labels, path: options.out }, task);
    const found = [];
    for (const { value, name } of manifest.output.labels) {
      if (value === 0) continue;
      const { mask, volumeCc } = await maskFromVolume({ volume: labels, label: value }, task);
      addon().dispose(mask);
      found.push({ value, name, volumeCc });
    }
    log.close();
    segmenter.dispose();
    if (options.json) {
      const document = { model: manifest.name, licence: manifest.licence, provider, tiles, notes, labels: found };
      process.stdout.write(`${JSON.stringify({ ...document, out: options.out })}\n`);
    } else if (!options.quiet) {
      for (const { value, name, volumeCc } of found)
        process.stderr.write(`${String(value).padStart(5)}  ${name}: ${volumeCc.toFixed(2)} cc\n`);
    }
    return EXIT.done;
  });
}
