/** How input files are named in results: relative to the DICOM root, so that results do not depend on the machine. */

import { relative, sep } from 'node:path';

/** Where an input lies below the DICOM root, with forward slashes. */
export function relativeInput(dicomRoot: string, path: string): string {
  return relative(dicomRoot, path).split(sep).join('/') || '.';
}
