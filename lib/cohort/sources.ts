/** Where images come from: globs, folders, lists of paths; who is shown, and what each volume is called. */

import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { asIsovoxError, IsovoxError, invalidArgument } from '../errors.js';
import { headObject, listObjects } from '../native/objects.js';
import type { Context } from '../runtime/context.js';
import { isS3 } from '../runtime/s3.js';

/** A glob (`scans/*_ct.nii.gz`, `**`), a folder of images, the same below `s3://`, or paths with their subjects. */
export type ImageSource = string | readonly (readonly [path: string, subject: string])[];

export interface SourceItem {
  readonly collection: string;
  readonly subject: string;
  readonly obsId: string;
  readonly path: string;
}

const EXTENSIONS = /\.(nii|nii\.gz|nrrd|nhdr|mha|mhd|npy|zarr|hdr|hdr\.gz)$/i;

export async function listSources(collection: string, source: ImageSource, context?: Context): Promise<SourceItem[]> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(collection)) {
    throw invalidArgument('images', 'names of letters, digits, dot, dash and underscore', collection);
  }
  const pairs =
    typeof source === 'string'
      ? (await (isS3(source) ? expandObjects(source, context) : expand(source))).map(
          (path): readonly [string, string] => [path, subjectOf(path)],
        )
      : source;
  if (pairs.length === 0) {
    throw new IsovoxError('ERR_NOT_FOUND', `Nothing matches ${String(source)}`, { path: String(source) });
  }
  const seen = new Map<string, number>();
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([path, subject]) => {
      const nth = (seen.get(subject) ?? 0) + 1;
      seen.set(subject, nth);
      const obsId = `${safe(subject)}_${collection}${nth > 1 ? `_acq-${nth}` : ''}`;
      return { collection, subject, obsId, path: isS3(path) ? path : resolve(path) };
    });
}

/** `sub-01` where the path has it (BIDS), else the name of the file without its extension, or of the folder. */
export function subjectOf(path: string): string {
  const bids = /(?:^|[/_])(sub-[A-Za-z0-9]+)/.exec(path);
  return bids?.[1] ?? basename(path).replace(EXTENSIONS, '');
}

/** A file name; names that had to be changed carry a digest, so that two of them stay two. */
function safe(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  return clean === name ? clean : `${clean}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

async function expand(source: string): Promise<string[]> {
  if (/[*?]/.test(source)) return glob(source);
  try {
    if (!(await stat(source)).isDirectory()) return [source];
    const entries = await readdir(source, { withFileTypes: true });
    const named = entries.filter((entry) => EXTENSIONS.test(entry.name)).map((entry) => join(source, entry.name));
    if (named.length > 0) return named.filter((path) => !isPartner(path));
    // No file of a known name: each folder is a DICOM series.
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(source, entry.name));
    return folders.length > 0 ? folders : [source];
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}

const isPartner = (path: string): boolean => /\.img(\.gz)?$/i.test(path);

async function glob(pattern: string): Promise<string[]> {
  const full = resolve(pattern);
  const fixed = full.slice(0, full.search(/[*?]/));
  const root = fixed.endsWith(sep) ? fixed : dirname(fixed);
  const expression = expressionOf(relative(root, full).split(sep));
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => expression.test(relative(root, path).split(sep).join('/')));
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}

/** What a pattern's parts, between slashes, match. */
function expressionOf(parts: readonly string[]): RegExp {
  const text = parts.map((part) =>
    part === '**'
      ? '(?:[^/]+/)*'
      : `${part
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replace(/\*/g, '[^/]*')
          .replace(/\?/g, '[^/]')}/`,
  );
  return new RegExp(`^${text.join('').replace(/\/$/, '')}$`);
}

/** Objects that match a glob; the images below a prefix; or the one object of that name. */
async function expandObjects(source: string, context: Context | undefined): Promise<string[]> {
  const [, , bucket = '', ...parts] = source.split('/');
  const wild = parts.findIndex((part) => /[*?]/.test(part));
  const under = (key: string): string => `s3://${bucket}/${key}`;
  if (wild >= 0) {
    const fixed = parts
      .slice(0, wild)
      .map((part) => `${part}/`)
      .join('');
    const { objects } = await listObjects(under(fixed), { context });
    const expression = expressionOf(parts.slice(wild));
    return objects
      .map(({ key }) => key)
      .filter((key) => expression.test(key.slice(fixed.length)))
      .map(under);
  }
  const key = parts.join('/').replace(/\/+$/, '');
  const { objects, prefixes } = await listObjects(under(key === '' ? '' : `${key}/`), { context, delimiter: '/' });
  const images = objects.filter((object) => EXTENSIONS.test(object.key) && !isPartner(object.key));
  if (images.length > 0) return images.map((object) => under(object.key));
  // As of folders: no object of a known name, so each prefix is a DICOM series.
  if (prefixes.length > 0) return prefixes.map((prefix) => under(prefix.replace(/\/$/, '')));
  if (objects.every(({ size }) => size === 0)) await headObject(under(key), { context });
  return [under(key)];
}
