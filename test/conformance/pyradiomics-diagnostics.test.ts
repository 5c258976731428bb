/** The diagnostics columns of PyRadiomics: in its order, hashes and counts alike, numbers to 1e-6 of each value. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readVolume } from '../../lib/native/formats.js';
import { parametersOf } from '../../lib/native/pyradiomics-config.js';
import { extractPyradiomics } from '../../lib/native/radiomics.js';
import type { DiagnosticValue } from '../../lib/native/radiomics-types.js';
import { sharedData } from '../fixtures/index.js';

/** As in test/oracles/pyradiomics_diagnostics.py. */
const CASES: Readonly<Record<string, readonly [string, Record<string, unknown>]>> = {
  plain: ['brain1', {}],
  resampled: ['breast1', { resampledPixelSpacing: [1.5, 1.5, 3], normalize: true, normalizeScale: 100 }],
  resegmented: ['brain1', { resegmentRange: [600, 900] }],
  'resegmented after resampling': [
    'brain1',
    { resampledPixelSpacing: [2, 2, 0], resegmentRange: [600, 900], padDistance: 3 },
  ],
};

const golden = readFileSync(resolve(import.meta.dirname, '../golden/pyradiomics-diagnostics.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => line.split(','));

function agree(actual: DiagnosticValue | undefined, expected: string): boolean {
  if (typeof actual === 'string') return actual === expected;
  const numbers = expected.split(' ').map(Number);
  const ours = Array.isArray(actual) ? actual : [actual ?? Number.NaN];
  return (
    ours.length === numbers.length &&
    numbers.every((value, n) => Math.abs((ours[n] as number) - value) <= 1e-6 * Math.abs(value) + 1e-9)
  );
}

describe.skipIf(sharedData === undefined)('diagnostics of PyRadiomics', () => {
  it.each(Object.entries(CASES))('%s', async (test, [subject, setting]) => {
    const folder = join(sharedData as string, 'pyradiomics');
    const [image, mask] = await Promise.all([
      readVolume({ path: join(folder, `${subject}_image.nrrd`) }),
      readVolume({ path: join(folder, `${subject}_label.nrrd`) }),
    ]);
    const { settings, diagnostics: asked } = parametersOf(
      { setting: { additionalInfo: true, ...setting }, featureClass: { firstorder: [] } },
      test,
    );
    const { diagnostics = [] } = await extractPyradiomics({
      image: image.volume,
      mask: mask.volume,
      settings,
      diagnostics: asked ?? false,
    });
    const expected = golden.filter(([name]) => name === test);
    const ofData = diagnostics.filter(([name]) => !/_(Versions|Configuration)_/.test(name));
    expect(ofData.map(([name]) => name)).toEqual(expected.map(([, name]) => name));
    const wrong = expected
      .filter(([, , value = ''], n) => !agree(ofData[n]?.[1], value))
      .map(([, name, value], n) => `${name}: ${ofData[n]?.[1]} instead of ${value}`);
    expect(wrong).toEqual([]);
  });
});
