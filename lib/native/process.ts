/** What only the system can do for a process. */

import { addon } from '../runtime/addon.js';

/** Asks the system to kill this process when the one that started it ends; false where it cannot. */
export function dieWithParent(): boolean {
  return addon().dieWithParent();
}
