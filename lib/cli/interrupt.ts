/** Ctrl-C: the first asks the work to stop, the second ends the process at once. Both leave a run that can go on. */

import { setMaxListeners } from 'node:events';

import { IsovoxError } from '../errors.js';
import { EXIT } from './exit.js';

/** Calls `work` with a signal that SIGINT and SIGTERM abort. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // every task of a run listens to it
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nstopping; press again to stop at once\n');
    controller.abort(new IsovoxError('ERR_CANCELLED', 'Interrupted'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
