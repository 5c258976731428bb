/** Every option once: path, type, range, default, unit, meaning. Validators, flags and documentation read this table. */

interface OptionBase {
  /** Where it stands in the configuration: `read.concurrency`. */
  readonly path: string;
  readonly doc: string;
}

export interface NumberOption extends OptionBase {
  readonly type: 'integer' | 'number';
  readonly default: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

export interface ChoiceOption extends OptionBase {
  readonly type: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}

export interface TextOption extends OptionBase {
  readonly type: 'text';
  readonly default: string | undefined;
  /** When given, the text must match; `expected` says it in words. */
  readonly pattern?: RegExp;
  readonly expected?: string;
}

export interface FlagOption extends OptionBase {
  readonly type: 'flag';
  readonly default: boolean;
}

export type Option = NumberOption | ChoiceOption | TextOption | FlagOption;

const integer = (
  path: string,
  value: number | undefined,
  min: number,
  max: number,
  unit: string,
  doc: string,
): NumberOption => ({
  path,
  type: 'integer',
  default: value,
  min,
  max,
  unit,
  doc,
});

const choice = (path: string, value: string, choices: readonly string[], doc: string): ChoiceOption => ({
  path,
  type: 'choice',
  default: value,
  choices,
  doc,
});

const flag = (path: string, value: boolean, doc: string): FlagOption => ({ path, type: 'flag', default: value, doc });

const MOST = Number.MAX_SAFE_INTEGER;

export const OPTIONS: readonly Option[] = [
  integer('read.maxWorkers', 4, 1, 256, '', 'Volumes in flight at once'),
  integer('read.concurrency', 4, 1, 256, 'threads', 'Native threads for one operation'),
  integer('read.memoryBudgetMb', 1024, 64, MOST, 'MiB', 'Memory that running operations may reserve'),
  integer('read.tileCacheSizeMb', 512, 0, MOST, 'MiB', 'Decoded chunks kept for the next read'),
  choice(
    'write.tile.orientation',
    'axial',
    ['axial', 'sagittal', 'coronal', 'isotropic'],
    'Shape of chunks: one plane, or 64 voxels cubed',
  ),
  integer('write.tile.x', undefined, 1, MOST, 'voxels', 'Extent of chunks along x, whatever the orientation'),
  integer('write.tile.y', undefined, 1, MOST, 'voxels', 'Extent of chunks along y, whatever the orientation'),
  integer('write.tile.z', undefined, 1, MOST, 'voxels', 'Extent of chunks along z, whatever the orientation'),
  choice('write.sharding', 'auto', ['auto', 'on', 'off'], 'Many chunks to a file; auto: in object stores only'),
  choice('write.compression.algorithm', 'zstd', ['zstd', 'lz4', 'gzip', 'blosc', 'none'], 'Chunk codec'),
  integer('write.compression.level', 3, -7, 22, '', 'Effort of the chunk codec'),
  flag('write.orientation.autoDetect', true, 'Read the anatomical orientation from the header'),
  choice('write.orientation.canonicalTarget', 'RAS', ['RAS', 'LAS', 'LPS'], 'Orientation that volumes are brought to'),
  flag('write.orientation.reorientOnLoad', false, 'Bring every volume to canonicalTarget when it is read'),
  flag('write.orientation.storeOriginalAffine', true, 'Keep the affine as it was read'),
  { path: 's3.region', type: 'text', default: 'us-east-1', doc: 'Region of the object store' },
  {
    path: 's3.endpoint',
    type: 'text',
    default: undefined,
    pattern: /^https?:\/\/\S+$/,
    expected: 'an http or https URL',
    doc: 'Another server than Amazon’s',
  },
  flag('s3.useVirtualAddressing', true, 'bucket.host/key instead of host/bucket/key'),
  integer('s3.maxParallelOps', 8, 1, 1024, '', 'Requests in flight at once'),
  integer('s3.multipartPartSizeMb', 50, 5, 5120, 'MiB', 'Size of one part of an upload'),
  integer(
    's3.retries',
    5,
    0,
    100,
    '',
    'Further attempts after throttling, errors of the server, broken connections, stalls',
  ),
  integer('s3.connectTimeoutMs', 5_000, 1, 86_400_000, 'ms', 'Longest wait for a connection'),
  integer('s3.stallTimeoutMs', 10_000, 1, 86_400_000, 'ms', 'Longest time in which no byte moves'),
  integer('s3.attemptTimeoutMs', 120_000, 1, 86_400_000, 'ms', 'Longest time of one attempt'),
  integer('s3.coalesceGapKb', 256, 0, 1_048_576, 'KiB', 'Ranges this close are read as one'),
  { path: 's3.profile', type: 'text', default: undefined, doc: 'Profile of the AWS files that holds the credentials' },
  {
    path: 's3.mirrors',
    type: 'text',
    default: undefined,
    doc: 'Folder for what is made of results that go to a store; isovox/mirrors in the user’s cache when absent',
  },
  {
    path: 's3.caFile',
    type: 'text',
    default: undefined,
    doc: 'PEM file of the authorities that the store is trusted by',
  },
  {
    path: 'inference.device',
    type: 'text',
    default: 'auto',
    pattern: /^(auto|cpu|cuda(:\d+)?)$/,
    expected: 'auto, cpu, cuda or cuda:N',
    doc: 'Where models run',
  },
  integer(
    'inference.intraOpThreads',
    undefined,
    1,
    256,
    'threads',
    'Threads of one model operation; all of the context by default',
  ),
  integer('inference.gpuMemoryLimitMb', undefined, 64, MOST, 'MiB', 'Device memory that models may take'),
];
