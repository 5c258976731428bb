/**
 * The manifest of a model folder: what the network wants of an image and what its outputs mean.
 *
 * Axes are named x, y, z for i, j, k of the volume once it is brought to `input.orientation`; networks see tensors
 * [batch, channel, z, y, x], flat ones [batch, channel, y, x].
 */

import { z } from 'zod';

import { closest } from '../config/closest.js';
import { IsovoxError } from '../errors.js';
import type { ModelSpecInput } from '../native/inference-types.js';

const triple = <T extends z.ZodType>(item: T) => z.tuple([item, item, item]);
const statistics = {
  withinNonzero: z.boolean().default(false).describe('Only voxels that are not 0 count and change'),
};

const normalise = z
  .discriminatedUnion('method', [
    z.strictObject({ method: z.literal('none') }),
    z.strictObject({
      method: z.literal('ct'),
      low: z.number().describe('Values are clipped to low..high, then (value - mean) / sd'),
      high: z.number(),
      mean: z.number(),
      sd: z.number().positive(),
    }),
    z.strictObject({ method: z.literal('window'), low: z.number(), high: z.number() }).describe('low..high to 0..1'),
    z.strictObject({ method: z.literal('zscore'), ...statistics }),
    z.strictObject({ method: z.literal('minmax'), ...statistics }),
  ])
  .default({ method: 'none' });

const channel = z.strictObject({ name: z.string().min(1), normalise });

const input = z.strictObject({
  orientation: z
    .string()
    .regex(/^(?=.*[LR])(?=.*[PA])(?=.*[SI])[LRPASI]{3}$/, 'one letter each of L/R, P/A and S/I, such as LPS')
    .optional()
    .describe('Where x, y and z grow towards; as stored when absent'),
  axes: triple(z.int().min(0).max(2))
    .default([0, 1, 2])
    .describe('Without an orientation: the stored axes that are x, y and z'),
  spacingMm: triple(z.number().min(0)).optional().describe('Of x, y, z; 0, or none, leaves what is stored'),
  cropToNonzero: z.boolean().default(false).describe('Cut to the voxels that are not 0 before normalising'),
  interpolation: z.enum(['cubic', 'linear']).default('cubic'),
  anisotropy: z.number().min(1).default(3).describe('An axis so many times coarser is not interpolated across'),
  channels: z.array(channel).min(1).describe('One image each'),
  tensors: z
    .array(z.array(z.int().min(0)).min(1))
    .min(1)
    .optional()
    .describe("Channels of each of the network's inputs, in its order; all for each when absent"),
});

const window = z.strictObject({
  patch: triple(z.int().min(1).max(4096)).describe('Voxels of a tile in x, y, z; z is 1 for flat networks'),
  overlap: z.number().min(0).max(0.95).default(0.5),
  weighting: z.enum(['gaussian', 'uniform']).default('gaussian'),
  mirror: z
    .array(z.enum(['x', 'y', 'z']))
    .default([])
    .describe('Axes along which tiles are also seen flipped'),
  batch: z.int().min(1).max(1024).default(1).describe('Tiles of one run'),
  context: z.int().min(0).max(64).default(0).describe('Slices on each side of a flat tile, given as channels'),
});

const label = z.strictObject({
  value: z.int().min(0).max(65535),
  name: z.string().min(1),
  color: triple(z.int().min(0).max(255)).optional(),
  type: z.string().default('ORGAN').describe('RTROIInterpretedType (3006,00A4)'),
});

const output = z.strictObject({
  activation: z
    .enum(['softmax', 'sigmoid'])
    .default('softmax')
    .describe('softmax: the largest output wins. sigmoid: regions that may overlap; later ones win'),
  labels: z.array(label).min(1).describe('Of the output channels, in their order; value 0 is background'),
});

const postprocess = z
  .strictObject({
    largestComponent: z.array(z.string()).default([]).describe('Labels of which only the largest component stays'),
    fillHoles: z.array(z.string()).default([]).describe('Labels that get the background they enclose'),
    leastCc: z.number().min(0).default(0).describe('Components smaller than this go'),
  })
  .prefault({});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');

export const manifestSchema = z.strictObject({
  format: z.literal('isovox-model'),
  version: z.literal(1),
  name: z.string().min(1),
  task: z.string().min(1).optional().describe('What it segments; of several models for one task one is taken'),
  fast: z.boolean().default(false).describe('The quick one of its task, taken with --fast'),
  description: z.string().default(''),
  licence: z.string().min(1).describe('SPDX identifier, or a sentence'),
  citation: z.string().default(''),
  modality: z.enum(['CT', 'MR', 'PT']).default('CT').describe('Modality (0008,0060) of the images it takes'),
  models: z
    .array(z.strictObject({ file: z.string().regex(/^[^/\\]+\.onnx$/, 'a file name that ends in .onnx'), sha256 }))
    .min(1)
    .describe('Several are an ensemble: the mean of their outputs counts'),
  input,
  window,
  output,
  postprocess,
});

export type Manifest = z.infer<typeof manifestSchema>;

