/** Which memory moves to the other side and which is shared. */

import { types } from 'node:util';

/** Below this many bytes a copy is cheaper than handing over. */
const WORTH_MOVING = 16 * 1024;
const DEEPEST = 4;
const MOST_ENTRIES = 1024;

/** Buffers of typed arrays that cover their whole buffer, found in arrays and plain objects. */
export function movableBuffers(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(value, found, 0);
  return [...found];
}

function collect(value: unknown, found: Set<ArrayBuffer>, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    const { buffer } = value;
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= WORTH_MOVING && value.byteLength === buffer.byteLength) {
      found.add(buffer);
    }
  } else if (value instanceof ArrayBuffer) {
    if (value.byteLength >= WORTH_MOVING) found.add(value);
  } else if (depth < DEEPEST) {
    for (const entry of entries(value)) collect(entry, found, depth + 1);
  }
}

function entries(value: object): unknown[] {
  if (Array.isArray(value)) return value.length <= MOST_ENTRIES ? value : [];
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : [];
}

/** The value with shared memory copied: another process cannot see it. Unchanged when there is none. */
export function withoutSharedMemory(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (ArrayBuffer.isView(value)) {
    if (!types.isSharedArrayBuffer(value.buffer)) return value;
    const copy = copyOf(value.buffer, value.byteOffset, value.byteLength);
    if (value instanceof DataView) return new DataView(copy);
    const TypedArray = value.constructor as new (buffer: ArrayBuffer) => unknown;
    return new TypedArray(copy);
  }
  if (types.isSharedArrayBuffer(value)) return copyOf(value, 0, value.byteLength);
  if (Array.isArray(value)) return mapped(value, (entry) => withoutSharedMemory(entry, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const pairs = Object.entries(value);
  const copies = pairs.map(([name, entry]) => [name, withoutSharedMemory(entry, depth + 1)] as const);
  return copies.every(([, copy], i) => copy === pairs[i]?.[1]) ? value : Object.fromEntries(copies);
}

function mapped(values: readonly unknown[], change: (value: unknown) => unknown): readonly unknown[] {
  const copies = values.map(change);
  return copies.every((copy, i) => copy === values[i]) ? values : copies;
}

function copyOf(buffer: ArrayBufferLike, offset: number, length: number): ArrayBuffer {
  const copy = new ArrayBuffer(length);
  new Uint8Array(copy).set(new Uint8Array(buffer, offset, length));
  return copy;
}
