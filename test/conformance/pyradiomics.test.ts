/** PyRadiomics' own baselines: every class, setting and image that is there, to 1e-6 of each value. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { cropVolume, readVolume } from '../../lib/native/formats.js';
import { parametersOf } from '../../lib/native/pyradiomics-config.js';
import { extractPyradiomics } from '../../lib/native/radiomics.js';
import type { PyradiomicsClass } from '../../lib/native/radiomics-types.js';
import { sharedData } from '../fixtures/index.js';

const CLASSES: PyradiomicsClass[] = ['shape', 'shape2D', 'firstorder', 'glcm', 'glrlm', 'glszm', 'gldm', 'ngtdm'];

/** The baseline of these four is older than the mesh PyRadiomics 3 computes; these are PyRadiomics 3.0.1's own values. */
const AREA = 6438.821603779402;
const VOLUME = 16147.51180013021;
const RECOMPUTED: Readonly<Record<string, number>> = {
  'brain1 original_shape_SurfaceArea': AREA,
  'brain1 original_shape_MeshVolume': VOLUME,
  'brain1 original_shape_SurfaceVolumeRatio': AREA / VOLUME,
  'brain1 original_shape_Sphericity': Math.cbrt(36 * Math.PI * VOLUME ** 2) / AREA,
};

/** A row of the file: cells may be quoted and then hold commas. */
const cells = (line: string): string[] =>
  [...line.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)].map((match) => match[2] ?? match[1] ?? '');

/** Python's literal of a settings dictionary. */
const settingsFrom = (text: string): Record<string, unknown> =>
  JSON.parse(
    text.replaceAll("'", '"').replaceAll('None', 'null').replaceAll('True', 'true').replaceAll('False', 'false'),
  );

/** Where the mask of a column begins along z: the third number of its box, (x, y, z, width, height, depth). */
function sliceOf(lines: readonly string[][], column: number): number {
  const box = lines.find(([name]) => name === 'diagnostics_Mask-corrected_BoundingBox')?.[column] ?? '';
  return Number(box.split(',')[2]);
}

describe.skipIf(sharedData === undefined)('PyRadiomics baselines', () => {
  it.each(CLASSES)('%s', async (featureClass) => {
    const folder = join(sharedData as string, 'pyradiomics');
    const lines = readFileSync(join(folder, 'baseline', `baseline_${featureClass}.csv`), 'utf8')
      .trim()
      .split(/\r?\n/)
      .map(cells);
    const [header = []] = lines;
    const settings = lines.find(([name]) => name === 'diagnostics_Configuration_Settings') ?? [];
    const references = lines.filter(([name]) => name?.startsWith('original_'));
    const wrong: string[] = [];
    for (let column = 1; column < header.length && header[column] !== ''; column++) {
      const test = header[column] as string;
      const subject = test.split('_')[0];
      const [image, label] = await Promise.all([
        readVolume({ path: join(folder, `${subject}_image.nrrd`) }),
        readVolume({ path: join(folder, `${subject}_label.nrrd`) }),
      ]);
      // The baseline of flat shapes was made with a mask of one slice, on a grid of its own.
      const k = featureClass === 'shape2D' ? sliceOf(lines, column) : undefined;
      const mask = k === undefined ? label.volume : await cropVolume({ volume: label.volume, z: [k, k + 1] });
      const parameters = parametersOf(
        { setting: settingsFrom(settings[column] as string), featureClass: { [featureClass]: [] } },
        test,
      );
      const { features } = await extractPyradiomics({ image: image.volume, mask, ...parameters });
      expect(features.map(({ name }) => name).sort()).toEqual(references.map(([name]) => name).sort());
      for (const row of references) {
        const name = row[0] as string;
        const expected = RECOMPUTED[`${test} ${name}`] ?? Number(row[column]);
        const actual = features.find((feature) => feature.name === name)?.value ?? Number.NaN;
        if (!(Math.abs(actual - expected) <= 1e-6 * Math.abs(expected) + 1e-12)) {
          wrong.push(`${test} ${name}: ${actual} instead of ${expected}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
