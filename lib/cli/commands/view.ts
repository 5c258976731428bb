/** isovox view: courses of an output folder, or one volume, in the browser of this machine. */

import { once } from 'node:events';

import { openViewer } from '../../viewer/index.js';
import { EXIT } from '../exit.js';
import { openInBrowser } from '../open-browser.js';
import type { CommonOptions } from '../options.js';
import { commandContext, logged } from './common.js';

export interface ViewOptions extends CommonOptions {
  readonly port: number;
  readonly open: boolean;
}

export async function view(args: readonly string[], options: ViewOptions): Promise<number> {
  return logged(options, async (log, signal) => {
    const viewer = await openViewer(args[0] as string, options.port, { context: commandContext(options) });
    try {
      const { url, port, courses } = viewer;
      if (options.json) process.stdout.write(`${JSON.stringify({ url, port, courses })}\n`);
      else process.stdout.write(`${url}\n`);
      if (options.open && process.stdout.isTTY) await openInBrowser(url);
      log.info('served to this machine only; Ctrl-C ends it');
      if (!signal.aborted) await once(signal, 'abort');
      return EXIT.done;
    } finally {
      await viewer.close();
    }
  });
}
