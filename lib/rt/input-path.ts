/** How input files are named in results: relative to the DICOM root, so that results do not depend on where it is. */

import { isAbsolute, relative, resolve, sep } from 'node:path';

import { isS3 } from '../runtime/s3.js';

/** The DICOM root without what may be written in two ways: an absolute path, or an address without a slash at its end. */
export function inputRoot(dicomRoot: string): string {
  return isS3(dicomRoot) ? dicomRoot.replace(/\/+$/, '') : resolve(dicomRoot);
}

/** Where an input lies below the DICOM root, with forward slashes. */
export function relativeInput(dicomRoot: string, path: string): string {
  if (!isS3(dicomRoot)) return relative(dicomRoot, path).split(sep).join('/') || '.';
  const below = `${inputRoot(dicomRoot)}/`;
  return path.startsWith(below) ? path.slice(below.length) : path === inputRoot(dicomRoot) ? '.' : path;
}

/** Whether a path, or an address, is a folder's or lies in it. */
export function liesIn(folder: string, path: string): boolean {
  if (isS3(folder) || isS3(path)) return `${path}/`.startsWith(`${inputRoot(folder)}/`);
  const inside = relative(folder, path);
  return !(inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside));
}
