/** Volumes, structures and doses in the browser of this machine. */

import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

import { asIsovoxError, IsovoxError } from '../errors.js';
import { loadRunConfig } from '../rt/load-config.js';
import { isS3 } from '../runtime/s3.js';
import type { SubmitOptions } from '../runtime/task.js';
import { findCourses } from './courses.js';
import { courseScene, fileScene } from './scene.js';
import { serveViewer, type Viewer } from './server.js';

export type { Viewer } from './server.js';

export interface OpenViewer extends Viewer {
  readonly courses: number;
}

/**
 * Serves `path`: an output folder with its courses, or one volume: a file of any readable format, a folder of DICOM
 * slices, an object. ERR_NOT_FOUND when nothing is there, ERR_IO when the port is taken.
 */
export async function openViewer(path: string, port: number, task: SubmitOptions): Promise<OpenViewer> {
  const courses = isS3(path) || !(await isFolder(path)) ? [] : await findCourses(resolve(path));
  if (courses.length > 0) {
    const config = await loadRunConfig(undefined);
    const viewer = await serveViewer({
      courses,
      count: courses.length,
      outdir: resolve(path),
      port,
      task,
      open: (index, options) => {
        const entry = courses[index];
        if (!entry) throw new IsovoxError('ERR_NOT_FOUND', 'No such course');
        return courseScene(entry, config, options);
      },
    });
    return { ...viewer, courses: courses.length };
  }
  // Read before the browser is opened: what is wrong with the file is said here.
  const scene = await fileScene(path, basename(path), task);
  const viewer = await serveViewer({ courses: [], count: 1, port, task, open: async () => scene });
  return { ...viewer, courses: 0 };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    throw asIsovoxError(thrown);
  }
}
