/** Serves batches to other processes on the machine; batch-protocol.ts says how they are asked for. */

import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket, connect as toSocket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

import { asIsovoxError, IsovoxError, invalidArgument } from '../errors.js';
import { type Answer, Lines, PROTOCOL, parseQuestion, type Question } from './batch-protocol.js';
import type { BatchMemory, DataLoader, Lease } from './loader.js';
import { SharedSlots, sweepSharedMemory } from './shared-memory.js';

export interface BatchServerOptions {
  /** Of the socket; at most 107 bytes. Only this user may connect. */
  readonly socket: string;
  /** The loader of one consumer, whose batches lie in `memory`; ended by `signal` when the consumer goes. */
  readonly loader: (consumer: { rank: number; memory: BatchMemory; signal: AbortSignal }) => DataLoader;
  /** How many consumers there may be at once, one per rank. Default 1. */
  readonly worldSize?: number | undefined;
  /** Batches that lie ready or are held by a consumer, at most. Default 4. */
  readonly slots?: number | undefined;
  /** Ends by itself when every rank has come and gone. */
  readonly once?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: BatchServerEvent) => void) | undefined;
}

export type BatchServerEvent =
  | { readonly kind: 'listening'; readonly socket: string }
  | { readonly kind: 'joined' | 'left'; readonly rank: number; readonly batches: number }
  | { readonly kind: 'epoch'; readonly rank: number; readonly epoch: number; readonly batches: number }
  | { readonly kind: 'refused'; readonly reason: string };

const LONGEST_PATH = 107; // sun_path with its terminating zero

