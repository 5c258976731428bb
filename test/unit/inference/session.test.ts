/** Any ONNX model through InferenceSession. Models are written by test/fixtures/onnx.ts. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { InferenceSession } from '../../../lib/inference/session.js';
import { temporaryFolder } from '../../fixtures/index.js';
import { bandModel, constant, INT64, model, node, value } from '../../fixtures/onnx.js';

const folder = temporaryFolder();
const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const bands = file(
  'bands.onnx',
  bandModel([
    [0, 0],
    [1, -10],
  ]),
);
const cpu = { device: 'cpu', threads: 2 };
const tensor = (shape: number[], data: Float32Array) => ({ type: 'float32', shape, data }) as const;

describe('InferenceSession', () => {
  it('describes its inputs and outputs', async () => {
    const session = await InferenceSession.create(bands, cpu);
    expect(session.inputs).toEqual([{ name: 'image', type: 'float32', shape: [null, 1, null, null, null] }]);
    expect(session.outputs).toEqual([{ name: 'logits', type: 'float32', shape: [null, 2, null, null, null] }]);
    expect(session.provider).toBe('cpu');
    session.dispose();
  });

  it('computes: a 1x1x1 convolution against its closed form', async () => {
    const session = await InferenceSession.create(bands, cpu);
    const data = Float32Array.from({ length: 24 }, (_, n) => n);
    const { logits } = await session.run({ image: tensor([1, 1, 2, 3, 4], data) });
    expect(logits?.shape).toEqual([1, 2, 2, 3, 4]);
    expect([...(logits?.data as Float32Array)]).toEqual([...data].map(() => 0).concat([...data].map((x) => x - 10)));
    session.dispose();
  });

  it('takes several inputs of several types', async () => {
    const path = file(
      'gather.onnx',
      model({
        nodes: [node('Gather', ['table', 'at'], ['found'])],
        inputs: [value('table', ['n']), value('at', ['m'], INT64)],
        outputs: [value('found', ['m'])],
      }),
    );
    const session = await InferenceSession.create(path, cpu);
    const { found } = await session.run({
      at: { type: 'int64', shape: [3], data: BigInt64Array.of(2n, 0n, 2n) },
      table: tensor([3], Float32Array.of(5, 6, 7)),
    });
    expect([...(found?.data as Float32Array)]).toEqual([7, 5, 7]);
  });

  it('gives outputs whose shape hangs on the values, run after run, each in memory of its own', async () => {
    const path = file(
      'nonzero.onnx',
      model({
        nodes: [node('NonZero', ['x'], ['places'])],
        inputs: [value('x', ['n'])],
        outputs: [value('places', [1, 'm'], INT64)],
      }),
    );
    const session = await InferenceSession.create(path, cpu);
    const found: BigInt64Array[] = [];
    for (const x of [
      [0, 2, 0, 1],
      [3, 0, 0, 4],
      [1, 1, 1, 0],
      [0, 0, 0, 0],
      [0, 0, 5, 0],
    ]) {
      const { places } = await session.run({ x: tensor([4], Float32Array.from(x)) });
      found.push(places?.data as BigInt64Array);
    }
    expect(found.map((places) => [...places].map(Number))).toEqual([[1, 3], [0, 3], [0, 1, 2], [], [2]]);
  });

  it('runs at once from several callers', async () => {
    const session = await InferenceSession.create(bands, cpu);
    const runs = Array.from({ length: 8 }, (_, n) =>
      session.run({ image: tensor([1, 1, 1, 1, 1], Float32Array.of(n)) }),
    );
    const values = (await Promise.all(runs)).map(({ logits }) => (logits?.data as Float32Array)[1]);
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((x) => x - 10));
  });

  it.each([
    ['rank', tensor([1, 1, 2, 2], new Float32Array(4)), /rank 5.*rank 4/],
    ['size', tensor([1, 2, 1, 1, 1], new Float32Array(2)), /\[any, 1, any, any, any\].*\[1, 2, 1, 1, 1\]/],
    ['type', { type: 'float64', shape: [1, 1, 1, 1, 1], data: new Float64Array(1) } as const, /float32.*float64/],
  ])('refuses an input of another %s', async (_, image, message) => {
    const session = await InferenceSession.create(bands, cpu);
    await expect(session.run({ image })).rejects.toMatchObject({
      code: 'ERR_MODEL',
      message: expect.stringMatching(message),
    });
  });

  it('refuses an input of another name and one that is missing', async () => {
    const session = await InferenceSession.create(bands, cpu);
    const image = tensor([1, 1, 1, 1, 1], new Float32Array(1));
    await expect(session.run({ picture: image })).rejects.toThrow(/input image was not given/);
    await expect(session.run({ image, picture: image })).rejects.toThrow(/no input picture; it has image/);
  });

  it('refuses data that does not fill its shape or has another element type', async () => {
    const session = await InferenceSession.create(bands, cpu);
    await expect(session.run({ image: tensor([1, 1, 2, 2, 2], new Float32Array(7)) })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringContaining('8 values'),
    });
    const wrong = { type: 'float32', shape: [1, 1, 1, 1, 1], data: new Uint8Array(1) } as const;
    await expect(session.run({ image: wrong })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('refuses a truncated model, at any length, and says why', async () => {
    const whole = bandModel([
      [0, 0],
      [1, -10],
    ]);
    for (const length of [1, 7, 40, whole.length - 30, whole.length - 1]) {
      const path = file(`cut-${length}.onnx`, whole.subarray(0, length));
      await expect(InferenceSession.create(path, cpu), String(length)).rejects.toMatchObject({
        code: 'ERR_MODEL',
        context: expect.objectContaining({ path }),
      });
    }
  });

  it('refuses an operator set that does not exist yet, a graph that does not fit, no model, another file', async () => {
    const future = file('future.onnx', bandModel([[1, 0]], 999));
    await expect(InferenceSession.create(future, cpu)).rejects.toMatchObject({
      code: 'ERR_MODEL',
      message: expect.stringMatching(/opset/i),
    });
    const loose = file(
      'loose.onnx',
      model({
        nodes: [node('Add', ['image', 'absent'], ['sum'])],
        inputs: [value('image', [1])],
        outputs: [value('sum', [1])],
      }),
    );
    await expect(InferenceSession.create(loose, cpu)).rejects.toMatchObject({ code: 'ERR_MODEL' });
    await expect(InferenceSession.create(join(folder, 'none.onnx'), cpu)).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
    const png = file('picture.onnx', Buffer.from('\x89PNG\r\n\x1a\n0000000000000000', 'latin1'));
    await expect(InferenceSession.create(png, cpu)).rejects.toMatchObject({ code: 'ERR_MODEL' });
  });

  it('is cancelled in the middle of a run', async () => {
    // 200 convolutions of 8 channels, one after another: seconds of work, milliseconds each.
    const names = Array.from({ length: 201 }, (_, n) => `x${n}`);
    const path = file(
      'long.onnx',
      model({
        nodes: names.slice(1).map((name, n) =>
          node(
            'Conv',
            [names[n] as string, 'w'],
            [name],
            [
              { name: 'kernel_shape', ints: [3, 3, 3] },
              { name: 'pads', ints: [1, 1, 1, 1, 1, 1] },
            ],
          ),
        ),
        constants: [
          constant(
            'w',
            [8, 8, 3, 3, 3],
            Array.from({ length: 8 * 8 * 27 }, () => 0.01),
          ),
        ],
        inputs: [value('x0', [1, 8, 48, 48, 48])],
        outputs: [value('x200', [1, 8, 48, 48, 48])],
      }),
    );
    const session = await InferenceSession.create(path, cpu);
    const stop = new AbortController();
    const run = session.run({ x0: tensor([1, 8, 48, 48, 48], new Float32Array(8 * 48 ** 3)) }, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await expect(run).rejects.toMatchObject({ code: 'ERR_CANCELLED', name: 'AbortError' });
  });

  it('says clearly that CUDA is absent when it is asked for, and goes on without it when not', async () => {
    const auto = await InferenceSession.create(bands, { device: 'auto', threads: 2 });
    if (auto.provider !== 'cpu') return;
    expect(auto.note).toMatch(/CPU.*CUDA/i);
    await expect(InferenceSession.create(bands, { device: 'cuda', threads: 2 })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/CUDA cannot be used: .*Take device auto or cpu/s),
    });
  });

  it('cannot be used after it was disposed of', async () => {
    const session = await InferenceSession.create(bands, cpu);
    session.dispose();
    session.dispose();
    await expect(session.run({})).rejects.toThrow(/disposed/);
  });
});
