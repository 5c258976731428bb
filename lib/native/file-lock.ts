/** One holder of a file at a time, across processes and machines that share the file system. */

import { addon } from '../runtime/addon.js';
import { submit } from '../runtime/task.js';

export interface FileHold {
  /** Lets go; a second call does nothing. The end of the process lets go too, however it ends. */
  release(): void;
}

/**
 * Holds `path`, made when it is not there; undefined while another does. ERR_IO when the system refuses. Who holds it may
 * remove it.
 */
export async function holdFile(path: string): Promise<FileHold | undefined> {
  const handle = await submit('holdFile', { path });
  return handle === null ? undefined : { release: () => addon().dispose(handle) };
}
