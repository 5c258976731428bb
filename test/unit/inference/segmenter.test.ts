/**
 * Model folders on volumes. The networks are one 1x1x1 convolution, so that every voxel's label follows from its own
 * value: what the window, the way to the model's lattice and the way back must not change.
 */

import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { manifestJsonSchema, parseManifest } from '../../../lib/inference/manifest.js';
import { findModelFolders } from '../../../lib/inference/model-folder.js';
import { Segmenter, shareThreads } from '../../../lib/inference/segmenter.js';
import { makeVolume } from '../../../lib/native/dicom.js';
import { describeVolume, viewVolume } from '../../../lib/native/volume.js';
import { temporaryFolder } from '../../fixtures/index.js';
import { writeModelFolder } from '../../fixtures/model-folder.js';
import { bandModel, constant, model, node, value } from '../../fixtures/onnx.js';

const root = temporaryFolder();
const cpu = { device: 'cpu', threads: 2 };
let folders = 0;
const newFolder = (): string => join(root, `model-${folders++}`);

/** Label 1 where the value is above 10, label 2 above 20. */
const BANDS = bandModel([
  [0, 0],
  [1, -10],
  [2, -30],
]);
const LABELS = ['background', 'low', 'high'];

type Triple = [number, number, number];
const image = (size: Triple, draw: (i: number, j: number, k: number) => number, more: object = {}) => {
  const data = new Float32Array(size[0] * size[1] * size[2]);
  for (let n = 0, k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) data[n++] = draw(i, j, k);
  return makeVolume({
    grid: { size, spacing: [1, 1, 1], origin: [0, 0, 0], ...more },
    dtype: 'float32',
    data,
  });
};
const bandOf = (x: number): number => (x > 20 ? 2 : x > 10 ? 1 : 0);
const wave = (i: number, j: number, k: number): number => 15 + 12 * Math.sin(i / 3) * Math.cos(j / 4 + k / 5);

async function labelsOf(folder: string, volume: Awaited<ReturnType<typeof image>>): Promise<number[]> {
  const segmenter = await Segmenter.load(folder, cpu);
  const { labels } = await segmenter.segment([volume]);
  segmenter.dispose();
  return [...(viewVolume(labels) as Uint8Array)];
}
const expected = (size: Triple, draw = wave): number[] => {
  const out: number[] = [];
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) out.push(bandOf(Math.fround(draw(i, j, k))));
  return out;
};

