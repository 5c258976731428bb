/**
 * Settings, manifests and lists that people and other programs write: whatever the text is, the answer is a value or an error
 * with a code, soon. Texts are mutants of sound ones: pieces taken out, doubled, swapped, replaced by what parsers stumble over.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Cohort } from '../../../lib/cohort/index.js';
import { loadTransforms } from '../../../lib/dataloader/transforms-file.js';
import { IsovoxError } from '../../../lib/errors.js';
import { parseManifest } from '../../../lib/inference/manifest.js';
import { loadFilterConfig } from '../../../lib/native/filter-config.js';
import { loadPyradiomicsParameters } from '../../../lib/native/pyradiomics-config.js';
import { loadConstraintSheets } from '../../../lib/rt/constraints.js';
import { loadDerivedStructures } from '../../../lib/rt/derived-structures.js';
import { loadRunConfig } from '../../../lib/rt/load-config.js';
import { readPlan } from '../../../lib/rt/plan.js';
import { Pseudonyms } from '../../../lib/rt/pseudonyms.js';
import { temporaryFolder } from '../../fixtures/index.js';

const folder = temporaryFolder();
const TIMES = 400;

const RUN = `organize:
  maxDays: 90
  copyImages: true
dvh:
  prescriptionGy: 60
  constraints: [quantec]
radiomics: { enabled: true }
output:
  xlsx: false
`;
const SHEET = `name: test
source: a paper
constraints:
  - structure: "SpinalCord*"
    metric: D0.03cc
    limit: "< 45 Gy"
`;
const DERIVED = `structures:
  - name: PTV_ring
    subtract: [{ margin: [10, 10, 10], of: PTV }, PTV]
`;
const PYRADIOMICS = `imageType:
  Original: {}
  LoG: { sigma: [1.0, 3.0] }
featureClass:
  firstorder:
setting:
  binWidth: 25
  resampledPixelSpacing: [1, 1, 1]
`;
const FILTER = `filter:
  type: log
  sigma_mm: 3
  boundary: mirror
`;
const TRANSFORMS = `- flip: { axes: [x] }
- noise: { sigma: 10 }
`;
const MANIFEST = JSON.stringify({
  name: 'a model',
  version: 1,
  models: [{ file: 'model.onnx', sha256: 'ab'.repeat(32) }],
  input: { channels: [{ name: 'CT' }], spacingMm: [1, 1, 1] },
  window: { patch: [64, 64, 64], overlap: 0.5 },
  output: { labels: [{ value: 1, name: 'liver' }] },
});
const INDEX = JSON.stringify({
  version: 1,
  subjects: [{ subject_id: 'a' }],
  volumes: [{ obs_id: 'a_ct', size: [1, 2, 3] }],
});

/** Each reads a file of its name. */
const readers: ReadonlyArray<
  readonly [name: string, sound: string, read: (path: string, text: string) => Promise<unknown>]
> = [
  ['run.yaml', RUN, (path) => loadRunConfig(path)],
  ['sheet.yaml', SHEET, (path) => loadConstraintSheets([path], folder)],
  ['derived.yaml', DERIVED, (path) => loadDerivedStructures(path)],
  ['pyradiomics.yaml', PYRADIOMICS, (path) => loadPyradiomicsParameters(path)],
  ['filter.yaml', FILTER, (path) => loadFilterConfig(path)],
  ['transforms.yaml', TRANSFORMS, (path) => loadTransforms(path)],
  ['manifest.json', MANIFEST, async (path, text) => parseManifest(text, path)],
  ['index.json', INDEX, () => Cohort.open(join(folder, 'index.json-folder'))],
  [
    'pseudonyms.json',
    JSON.stringify({ version: 1, key: '0'.repeat(64), patients: {} }),
    (path) => Pseudonyms.open(path),
  ],
  [
    'plan.json',
    JSON.stringify({ isovox: '0.1.0', courses: ['a/b'] }),
    () => readPlan(join(folder, 'plan.json-folder')),
  ],
];

/** What parsers of YAML and JSON stumble over. */
const STUMBLES = [
  '\u0000',
  '\ufeff',
  '\r',
  '\t',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '&a ',
  '*a',
  '<<: *a',
  '!!js/function ',
  '!!binary ',
  '%YAML 9.9\n',
  '---\n',
  '...',
  '|',
  '>',
  '? ',
  '__proto__: ',
  'constructor: ',
  '1e999',
  '-0',
  '.nan',
  '.inf',
  '0x7fffffffffffffff',
  'null',
  '~',
  '2026-11-21',
  'NaN',
  '\ud800',
  '💥',
  'a'.repeat(5000),
  '['.repeat(2000),
  '{"a":'.repeat(500),
  '&a [*a,*a,*a,*a]',
];

const mutant = (sound: string) =>
  fc
    .array(
      fc.record({
        at: fc.nat(sound.length),
        length: fc.nat(40),
        kind: fc.constantFrom('cut', 'double', 'stumble', 'text', 'move'),
        stumble: fc.constantFrom(...STUMBLES),
        text: fc.string({ maxLength: 20, unit: 'binary' }),
        to: fc.nat(sound.length),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((steps) =>
      steps.reduce((text, { at, length, kind, stumble, text: other, to }) => {
        const [before, piece, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)];
        switch (kind) {
          case 'cut':
            return before + after;
          case 'double':
            return before + piece + piece + after;
          case 'stumble':
            return before + stumble + piece + after;
          case 'text':
            return before + other + after;
          default: {
            const rest = before + after;
            return rest.slice(0, to) + piece + rest.slice(to);
          }
        }
      }, sound),
    );

describe.each(readers)('%s', (name, sound, read) => {
  const path = join(folder, name);

  async function readText(text: string): Promise<unknown> {
    writeFileSync(path, text);
    if (name === 'index.json' || name === 'plan.json') {
      const inside = join(folder, `${name}-folder`, name === 'plan.json' ? '.isovox' : '');
      mkdirSync(inside, { recursive: true });
      writeFileSync(join(inside, name), text);
    }
    return read(path, text);
  }

  it(`${TIMES} mutants: a value, or an error with a code and no stack of ours`, async () => {
    await fc.assert(
      fc.asyncProperty(mutant(sound), async (text) => {
        try {
          await readText(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(IsovoxError);
          expect((thrown as IsovoxError).code).not.toBe('ERR_INTERNAL');
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
      { numRuns: TIMES, seed: 20261121 },
    );
  });

  it('nothing grows without bound: aliases of aliases, deep nesting, a long line', async () => {
    const laughs = Array.from({ length: 12 }, (_, n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(9).slice(0, -1)}]`);
    for (const text of [
      `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${laughs.slice(1).join('\n')}\n`,
      '['.repeat(100_000),
      `{"a":${'{"a":'.repeat(20_000)}`,
      `"${'x'.repeat(1_000_000)}"`,
    ]) {
      await readText(text).then(
        () => undefined,
        (thrown) => {
          expect(thrown).toBeInstanceOf(IsovoxError);
          expect((thrown as IsovoxError).code).not.toBe('ERR_INTERNAL');
        },
      );
    }
  });
});
