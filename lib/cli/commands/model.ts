/** isovox model check DIR, isovox model schema. */

import { IsovoxError } from '../../errors.js';
import { manifestJsonSchema } from '../../inference/manifest.js';
import { findModelFolders } from '../../inference/model-folder.js';
import { Segmenter } from '../../inference/segmenter.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../options.js';
import { commandContext } from './common.js';

export interface ModelCommandOptions extends CommonOptions {
  readonly device?: string;
}

export async function model([action, folder]: string[], options: ModelCommandOptions): Promise<number> {
  if (action === 'schema') {
    process.stdout.write(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
    return EXIT.done;
  }
  if (action !== 'check' || folder === undefined) {
    throw new IsovoxError(
      'ERR_INVALID_ARGUMENT',
      `Expected "model check DIR" or "model schema" but received "model ${[action, folder].join(' ').trim()}"`,
      { name: 'action', expected: 'check DIR, schema', actual: String(action) },
    );
  }
  return interruptible(async (signal) => {
    const checked = [];
    for (const at of await findModelFolders(folder)) {
      const { device } = options;
      const task = { context: commandContext(options), signal };
      const segmenter = await Segmenter.load(at, { ...task, ...(device === undefined ? {} : { device }) });
      const { manifest, provider, note, onnxRuntime } = segmenter;
      segmenter.dispose();
      checked.push({ folder: at.folder, manifest, provider, note, onnxRuntime });
    }
    if (options.json) process.stdout.write(`${JSON.stringify(checked)}\n`);
    else for (const one of checked) process.stdout.write(describe(one));
    return EXIT.done;
  });
}

function describe(one: {
  folder: string;
  manifest: Segmenter['manifest'];
  provider: string;
  note: string;
  onnxRuntime: string;
}): string {
  const { manifest } = one;
  const { input, window, output } = manifest;
  const rows = [
    ['licence', manifest.licence],
    ['citation', manifest.citation],
    ['takes', `${manifest.modality}: ${input.channels.map(({ name }) => name).join(', ')}`],
    ['spacing', input.spacingMm ? `${input.spacingMm.join(' x ')} mm` : 'as stored'],
    ['patch', `${window.patch.join(' x ')}, overlap ${window.overlap}`],
    ['networks', `${manifest.models.length}, checksums right`],
    ['labels', output.labels.map(({ name }) => name).join(', ')],
    ['runs on', `${one.provider}${one.note === '' ? '' : ` (${one.note})`}, ONNX Runtime ${one.onnxRuntime}`],
  ].filter(([, value]) => value !== '');
  return `${manifest.name}: ${one.folder}\n${rows.map(([key, value]) => `  ${key?.padEnd(9)} ${value}\n`).join('')}`;
}