describe('Segmenter', () => {
  const size: Triple = [37, 29, 23];

  it('labels every voxel, whatever the tile, overlap, weighting, mirroring and batch', async () => {
    const volume = await image(size, wave);
    const variants = [
      {},
      { overlap: 0, weighting: 'uniform' },
      { overlap: 0.75, batch: 5 },
      { mirror: ['x', 'y', 'z'], batch: 3 },
      { patch: [37, 29, 23] },
    ];
    for (const window of variants) {
      const folder = writeModelFolder(newFolder(), { networks: [BANDS], labels: LABELS, window });
      expect(await labelsOf(folder, volume), JSON.stringify(window)).toEqual(expected(size));
    }
  });

  it('takes volumes smaller than the patch in every axis', async () => {
    const folder = writeModelFolder(newFolder(), { networks: [BANDS], labels: LABELS, patch: [64, 64, 64] });
    for (const small of [size, [1, 1, 1], [5, 70, 2]] as Triple[])
      expect(await labelsOf(folder, await image(small, wave)), String(small)).toEqual(expected(small));
  });

  it('takes the mean of an ensemble', async () => {
    // Means of the two: rows 0, x - 10, 2x - 30.
    const one = bandModel([
      [0, 5],
      [2, -10],
      [3, -40],
    ]);
    const two = bandModel([
      [0, -5],
      [0, -10],
      [1, -20],
    ]);
    const folder = writeModelFolder(newFolder(), { networks: [one, two], labels: LABELS });
    expect(await labelsOf(folder, await image(size, wave))).toEqual(expected(size));
  });

  it('brings the image to the orientation of the model and the labels back', async () => {
    // A network that sees only its axes: label 1 in the half with the smaller z. In RAS that is inferior.
    const flip = model({
      nodes: [node('Conv', ['image', 'w', 'b'], ['logits'], [{ name: 'kernel_shape', ints: [1, 1, 1] }])],
      constants: [constant('w', [2, 1, 1, 1, 1], [0, 1]), constant('b', [2], [0, -0.5])],
      inputs: [value('image', ['n', 1, 'z', 'y', 'x'])],
      outputs: [value('logits', ['n', 2, 'z', 'y', 'x'])],
    });
    const folder = writeModelFolder(newFolder(), {
      networks: [flip],
      labels: ['background', 'thing'],
      input: { orientation: 'SAR', channels: [{ name: 'CT' }] },
      patch: [8, 8, 8],
    });
    const shape: Triple = [9, 11, 13];
    const corner = (i: number, j: number, k: number): number => (i < 3 && j < 4 && k < 5 ? 1 : 0);
    for (const direction of [
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
      [0, 1, 0, 0, 0, -1, -1, 0, 0],
    ]) {
      const volume = await image(shape, corner, { direction });
      const out: number[] = [];
      for (let k = 0; k < 13; k++) for (let j = 0; j < 11; j++) for (let i = 0; i < 9; i++) out.push(corner(i, j, k));
      expect(await labelsOf(folder, volume)).toEqual(out);
    }
  });

  it('resamples to the spacing of the model and back: what is linear stays what it was', async () => {
    const folder = writeModelFolder(newFolder(), {
      networks: [BANDS],
      labels: LABELS,
      input: { spacingMm: [1.5, 1.5, 1.5], channels: [{ name: 'CT' }], interpolation: 'linear' },
    });
    const ramp = (i: number): number => i + 0.25;
    const shape: Triple = [36, 24, 24];
    expect(await labelsOf(folder, await image(shape, ramp))).toEqual(expected(shape, ramp));
  });

  it('normalises: ct, window, z-score and min-max against their formulas', async () => {
    // Nothing for i < 3; elsewhere never 0.
    const draw = (i: number, j: number, k: number): number => (i < 3 ? 0 : 5 + ((i * 7 + j * 13 + k * 29) % 50));
    const shape: Triple = [8, 8, 8];
    const values = viewVolume(await image(shape, draw)) as Float32Array;
    const moments = (of: Float32Array): [number, number] => {
      const mean = of.reduce((sum, x) => sum + x, 0) / of.length;
      return [mean, Math.sqrt(of.reduce((sum, x) => sum + (x - mean) ** 2, 0) / of.length)];
    };
    const [mean, sd] = moments(values);
    const [innerMean, innerSd] = moments(values.filter((x) => x !== 0));
    const most = Math.max(...values);
    const methods: Array<[object, (x: number) => number]> = [
      [{ method: 'ct', low: 10, high: 30, mean: 12, sd: 4 }, (x) => (Math.min(30, Math.max(10, x)) - 12) / 4],
      [{ method: 'window', low: 5, high: 25 }, (x) => (Math.min(25, Math.max(5, x)) - 5) / 20],
      [{ method: 'zscore' }, (x) => (x - mean) / sd],
      [{ method: 'zscore', withinNonzero: true }, (x) => (x === 0 ? 0 : (x - innerMean) / innerSd)],
      [{ method: 'minmax' }, (x) => x / most],
      [{ method: 'none' }, (x) => x],
    ];
    for (const [normalise, formula] of methods) {
      const folder = writeModelFolder(newFolder(), {
        networks: [
          bandModel([
            [0, 0],
            [1, 0],
          ]),
        ],
        labels: ['background', 'x'],
        input: { channels: [{ name: 'CT', normalise }] },
        patch: [8, 8, 8],
      });
      const segmenter = await Segmenter.load(folder, cpu);
      const { logits } = await segmenter.segment([await image(shape, draw)], { logits: true });
      const found = (viewVolume(logits as never) as Float32Array).subarray(512);
      values.forEach((x, n) => {
        expect(found[n], JSON.stringify(normalise)).toBeCloseTo(formula(x), 4);
      });
    }
  });

  it('applies regions in their order and keeps 16-bit labels', async () => {
    const folder = writeModelFolder(newFolder(), {
      networks: [
        bandModel([
          [1, -10],
          [1, -20],
        ]),
      ],
      labels: [
        { name: 'whole', value: 7 },
        { name: 'core', value: 1000 },
      ],
      output: { activation: 'sigmoid' },
    });
    const found = await (async () => {
      const segmenter = await Segmenter.load(folder, cpu);
      const { labels } = await segmenter.segment([await image(size, wave)]);
      expect(describeVolume(labels).dtype).toBe('uint16');
      return [...(viewVolume(labels) as Uint16Array)];
    })();
    expect(found).toEqual(expected(size).map((band) => [0, 7, 1000][band]));
  });

  it('tidies: the largest component, holes, components below a volume', async () => {
    const shape: Triple = [20, 20, 20];
    const within = (i: number, j: number, k: number, at: number, half: number): boolean =>
      Math.max(Math.abs(i - at), Math.abs(j - at), Math.abs(k - at)) <= half;
    const draw = (i: number, j: number, k: number): number =>
      (within(i, j, k, 7, 4) && !within(i, j, k, 7, 1)) || within(i, j, k, 16, 1) ? 15 : 0;
    const volume = await image(shape, draw);
    const count = async (postprocess: object): Promise<number> => {
      const folder = writeModelFolder(newFolder(), { networks: [BANDS], labels: LABELS, more: { postprocess } });
      return (await labelsOf(folder, volume)).filter((label) => label === 1).length;
    };
    expect(await count({})).toBe(729 - 27 + 27);
    expect(await count({ largestComponent: ['low'] })).toBe(729 - 27);
    expect(await count({ largestComponent: ['low'], fillHoles: ['low'] })).toBe(729);
    expect(await count({ leastCc: 0.028 })).toBe(729 - 27);
    expect(await count({ leastCc: 0.027 })).toBe(729);
  });

  it('gives slices beside a flat tile as channels, and takes several inputs', async () => {
    // Flat: label 1 where below + here + above > 30. Edges repeat.
    const flat = model({
      nodes: [node('Conv', ['image', 'w', 'b'], ['logits'], [{ name: 'kernel_shape', ints: [1, 1] }])],
      constants: [constant('w', [2, 3, 1, 1], [0, 0, 0, 1, 1, 1]), constant('b', [2], [0, -30])],
      inputs: [value('image', ['n', 3, 'y', 'x'])],
      outputs: [value('logits', ['n', 2, 'y', 'x'])],
    });
    const folder = writeModelFolder(newFolder(), {
      networks: [flat],
      labels: ['background', 'thing'],
      patch: [16, 16, 1],
      window: { context: 1, batch: 4 },
    });
    const shape: Triple = [20, 18, 9];
    const clamp = (k: number): number => Math.min(8, Math.max(0, k));
    const draw = (i: number, j: number, k: number): number => (i * 3 + j * 5 + k * k * 2) % 23;
    const found = await labelsOf(folder, await image(shape, draw));
    const wanted: number[] = [];
    for (let k = 0; k < 9; k++)
      for (let j = 0; j < 18; j++)
        for (let i = 0; i < 20; i++)
          wanted.push(draw(i, j, clamp(k - 1)) + draw(i, j, k) + draw(i, j, clamp(k + 1)) > 30 ? 1 : 0);
    expect(found).toEqual(wanted);

    const two = model({
      nodes: [
        node('Sub', ['b', 'a'], ['difference']),
        node('Concat', ['a', 'difference'], ['logits'], [{ name: 'axis', int: 1 }]),
      ],
      inputs: [value('a', ['n', 1, 'z', 'y', 'x']), value('b', ['n', 1, 'z', 'y', 'x'])],
      outputs: [value('logits', ['n', 2, 'z', 'y', 'x'])],
    });
    const pair = writeModelFolder(newFolder(), {
      networks: [two],
      labels: ['background', 'thing'],
      input: { channels: [{ name: 'CT' }, { name: 'PT' }], tensors: [[0], [1]] },
    });
    const segmenter = await Segmenter.load(pair, cpu);
    const { labels } = await segmenter.segment([await image(size, wave), await image(size, (i) => i)]);
    const out = [...(viewVolume(labels) as Uint8Array)];
    expect(out).toEqual(
      out.map((_, n) => {
        const i = n % 37;
        const x = Math.fround(wave(i, Math.floor(n / 37) % 29, Math.floor(n / 37 / 29)));
        return Math.fround(i - x) > x ? 1 : 0;
      }),
    );
  });

  it('gives the same bytes for any number of threads', async () => {
    const folder = writeModelFolder(newFolder(), {
      networks: [BANDS],
      labels: LABELS,
      input: { spacingMm: [1.3, 0.8, 1.1], channels: [{ name: 'CT', normalise: { method: 'none' } }] },
      window: { mirror: ['x'], batch: 3 },
    });
    const { Context } = await import('../../../lib/runtime/context.js');
    const { getConfig } = await import('../../../lib/config/resolve.js');
    const volume = await image(size, wave);
    const runs: number[][] = [];
    for (const threads of [1, 2, 7]) {
      const context = new Context({ ...getConfig(), read: { ...getConfig().read, concurrency: threads } });
      const segmenter = await Segmenter.load(folder, { device: 'cpu', threads: Math.min(threads, 4), context });
      const { logits } = await segmenter.segment([volume], { logits: true });
      runs.push([...(viewVolume(logits as never) as Float32Array)]);
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('shares threads out to tiles while they and the memory allow it', () => {
    const spec = { patch: [96, 96, 96], channels: [], labels: [] } as const;
    const roomy = { threads: 16, memoryBudgetMb: 8192 };
    const shared = [1, 2, 3, 4, 5, 8].map((threads) => shareThreads(threads, spec, roomy));
    expect(shared.map(({ threads, lanes }) => [threads, lanes])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 2],
      [5, 1],
      [4, 2],
    ]);
    // Two tiles of 96 cubed with 64 channels of float32 are 432 MiB.
    expect(shareThreads(2, spec, { threads: 16, memoryBudgetMb: 863 }).lanes).toBe(1);
    expect(shareThreads(2, spec, { threads: 16, memoryBudgetMb: 864 }).lanes).toBe(2);
    expect(shareThreads(2, { ...spec, batch: 2 }, { threads: 16, memoryBudgetMb: 864 }).lanes).toBe(1);
    expect(shareThreads(4, spec, { threads: 1, memoryBudgetMb: 8192 })).toEqual({ threads: 4, lanes: 1 });
  });

  it('counts tiles and stops when told to', async () => {
    const folder = writeModelFolder(newFolder(), { networks: [BANDS], labels: LABELS, window: { overlap: 0.9 } });
    const segmenter = await Segmenter.load(folder, cpu);
    const volume = await image([64, 64, 64], wave);
    const stop = new AbortController();
    const seen: number[] = [];
    const run = segmenter.segment([volume], {
      signal: stop.signal,
      onProgress: (done, total) => {
        seen.push(done, total);
        stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    expect(seen[1]).toBe(31 ** 3);
    expect(seen[0]).toBeLessThan(31 ** 3);
  });
});

describe('a model folder that is wrong', () => {
  const load = (folder: string) => Segmenter.load(folder, cpu);
  const folder = (options: Partial<Parameters<typeof writeModelFolder>[1]>): string =>
    writeModelFolder(newFolder(), { networks: [BANDS], labels: LABELS, ...options });

  it.each([
    ['a network that was cut', (at: string) => truncateSync(join(at, 'model0.onnx'), 100), /SHA-256.*changed or cut/],
    ['a network that was changed', (at: string) => appendFileSync(join(at, 'model0.onnx'), 'x'), /SHA-256/],
    ['a manifest that is no JSON', (at: string) => writeFileSync(join(at, 'manifest.json'), '{"format"'), /not JSON/],
    [
      'an unknown key at the top',
      (at: string) => rewrite(at, (one) => ({ ...one, licens: 'MIT' })),
      /Unknown key licens; did you mean licence\?/,
    ],
    [
      'an unknown key below',
      (at: string) => rewrite(at, (one) => ({ ...one, window: { ...(one.window as object), overlapp: 0.5 } })),
      /Unknown key window\.overlapp; did you mean window\.overlap\?/,
    ],
    [
      'an unknown key in a list',
      (at: string) =>
        rewrite(at, (one) => ({ ...one, input: { channels: [{ name: 'CT', normalize: { method: 'none' } }] } })),
      /Unknown key input\.channels\.0\.normalize; did you mean input\.channels\.0\.normalise\?/,
    ],
    [
      'a value out of range',
      (at: string) => rewrite(at, (one) => ({ ...one, window: { patch: [16, 16, 0] } })),
      /window\.patch\.2/,
    ],
  ])('%s is ERR_MODEL', async (_, spoil, message) => {
    const at = folder({});
    spoil(at);
    await expect(load(at)).rejects.toMatchObject({ code: 'ERR_MODEL', message: expect.stringMatching(message) });
  });

  it.each([
    ['labels', { labels: ['background', 'only'] }, /2 labels but the model's output logits has 3 channels/],
    ['channels', { input: { channels: [{ name: 'CT' }, { name: 'PT' }] } }, /shape \[any, 1, any, any, any\].*\[1, 2,/],
    ['context', { window: { patch: [16, 16, 1], context: 1 } }, /flat images/],
    ['names', { more: { postprocess: { fillHoles: ['lowe'] } } }, /no label lowe; did you mean low\?/],
    ['values', { labels: ['a', 'b', { name: 'c', value: 1 }] }, /same value/],
    ['tensors', { input: { channels: [{ name: 'CT' }], tensors: [[1]] } }, /no channel 1/],
    [
      'rank',
      {
        networks: [
          model({
            nodes: [node('Relu', ['image'], ['logits'])],
            inputs: [value('image', ['n', 1, 'x'])],
            outputs: [value('logits', ['n', 3, 'x'])],
          }),
        ],
      },
      /rank 4 or 5.*rank 3/,
    ],
    [
      'dtype',
      {
        networks: [
          model({
            nodes: [node('Relu', ['image'], ['logits'])],
            inputs: [value('image', ['n', 1, 'z', 'y', 'x'], 11)],
            outputs: [value('logits', ['n', 3, 'z', 'y', 'x'], 11)],
          }),
        ],
      },
      /float64.*float32/,
    ],
    ['opset', { networks: [bandModel([[1, 0]], 999)] }, /opset/i],
  ])('a model and manifest that disagree in their %s are ERR_MODEL', async (_, options, message) => {
    await expect(load(folder(options as never))).rejects.toMatchObject({
      code: 'ERR_MODEL',
      message: expect.stringMatching(message),
    });
  });

  it('names a folder without a manifest, and one that is not there', async () => {
    await expect(load(root)).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
      message: expect.stringMatching(/manifest/),
    });
    await expect(findModelFolders(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('refuses images on different grids and a wrong number of them', async () => {
    const pair = folder({
      networks: [
        bandModel([
          [0, 0],
          [1, 0],
          [2, 0],
        ]),
      ],
    });
    const segmenter = await load(pair);
    const volume = await image([8, 8, 8], wave);
    await expect(segmenter.segment([volume, volume])).rejects.toMatchObject({ code: 'ERR_MODEL' });
    await expect(segmenter.segment([])).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('has a JSON schema that says what the parser says', () => {
    const schema = manifestJsonSchema() as { required: string[]; additionalProperties: boolean; properties: object };
    expect(schema.additionalProperties).toBe(false);
    const at = folder({});
    const manifest = JSON.parse(readFileSync(join(at, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    for (const key of schema.required) {
      const { [key]: _, ...rest } = manifest;
      expect(() => parseManifest(JSON.stringify(rest), 'manifest.json'), key).toThrow(key);
    }
    expect(Object.keys(manifest).every((key) => key in schema.properties)).toBe(true);
  });
});

function rewrite(folder: string, change: (manifest: Record<string, unknown>) => object): void {
  const path = join(folder, 'manifest.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))));
}
