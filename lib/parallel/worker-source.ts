/**
 * The program of a worker, thread or process alike. It is text and no file, so that it runs the same from the sources,
 * from the package and from whatever a bundler makes of it.
 *
 * In: `{ id, key, define?, items, indices, exact, collect, move }`, a chunk. Out: `{ ready }` once; for each chunk
 * `{ id, loaded }` (when exact) and `{ id, values, errors? }` for the next items in order, until all are answered.
 */
export const WORKER_SOURCE = `'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const thread = parentPort !== null;
const functions = new Map();
const progress = thread ? new Int32Array(workerData.progress) : new Int32Array(2);
globalThis.__name ??= (fn) => fn;

function send(message, move) {
  if (thread) return void parentPort.postMessage(message, move);
  return new Promise((resolve, reject) => {
    process.send(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}

function movable(value, found, depth) {
  if (typeof value !== 'object' || value === null) return found;
  if (ArrayBuffer.isView(value)) {
    const { buffer } = value;
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= 16384 && buffer.byteLength === value.byteLength) found.add(buffer);
  } else if (value instanceof ArrayBuffer) {
    if (value.byteLength >= 16384) found.add(value);
  } else if (depth < 4) {
    const plain = Array.isArray(value) ? value.length <= 1024 : [Object.prototype, null].includes(Object.getPrototypeOf(value));
    if (plain) for (const entry of Object.values(value)) movable(entry, found, depth + 1);
  }
  return found;
}

function flat(error) {
  if (typeof error !== 'object' || error === null) return { name: 'Error', message: String(error) };
  const { name, message, stack, code, context, path } = error;
  const plain = { name: String(name), message: String(message), stack: String(stack ?? '') };
  if (typeof code === 'string') plain.code = code;
  if (typeof path === 'string') plain.path = path;
  if (typeof context === 'object' && context !== null) {
    plain.context = Object.fromEntries(Object.entries(context).map(([key, value]) => [key, String(value)]));
  }
  if (error.cause instanceof Error) plain.cause = { name: error.cause.name, message: error.cause.message, code: error.cause.code };
  return plain;
}

async function find(key, define) {
  let fn = functions.get(key);
  if (fn !== undefined) return fn;
  if (define.source !== undefined) fn = (0, eval)('(' + define.source + ')');
  else fn = (await import(define.module))[define.name];
  if (typeof fn !== 'function') throw new TypeError('Expected a function as export ' + define.name + ' of ' + define.module);
  functions.set(key, fn);
  return fn;
}

async function all(iterator) {
  const list = [];
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return list;
    if (value !== null && value !== undefined) list.push(value);
  }
}

async function answer(id, values, errors, move) {
  const message = errors.length > 0 ? { id, values, errors } : { id, values };
  const buffers = thread && move ? [...movable(values, new Set(), 0)] : undefined;
  try {
    const sent = send(message, buffers);
    if (sent) await sent;
  } catch (error) {
    if (values.length === 1) {
      const sent = send({ id, values: [undefined], errors: [[0, flat(error)]] });
      if (sent) await sent;
      return;
    }
    for (let i = 0; i < values.length; i++) {
      const own = errors.filter(([position]) => position === i).map(([, plain]) => [0, plain]);
      await answer(id, [values[i]], own, move);
    }
  }
}

async function runChunk({ id, key, define, items, indices, exact, collect, move }) {
  let values = [];
  let errors = [];
  let flushed = performance.now();
  let fn;
  let broken;
  Atomics.store(progress, 1, 0);
  Atomics.store(progress, 0, id);
  try {
    fn = await find(key, define);
  } catch (error) {
    broken = flat(error);
  }
  if (exact) {
    const sent = send({ id, loaded: true });
    if (sent) await sent;
  }
  for (let position = 0; position < items.length; position++) {
    Atomics.store(progress, 1, position);
    try {
      if (broken !== undefined) throw broken;
      let value = fn(items[position], { index: indices[position] });
      if (value !== null && typeof value === 'object' && typeof value.then === 'function') value = await value;
      if (collect) {
        const iterator = value !== null && typeof value === 'object' && typeof value.next === 'function';
        value = iterator ? { many: await all(value) } : { one: value };
      }
      values.push(value);
    } catch (error) {
      errors.push([values.length, error === broken ? broken : flat(error)]);
      values.push(undefined);
    }
    items[position] = undefined;
    const last = position === items.length - 1;
    const now = exact || last ? 0 : performance.now();
    if (exact || last || now - flushed >= 1) {
      const sent = answer(id, values, errors, move);
      if (exact) await sent;
      values = [];
      errors = [];
      flushed = now;
    }
  }
  Atomics.store(progress, 0, -1);
}

const chunks = [];
let busy = false;
async function work() {
  if (busy) return;
  busy = true;
  while (chunks.length > 0) await runChunk(chunks.shift());
  busy = false;
}
function receive(chunk) {
  chunks.push(chunk);
  void work();
}
if (thread) parentPort.on('message', receive);
else {
  process.on('message', receive);
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {});
}
void send({ ready: true });
`;
