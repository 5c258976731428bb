/** Flags that every command takes, and how their values are read. */

import { InvalidArgumentError } from 'commander';

export interface CommonOptions {
  readonly json?: boolean;
  readonly workers?: number;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly jsonLogs?: boolean;
  readonly keepIdentifiers?: boolean;
}

/** Seconds that one stage of one course may take. */
export const STAGE_TIMEOUT_S = 6 * 3600;

/** `auto` (cores - 1) or a number of threads. */
export function parseWorkers(text: string): number | undefined {
  if (text === 'auto') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 256) {
    throw new InvalidArgumentError('Expected auto or an integer between 1 and 256.');
  }
  return value;
}

export function parseList(text: string, before: readonly string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ];
}

export function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a positive number.');
  return value;
}

export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number, at least 1.');
  return value;
}

export function parseVoxels(text: string): [number, number, number] {
  const size = text.split(',').map(Number);
  if (size.length !== 3 || !size.every((n) => Number.isInteger(n) && n > 0))
    throw new InvalidArgumentError('Expected three sizes such as 64,64,64.');
  return size as [number, number, number];
}

export function parsePort(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('Expected a port between 0 and 65535.');
  return value;
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

export function parseDays(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number of days, at least 1.');
  return value;
}

/** A name of a tile, or voxels along x, y and z. */
export function parseSpacing(text: string): [number, number, number] {
  const mm = text.split(',').map(Number);
  const [x = Number.NaN, y = x, z = x] = mm;
  if ((mm.length !== 1 && mm.length !== 3) || ![x, y, z].every((n) => n >= 0 && Number.isFinite(n)) || x + y + z === 0)
    throw new InvalidArgumentError('Expected millimetres: one number such as 1, or three such as 1,1,3 (0 keeps one).');
  return [x, y, z];
}

export function parseChunks(text: string): { tile: string } | { chunks: [number, number, number] } {
  if (/^(axial|sagittal|coronal|isotropic)$/.test(text)) return { tile: text };
  const chunks = text.split(',').map(Number);
  if (chunks.length !== 3 || !chunks.every((n) => Number.isInteger(n) && n > 0)) {
    throw new InvalidArgumentError('Expected axial, sagittal, coronal, isotropic, or three sizes such as 64,64,64.');
  }
  return { chunks: chunks as [number, number, number] };
}