/** Serves until the signal is aborted, or with `once` until every rank has come and gone. */
export async function serveBatches(options: BatchServerOptions): Promise<void> {
  const { socket: path, worldSize = 1, slots = 4, signal, onEvent = () => {} } = options;
  if (path === '' || Buffer.byteLength(path) > LONGEST_PATH)
    throw invalidArgument('socket', `a path of 1 to ${LONGEST_PATH} bytes`, path);
  if (!Number.isInteger(worldSize) || worldSize < 1)
    throw invalidArgument('worldSize', 'an integer of at least 1', worldSize);
  if (!Number.isInteger(slots) || slots < 1) throw invalidArgument('slots', 'an integer of at least 1', slots);
  signal?.throwIfAborted();
  sweepSharedMemory();
  await removeStale(path);

  const connections = new Set<Consumer>();
  const ranks = new Map<number, Consumer>();
  const gone = new Set<number>();
  const server = createServer((socket) => {
    const consumer = new Consumer(socket, { ...options, worldSize, slots, onEvent }, ranks);
    connections.add(consumer);
    void consumer.ended.then(() => {
      connections.delete(consumer);
      if (consumer.rank === undefined) return;
      gone.add(consumer.rank);
      if (options.once && gone.size === worldSize && connections.size === 0) server.close();
    });
  });
  const stop = () => {
    server.close();
    for (const consumer of connections) consumer.end();
  };
  try {
    await listen(server, path);
    onEvent({ kind: 'listening', socket: path });
    const closed = new Promise((resolve) => server.once('close', resolve));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    await closed;
    await Promise.all([...connections].map(({ ended }) => ended));
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Listens where no other user can connect, from the first moment. */
async function listen(server: Server, path: string): Promise<void> {
  const failed = new Promise<never>((_, reject) => server.once('error', (error) => reject(asIsovoxError(error))));
  const listening = new Promise((resolve) => server.once('listening', resolve));
  const mask = isMainThread ? process.umask(0o177) : undefined;
  server.listen(path); // binds before it returns
  if (mask !== undefined) process.umask(mask);
  await Promise.race([listening, failed]);
  chmodSync(path, 0o600);
}

/** A socket that a killed server left is in the way of the next one. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw invalidArgument('socket', 'a path where nothing is, or an old socket', path);
  const answered = await new Promise<boolean>((resolve) => {
    const probe = toSocket(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (answered)
    throw new IsovoxError('ERR_RESOURCE', `Another process serves ${path}: choose another socket`, { path });
  unlinkSync(path);
}

type ConsumerOptions = BatchServerOptions & {
  readonly worldSize: number;
  readonly slots: number;
  readonly onEvent: (event: BatchServerEvent) => void;
};

/** One connection: its loader, its memory, and the batches that it holds. */
class Consumer {
  rank: number | undefined;
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  readonly #memory: SharedSlots;
  readonly #held = new Map<number, Lease>();
  #loader: DataLoader | undefined;
  #epoch = 0;
  #leases: AsyncGenerator<Lease, void, undefined> | undefined;
  #served = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly socket: Socket,
    private readonly options: ConsumerOptions,
    private readonly ranks: Map<number, Consumer>,
  ) {
    this.#memory = new SharedSlots(options.slots);
    const lines = new Lines();
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      try {
        for (const line of lines.of(String(text))) this.#queue(parseQuestion(line));
      } catch (thrown) {
        this.#fail(thrown);
      }
    });
    socket.on('error', () => {}); // 'close' follows
    this.ended = new Promise<void>((resolve) => socket.once('close', resolve)).then(() => this.#leave());
  }

  end(): void {
    this.socket.destroy();
  }

  /** Releases are done at once, for the one who asks for a batch may wait for one; the rest in order. */
  #queue(question: Question): void {
    if (question.type === 'release') {
      this.#release(question.slot);
      return;
    }
    this.#last = this.#last.then(async () => {
      try {
        const answer = await this.#answer(question);
        if (answer) this.#send(answer);
      } catch (thrown) {
        if (question.type === 'hello') this.#fail(thrown);
        else this.#sendError(thrown);
      }
    });
  }

  async #answer(question: Exclude<Question, { type: 'release' }>): Promise<Answer | undefined> {
    if (question.type === 'hello') return this.#hello(question);
    const loader = this.#loader;
    if (!loader) throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected hello first');
    switch (question.type) {
      case 'mapped':
        this.#memory.unlink();
        return undefined;
      case 'epoch': {
        await this.#endEpoch();
        this.#epoch = question.epoch;
        loader.setEpoch(question.epoch);
        this.#leases = loader.leases();
        const counted = await loader.count();
        this.options.onEvent({ kind: 'epoch', rank: this.rank ?? 0, epoch: this.#epoch, batches: counted.batches });
        return { type: 'epoch', epoch: this.#epoch, ...counted };
      }
      case 'take':
        return this.#take();
    }
  }

  async #hello({ protocol, rank }: Question & { type: 'hello' }): Promise<Answer> {
    const { worldSize, slots } = this.options;
    if (this.#loader) throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected hello once');
    if (protocol !== PROTOCOL) throw invalidArgument('protocol', String(PROTOCOL), protocol);
    if (rank >= worldSize) throw invalidArgument('rank', `0 to ${worldSize - 1}`, rank);
    if (this.ranks.has(rank)) {
      throw new IsovoxError('ERR_RESOURCE', `Rank ${rank} has a consumer already`, { rank: String(rank) });
    }
    this.rank = rank;
    this.ranks.set(rank, this);
    this.#loader = this.options.loader({ rank, memory: this.#memory, signal: this.#abort.signal });
    const shapes = await this.#loader.reserve();
    this.options.onEvent({ kind: 'joined', rank, batches: 0 });
    const files = this.#memory.files;
    return { type: 'hello', protocol, rank, worldSize, dtype: 'float32', ...shapes, slots: files.slice(0, slots) };
  }

  async #take(): Promise<Answer> {
    if (!this.#leases) throw new IsovoxError('ERR_INVALID_ARGUMENT', 'Expected epoch before take');
    if (this.#held.size >= this.options.slots) {
      throw new IsovoxError(
        'ERR_RESOURCE',
        `All ${this.options.slots} slots are held: release one before taking the next, or serve with more`,
        { limit: String(this.options.slots) },
      );
    }
    const next = await this.#leases.next();
    if (next.done) {
      this.#leases = undefined;
      return { type: 'end', epoch: this.#epoch };
    }
    const { batch, slot } = next.value;
    this.#held.set(slot, next.value);
    this.#served++;
    const { shape, subjects, idx, patchIdx, patchStart, label } = batch;
    return { type: 'batch', slot, samples: shape[0], subjects, idx, patchIdx, patchStart, label };
  }

  #release(slot: number): void {
    const lease = this.#held.get(slot);
    if (!lease) this.#sendError(invalidArgument('slot', 'one of a batch that was taken', slot));
    this.#held.delete(slot);
    lease?.release();
  }

  /** Gives back what an epoch that was not taken to its end holds. */
  async #endEpoch(): Promise<void> {
    for (const lease of this.#held.values()) lease.release();
    this.#held.clear();
    const leases = this.#leases;
    this.#leases = undefined;
    await leases?.return();
  }

  async #leave(): Promise<void> {
    this.#abort.abort(new IsovoxError('ERR_CANCELLED', 'The consumer is gone'));
    this.#memory.unlink();
    if (this.rank !== undefined) this.ranks.delete(this.rank);
    await this.#last;
    await this.#endEpoch();
    this.#loader?.close();
    this.#memory.unlink(); // what a hello was making while the connection went
    if (this.rank === undefined) return;
    this.options.onEvent({ kind: 'left', rank: this.rank, batches: this.#served });
  }

  #send(answer: Answer): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(answer)}\n`);
  }

  #sendError(thrown: unknown): void {
    const { code, message } = asIsovoxError(thrown);
    this.#send({ type: 'error', code, message });
  }

  /** For what makes the rest of the conversation meaningless. */
  #fail(thrown: unknown): void {
    this.#sendError(thrown);
    this.options.onEvent({ kind: 'refused', reason: asIsovoxError(thrown).message });
    this.socket.end();
  }
}