/** The JSON schema of manifest.json. */
export function manifestJsonSchema(): unknown {
  return z.toJSONSchema(manifestSchema, { io: 'input' });
}

/** Checks a manifest's text; `path` is what errors name. Throws ERR_MODEL, with the nearest known key for an unknown one. */
export function parseManifest(text: string, path: string): Manifest {
  const refuse = (reason: string): IsovoxError =>
    new IsovoxError('ERR_MODEL', `${path}: ${reason}`, { path, model: path, reason });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (thrown) {
    throw refuse(`not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  const parsed = manifestSchema.safeParse(data);
  if (!parsed.success) throw refuse(describeIssue(parsed.error.issues[0] as z.core.$ZodIssue));
  const wrong = contradiction(parsed.data);
  if (wrong !== undefined) throw refuse(wrong);
  return parsed.data;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] as string;
    const nearest = closest(key, keysAt(manifestSchema, issue.path));
    const full = [...issue.path, key].join('.');
    return `Unknown key ${full}${nearest === undefined ? '' : `; did you mean ${[...issue.path, nearest].join('.')}?`}`;
  }
  return `${at === '' ? '' : `${at}: `}${issue.message}`;
}

/** The keys that an object at `path` may have; for a choice of objects those of all. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  let nodes = [schema as JsonNode];
  for (const step of path) nodes = nodes.flatMap((node) => childrenOf(node, step));
  return [...new Set(nodes.flatMap((node) => Object.keys(shapeOf(node))))];
}

interface JsonNode {
  readonly def?: {
    readonly innerType?: JsonNode;
    readonly element?: JsonNode;
    readonly items?: readonly JsonNode[];
    readonly options?: readonly JsonNode[];
    readonly shape?: Readonly<Record<string, JsonNode>>;
  };
}

function unwrap(node: JsonNode): JsonNode[] {
  if (node.def?.innerType) return unwrap(node.def.innerType);
  if (node.def?.options) return node.def.options.flatMap(unwrap);
  return [node];
}

const shapeOf = (node: JsonNode): Readonly<Record<string, JsonNode>> =>
  Object.assign({}, ...unwrap(node).map(({ def }) => def?.shape ?? {}));

function childrenOf(node: JsonNode, step: PropertyKey): JsonNode[] {
  return unwrap(node).flatMap(({ def }) => {
    if (def?.element) return [def.element];
    const child = def?.shape?.[String(step)];
    return child ? [child] : [];
  });
}

/** What the schema cannot say. */
function contradiction(manifest: Manifest): string | undefined {
  const { labels, activation } = manifest.output;
  const values = labels.map(({ value }) => value);
  if (new Set(values).size !== values.length) return 'output.labels: two labels have the same value';
  const names = labels.map(({ name }) => name);
  if (new Set(names).size !== names.length) return 'output.labels: two labels have the same name';
  if (activation === 'softmax' && labels.length < 2) return 'output.labels: softmax needs at least two labels';
  for (const key of ['largestComponent', 'fillHoles'] as const) {
    for (const name of manifest.postprocess[key]) {
      if (names.includes(name)) continue;
      const nearest = closest(name, names);
      return `postprocess.${key}: there is no label ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
    }
  }
  for (const [n, { normalise: how }] of manifest.input.channels.entries()) {
    if ((how.method === 'ct' || how.method === 'window') && how.high <= how.low)
      return `input.channels.${n}.normalise: high must be more than low`;
  }
  const channels = manifest.input.channels.length;
  if (new Set(manifest.input.axes).size !== 3) return 'input.axes: 0, 1 and 2, each once';
  const over = manifest.input.tensors?.flat().find((index) => index >= channels);
  if (over !== undefined) return `input.tensors: there is no channel ${over}; the last is ${channels - 1}`;
  if (manifest.window.context > 0 && manifest.window.patch[2] !== 1)
    return 'window.context: only with a patch that is 1 deep in z';
  return undefined;
}

/** What the native side needs of it. */
export function specOf(manifest: Manifest): ModelSpecInput {
  const { input: wants, window: slide, output: gives, postprocess: post } = manifest;
  const valuesOf = (names: readonly string[]): number[] =>
    names.flatMap((name) => gives.labels.find((one) => one.name === name)?.value ?? []);
  return {
    orientation: wants.orientation ?? '',
    axes: wants.axes,
    spacingMm: wants.spacingMm ?? [0, 0, 0],
    cropToNonzero: wants.cropToNonzero,
    interpolation: wants.interpolation,
    anisotropy: wants.anisotropy,
    channels: wants.channels.map((one) => one.normalise),
    ...(wants.tensors ? { inputChannels: wants.tensors } : {}),
    patch: slide.patch,
    overlap: slide.overlap,
    weighting: slide.weighting,
    mirror: [slide.mirror.includes('x'), slide.mirror.includes('y'), slide.mirror.includes('z')],
    batch: slide.batch,
    context: slide.context,
    activation: gives.activation,
    labels: gives.labels.map(({ value }) => value),
    postprocess: {
      largestComponent: valuesOf(post.largestComponent),
      fillHoles: valuesOf(post.fillHoles),
      leastCc: post.leastCc,
    },
  };
}
